"""`holdgate reproduce`: repeat a past decision and compare the result byte for byte."""

import sys

import click
import msgspec

from holdgate.cli.console import exit_on_error, read_settings


@click.command()
@click.argument("decision_id", metavar="DECISION_ID")
@click.option(
    "--last", metavar="DURATION", help="Search window, such as 2h or 7d (default: the whole topic)."
)
def reproduce(decision_id: str, last: str | None) -> None:
    """Prove a past decision: repeat it and compare the bytes.

    Finds the decision in Kafka, and its payment, lists and policy in Kafka, Redis and the archive. Prints one
    JSON object.

    Exit codes: 0 if the decision is identical, 1 if it differs, 3 if an input is missing; the message says
    which.
    """
    from holdgate.replay.proof import prove

    with exit_on_error():
        proof = prove(read_settings(), decision_id, last)
    click.echo(msgspec.json.encode(proof))
    sys.exit(0 if proof.identical else 1)
