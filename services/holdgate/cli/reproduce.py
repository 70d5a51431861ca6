"""`holdgate reproduce`: a past decision made again, and compared byte for byte."""

import sys

import click
import msgspec

from holdgate.cli.console import exit_on_error, read_settings


@click.command()
@click.argument("decision_id", metavar="DECISION")
@click.option("--last", metavar="DURATION", help="Look for it no further back: 2h, 7d.")
def reproduce(decision_id: str, last: str | None) -> None:
    """Make the decision of this id again from its payment, lists and policy, and compare.

    Exit codes: 0 identical, 1 it differs, 3 an input is missing, which is said.
    """
    from holdgate.replay.proof import prove

    with exit_on_error():
        proof = prove(read_settings(), decision_id, last)
    click.echo(msgspec.json.encode(proof))
    sys.exit(0 if proof.identical else 1)
