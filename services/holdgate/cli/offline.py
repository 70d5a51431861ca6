"""`holdgate screen`, `match`, `compare` and `explain`: what needs neither Kafka nor Redis."""

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
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d"]),
    help="Judge ages and deadlines at this time.",
)
@click.option("--rail", help="The rail of an XML or MT message; payments in JSON say it themselves.")
def screen(
    source: IO[bytes],
    specs: tuple[str, ...],
    policy_path: str | None,
    target: IO[bytes],
    as_of: datetime | None,
    rail: str | None,
) -> None:
    """Screen payments without Kafka or Redis: one JSON a line in, one decision a line out."""
    from holdgate.cli import json_lines

    with exit_on_error():
        bad = json_lines.screen(source, target, build_lists(specs), choose_policy(policy_path), as_of, rail)
    sys.exit(1 if bad else 0)


@click.command(cls=ListsCommand)
@SOURCE
@LISTS
@POLICY
@TARGET
@click.option("--min-score", default=0.5, show_default=True, help="Lowest score told.")
@click.option("--limit", default=10, show_default=True, help="Most matches a name.")
def match(
    source: IO[bytes],
    specs: tuple[str, ...],
    policy_path: str | None,
    target: IO[bytes],
    min_score: float,
    limit: int,
) -> None:
    """Match names against lists: {"id","name","type"} a line in, its matches a line out."""
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
    """Compare pairs of names: {"id","query","candidate","type"} a line in, score and evidence out."""
    from holdgate.cli import json_lines

    with exit_on_error():
        bad = json_lines.compare(source, target, choose_policy(policy_path))
    sys.exit(1 if bad else 0)


@click.command(cls=ListsCommand)
@SOURCE
@LISTS
@POLICY
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a page.")
def explain(source: IO[bytes], specs: tuple[str, ...], policy_path: str | None, as_json: bool) -> None:
    """Explain the decision about a payment: every field, the nearest names, what would change it.

    FILE is one payment in JSON, or one ISO 20022 XML or SWIFT MT message: each of its transactions is
    explained, with --json one a line.
    """
    from holdgate.core.engine.screener import Screener
    from holdgate.core.intake import MAX_BYTES, InvalidEventError, reader
    from holdgate.explain.explanation import explain_decision as explain_payment
    from holdgate.explain.page import render_pages

    with exit_on_error():
        try:
            payments = reader.read_file(source.read(MAX_BYTES + 1))
        except InvalidEventError as error:
            die(f"not a payment: {error}", 1)
        screener = Screener(build_lists(specs), choose_policy(policy_path))
        explanations = [explain_payment(received, screener) for received in payments]
    lines = map(msgspec.json.encode, explanations) if as_json else render_pages(explanations)
    for line in lines:
        click.echo(line)
