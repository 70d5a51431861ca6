"""`holdgate rescreen`: after a list update, screen recent payments again and reissue changed decisions."""

from typing import get_args

import click
import msgspec

from holdgate.cli.console import echo_err, exit_on_error, read_settings, resume_hint
from holdgate.core.model.decision import Outcome
from holdgate.runtime.settings import RESCREEN_MAX


@click.command()
@click.option(
    "--last",
    default="24h",
    show_default=True,
    metavar="DURATION",
    help="How far back to screen, such as 30m or 2d.",
)
@click.option("--decision", type=click.Choice(get_args(Outcome)), help="Only payments with this decision.")
@click.option("--reason", "why", help="Why, for the audit topic. Required, except with --serve.")
@click.option(
    "--max",
    "max_changes",
    type=click.IntRange(min=1),
    default=RESCREEN_MAX,
    show_default=True,
    help="Abort, writing nothing, if more decisions would change. Lifted holds do not count.",
)
@click.option("--serve", is_flag=True, help="Run as a service, rescreening after every list update.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Maximum payments per second.")
def rescreen(
    last: str, decision: Outcome | None, why: str | None, max_changes: int, serve: bool, rate: float | None
) -> None:
    """Reissue recent decisions that the current lists change.

    Screens recent payments again with the current lists and policy. Run it after publishing lists; running it
    twice is safe. Each new decision names the one it supersedes. A hold becomes a release only if the policy
    lets rescreening lift holds for its reason ([rescreen] lifts); other holds are lifted by people.

    With --serve it runs as a service that does this after every list update, within the limits of
    HOLDGATE_RESCREEN_HOURS and HOLDGATE_RESCREEN_MAX; the other options are ignored.

    Exit codes: 0 if all decisions match the current lists, 3 if nothing was written because it is not
    possible, 4 if Kafka or Redis does not answer; then run the same command again.
    """
    if serve:
        from holdgate.replay.rescreen_service import serve as run_service

        with exit_on_error():
            run_service(read_settings())
        return
    if not why:
        raise click.UsageError("--reason is required: rescreening is audited")
    from holdgate.replay.rescreen import rescreen as rescreen_payments
    from holdgate.replay.run_setup import RunRequest

    with exit_on_error(), resume_hint("the same command"):
        request = RunRequest(last=last, mode="reissue", decision=decision, why=why)
        done = rescreen_payments(read_settings(), request, max_changes, rate)
        echo_err(f"plan: {done.plan}")
        if done.needs_review:
            echo_err(
                f"{done.needs_review:,} holds would be lifted or lose their reason: people decide on these;"
                f" list them with `holdgate replay --show {done.plan}`"
            )
        if done.audit is None:
            echo_err("nothing to reissue")
        else:
            click.echo(msgspec.json.encode(done.audit))
