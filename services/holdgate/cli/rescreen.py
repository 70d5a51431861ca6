"""`holdgate rescreen`: after new lists, recent payments screened again and their decisions reissued.

Exit codes: 0 all decisions are those of the current lists, 2 called wrongly, 3 it cannot be done and nothing
was written, 4 Kafka or Redis does not answer: the same command goes on.
"""

import click
import msgspec

from holdgate.cli.console import echo_err, exit_on_error, read_settings, resume_hint
from holdgate.core.model.decision import Outcome


@click.command()
@click.option("--last", default="24h", show_default=True, metavar="DURATION", help="How far back: 30m, 2d.")
@click.option("--decision", type=click.Choice(["HOLD", "RELEASE"]), help="Only what was decided so.")
@click.option("--reason", "why", help="Why; kept in the audit. Required, but with --serve.")
@click.option(
    "--max", "most", type=click.IntRange(min=1), default=100, show_default=True, help="Refuse more."
)
@click.option("--serve", is_flag=True, help="Stay, and do so whenever other lists become current.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Payments a second at most.")
def rescreen(
    last: str, decision: Outcome | None, why: str | None, most: int, serve: bool, rate: float | None
) -> None:
    """Screen recent payments with the current lists and policy, and reissue what is decided otherwise.

    Each new decision names the one it follows. To be run once lists were published; running it again is safe.
    With --serve a service that does so by itself, within HOLDGATE_RESCREEN_HOURS and HOLDGATE_RESCREEN_MAX.
    """
    if serve:
        from holdgate.replay.rescreen_service import serve as stay

        with exit_on_error():
            stay(read_settings())
        return
    if not why:
        raise click.UsageError("say why with --reason: it is kept in the audit")
    from holdgate.replay.rescreen import rescreen as screen_again
    from holdgate.replay.run_setup import RunRequest

    with exit_on_error(), resume_hint("the same command does what is left"):
        request = RunRequest(last=last, mode="reissue", decision=decision, why=why)
        plan, audit = screen_again(read_settings(), request, most, rate)
        echo_err(f"plan: {plan}")
        if audit is None:
            echo_err("nothing to reissue: every decision is that of the current lists")
        else:
            click.echo(msgspec.json.encode(audit))
