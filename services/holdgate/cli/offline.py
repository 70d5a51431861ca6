"""`holdgate screen`, `match`, `compare` and `explain`: the commands that need neither Kafka nor Redis."""

import sys
from datetime import datetime
from typing import IO

import click
import msgspec

from holdgate.cli.console import (
    LISTS,
    POLICY,
    SOURCE,
    TARGET,
    ListsCommand,
    build_lists,
    choose_policy,
    die,
    exit_on_error,
)


@click.command(cls=ListsCommand)
@SOURCE
@LISTS
@POLICY
@TARGET
@click.option(
    "--as-of",
    metavar="TIME",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d"]),
    help="Check list ages and deadlines at this time, such as 2026-11-24 or 2026-11-24T10:00:00Z (default: "
    "neither is checked).",
)
@click.option("--rail", help="Rail of an XML or MT message; a JSON payment names its own.")
def screen(
    source: IO[bytes],
    specs: tuple[str, ...],
    policy_path: str | None,
    target: IO[bytes],
    as_of: datetime | None,
    rail: str | None,
) -> None:
    """Screen payments from a file: one decision per payment.

    FILE holds one JSON payment per line, or one ISO 20022 XML or SWIFT MT message. The output is one JSON
    decision per line, in the same order. A line that cannot be read is answered with a HOLD that has an
    "error" member.

    Exit codes: 0 if every line was read, 1 if some were not.
    """
    from holdgate.cli import json_lines

    with exit_on_error():
        bad = json_lines.screen(source, target, build_lists(specs), choose_policy(policy_path), as_of, rail)
    sys.exit(1 if bad else 0)


@click.command(cls=ListsCommand)
@SOURCE
@LISTS
@POLICY
@TARGET
@click.option("--min-score", default=0.5, show_default=True, help="Minimum score to report.")
@click.option("--limit", default=10, show_default=True, help="Maximum matches per name.")
def match(
    source: IO[bytes],
    specs: tuple[str, ...],
    policy_path: str | None,
    target: IO[bytes],
    min_score: float,
    limit: int,
) -> None:
    """Look names up in lists: matches with scores, best first.

    FILE holds one {"id", "name", "type"} per line; type is person, entity, vessel or unknown (the default).
    The output is one {"id", "matches"} per line. "hold" says whether the policy would hold a payment for it.

    Exit codes: 0 if every line was read, 1 if some were not.
    """
    from holdgate.cli import json_lines

    with exit_on_error():
        bad = json_lines.match(
            source, target, build_lists(specs), choose_policy(policy_path), min_score, limit
        )
    sys.exit(1 if bad else 0)


@click.command()
@SOURCE
@POLICY
@TARGET
def compare(source: IO[bytes], policy_path: str | None, target: IO[bytes]) -> None:
    """Score pairs of names against each other, without a list.

    FILE holds one {"id", "query", "candidate", "type"} per line. The output is one {"id", "score", "hold",
    "evidence"} per line.

    Exit codes: 0 if every line was read, 1 if some were not.
    """
    from holdgate.cli import json_lines

    with exit_on_error():
        bad = json_lines.compare(source, target, choose_policy(policy_path))
    sys.exit(1 if bad else 0)


@click.command(cls=ListsCommand)
@SOURCE
@LISTS
@POLICY
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per payment instead of a page.")
def explain(source: IO[bytes], specs: tuple[str, ...], policy_path: str | None, as_json: bool) -> None:
    """Explain why a payment is held or released.

    Prints each screened field, the listed names nearest to it, and the smallest change that would turn the
    decision. FILE is one JSON payment, or one ISO 20022 XML or SWIFT MT message; of a message, every
    transaction is explained.

    Exit codes: 0 whatever the decision is, 1 if FILE is not a payment.
    """
    from holdgate.core.engine.screener import Screener
    from holdgate.core.intake import MAX_BYTES, InvalidEventError, reader
    from holdgate.explain.explanation import explain_decision as explain_payment
    from holdgate.explain.page import render_pages

    with exit_on_error():
        try:
            payments = reader.read_file(source.read(MAX_BYTES + 1))
        except InvalidEventError as error:
            die(f"{getattr(source, 'name', 'standard input')}: not a payment: {error}", 1)
        screener = Screener(build_lists(specs), choose_policy(policy_path))
        explanations = [explain_payment(received, screener) for received in payments]
    lines = map(msgspec.json.encode, explanations) if as_json else render_pages(explanations)
    for line in lines:
        click.echo(line)
