"""`holdgate cases`: find held payments, and decide on them under four eyes."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import get_args

import click
import msgspec

from holdgate.cli.case_actions import ACTIONS, AS
from holdgate.cli.case_erase import erase
from holdgate.cli.case_opening import CASE, open_case, open_store, print_case
from holdgate.cli.case_sign_in import sign_in_command, sign_out_command
from holdgate.cli.console import echo_err
from holdgate.core.review.case import Case, Stage
from holdgate.core.review.review_rules import Queue

MAX_LISTED_CASES = 1_000
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object per line.")
LIST_LIMIT = click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, MAX_LISTED_CASES), help="Maximum cases."
)


@click.group()
def cases() -> None:
    """Find held payments and decide on them under four eyes.

    One person proposes what becomes of a payment, another one approves it.

    CASE is a case id, its first digits, or a payment_id. The commands read the topics of review into a file
    in HOLDGATE_DATA, which may be deleted, and only append events; `holdgate review` writes decisions.

    Exit codes: 0 if the event counts, 1 if it was written but does not count, 3 if it was refused before it
    was written or there is no such case, 4 if Kafka does not answer: then look at the case before you repeat.
    """


@cases.command("list")
@click.option("--queue", type=click.Choice(get_args(Queue)), help="Only this queue.")
@click.option(
    "--stage", type=click.Choice(get_args(Stage)), help="Only this stage (default: unfinished cases)."
)
@click.option("--owner", metavar="USER", help="Only cases taken by this pseudonym.")
@LIST_LIMIT
@JSON
def list_cases(
    queue: Queue | None, stage: Stage | None, owner: str | None, limit: int, as_json: bool
) -> None:
    """List cases by due time."""
    with open_store() as (_, store):
        _print_cases(store.queue_page(queue, stage, owner, limit=limit), as_json)


@cases.command()
@click.argument("text")
@LIST_LIMIT
@JSON
def search(text: str, limit: int, as_json: bool) -> None:
    """Find cases by name, account, UETR, entry or user.

    TEXT is a party's name in any script, an account, UETR, list entry, payment_id or user."""
    with open_store() as (_, store):
        _print_cases(store.search(text, limit), as_json)


@cases.command()
@CASE
@JSON
def show(wanted: str, as_json: bool) -> None:
    """Show a case: why it is held, and what it needs next.

    Between them come its matches side by side, and all that happened."""
    with open_case(wanted) as (_, store, case):
        print_case(store, case, as_json)


@cases.command()
@CASE
@click.option("--reason", required=True, metavar="TEXT", help="Why, for the audit; without names of persons.")
@AS
def export(wanted: str, reason: str, name: str | None) -> None:
    """Print a case with all of its evidence as JSON.

    The output is one object and contains personal data. Who exported which case, and why, is in
    operations.audit before anything is printed.
    """
    from holdgate.casework.case_export import export_case
    from holdgate.casework.sign_in import sign_in

    with open_case(wanted) as (settings, store, case):
        click.echo(export_case(settings, store, sign_in(settings, name), case, reason))


def _print_cases(found: Sequence[Case], as_json: bool) -> None:
    from holdgate.casework.case_text import QUEUE_HEAD, queue_row
    from holdgate.runtime.text_table import table

    if as_json:
        for case in found:
            click.echo(msgspec.json.encode(case))
        return
    if not found:
        echo_err("no case")
        sys.exit(0)
    now = datetime.now(UTC)
    for line in table(QUEUE_HEAD, [queue_row(case, now) for case in found]):
        click.echo(line)


for command in (*ACTIONS, erase, sign_in_command, sign_out_command):
    cases.add_command(command)
