"""`holdgate status`: one screen, what is wrong first."""

import sys
import time

import click
import msgspec

from holdgate.cli.console import exit_on_error, read_settings


@click.command()
@click.option("--watch", is_flag=True, help="Look again and again, until Ctrl-C.")
@click.option("--every", default=2.0, show_default=True, help="Seconds between two looks with --watch.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a look instead of a screen.")
def status(watch: bool, every: float, as_json: bool) -> None:
    """Say what is wrong, what waits, and which versions run; exit 1 if anything is wrong.

    Looks at Kafka, at Redis, and at the metrics of the workers, whose addresses the consumer group knows.
    """
    from holdgate.status.page import render_screen
    from holdgate.status.problems import problems
    from holdgate.status.situation import gather

    with exit_on_error():
        settings = read_settings()
        while True:
            seen = gather(settings)
            wrong = problems(seen)
            if as_json:
                found = [problem._asdict() for problem in wrong]
                click.echo(
                    msgspec.json.encode({"problems": found} | msgspec.to_builtins(seen, str_keys=True))
                )
            else:
                if watch and sys.stdout.isatty():
                    click.clear()
                click.echo("\n".join(render_screen(seen, wrong)))
            if not watch:
                sys.exit(1 if wrong else 0)
            time.sleep(every)
