"""`holdgate status`: the state of the gate on one screen, problems first."""

import sys
import time

import click
import msgspec

from holdgate.cli.console import exit_on_error, read_settings


@click.command()
@click.option("--watch", is_flag=True, help="Refresh until Ctrl-C.")
@click.option("--every", default=2.0, show_default=True, help="Seconds between refreshes, with --watch.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the screen.")
def status(watch: bool, every: float, as_json: bool) -> None:
    """Show problems, backlog and versions on one screen.

    Asks Kafka and Redis, and the metrics of every worker; it finds their addresses in the consumer group.

    Exit codes: 0 if there is no problem, 1 if there is one.
    """
    from holdgate.status.page import render_screen
    from holdgate.status.problems import problems as find_problems
    from holdgate.status.situation import gather

    with exit_on_error():
        settings = read_settings()
        while True:
            situation = gather(settings)
            problems = find_problems(situation)
            if as_json:
                members = msgspec.to_builtins(situation, str_keys=True)
                report = {"problems": [problem._asdict() for problem in problems]} | members
                click.echo(msgspec.json.encode(report))
            else:
                if watch and sys.stdout.isatty():
                    click.clear()
                click.echo("\n".join(render_screen(situation, problems)))
            if not watch:
                sys.exit(1 if problems else 0)
            time.sleep(every)
