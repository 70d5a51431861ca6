"""`holdgate settings`: every setting with its value."""

import json

import click
import msgspec

from holdgate.cli.console import exit_on_error, read_settings


@click.command()
def settings() -> None:
    """Print every setting: its variable and its current value."""
    with exit_on_error():
        values = msgspec.to_builtins(read_settings())
    from holdgate.runtime.settings import variable_name

    click.echo(json.dumps({variable_name(name): value for name, value in values.items()}, indent=2))
