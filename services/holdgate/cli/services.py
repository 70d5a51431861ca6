"""`holdgate screening` and `holdgate probe`: the services that are started by one word."""

import click

from holdgate.cli.console import exit_on_error, read_settings


@click.command()
def screening() -> None:
    """Screen payments from Kafka: the worker. Settings come from HOLDGATE_* variables."""
    from holdgate.screening.worker import run

    with exit_on_error():
        run(read_settings())


@click.command()
def probe() -> None:
    """Ask the live gate every few seconds and look at Kafka and Redis, as metrics at HOLDGATE_HTTP."""
    from holdgate.probe.service import serve

    with exit_on_error():
        serve(read_settings())
