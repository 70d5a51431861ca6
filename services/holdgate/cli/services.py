"""`holdgate screening` and `holdgate probe`: the services that are started by one word."""

import click

from holdgate.cli.console import read_settings, told


@click.command()
def screening() -> None:
    """Screen payments from Kafka: the worker. Settings come from HOLDGATE_* variables."""
    from holdgate.screening.worker import run

    with told():
        run(read_settings())


@click.command()
def probe() -> None:
    """Ask the live gate every few seconds and look at Kafka and Redis, as metrics at HOLDGATE_HTTP."""
    from holdgate.probe.service import serve

    with told():
        serve(read_settings())
