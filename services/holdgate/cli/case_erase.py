"""`holdgate cases erase`: the evidence of one case, or of all cases that are due."""

from datetime import UTC, datetime

import click

from holdgate.cli.case_actions import AS
from holdgate.cli.case_opening import find_case, open_store
from holdgate.cli.console import die

MAX_ERASED_CASES = 10_000


@click.command()
@click.argument("wanted", metavar="[CASE]", required=False)
@click.option("--due", is_flag=True, help="All cases whose evidence was kept for its legal time.")
@click.option(
    "--limit",
    default=1_000,
    show_default=True,
    type=click.IntRange(1, MAX_ERASED_CASES),
    help="Maximum cases of --due.",
)
@click.option("--yes", is_flag=True, help="Do not ask before the cases of --due are erased.")
@click.option(
    "--code",
    default="RETENTION_ENDED",
    show_default=True,
    metavar="CODE",
    help="Why, as a code of the rules of review.",
)
@AS
def erase(wanted: str | None, due: bool, limit: int, yes: bool, code: str, name: str | None) -> None:
    """Erase the evidence of an ended CASE.

    Its payment, decisions and notes are erased in Kafka and in the archive of `holdgate review`, within
    seconds and for ever; events and the decision in force stay. Allowed after the legal time ([retention] in
    deploy/review.toml), or before for its early codes.
    """
    from holdgate.casework.actions import CommandLog
    from holdgate.casework.case_erasure import ask_for_erasure, due_cases
    from holdgate.casework.sign_in import sign_in
    from holdgate.core.review.wording import VOID_TEXTS

    if (wanted is None) is not due:
        raise click.UsageError("give either CASE or --due")
    with open_store() as (settings, store):
        actor = sign_in(settings, name)
        now = datetime.now(UTC)
        found = due_cases(store, now, limit) if wanted is None else [find_case(store, wanted)]
        if due and not yes:
            click.confirm(f"Erase the evidence of {len(found):,} cases for ever?", abort=True, err=True)
        overtaken = 0
        with CommandLog(settings, store) as log:
            for case in found:
                result = ask_for_erasure(log, store, actor, case, code)
                if result.void is None:
                    click.echo(f"erased counts, at offset {result.offset}: case {case.case_id[:12]}")
                    continue
                overtaken += 1
                click.echo(f"case {case.case_id[:12]}: {VOID_TEXTS[result.void]} ({result.void})", err=True)
        if overtaken:
            die(f"{overtaken} of {len(found)} cases changed meanwhile; repeat the command", 1)
        click.echo(f"next: `holdgate review` erases the evidence of {len(found):,} cases")
