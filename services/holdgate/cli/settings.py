"""`holdgate settings`: every setting with its value."""

import json

import click
import msgspec

from holdgate.cli.console import read_settings, told


@click.command()
def settings() -> None:
    """Print every setting: its variable and its value now."""
    with told():
        current = msgspec.to_builtins(read_settings())
    from holdgate.runtime.settings import variable

    click.echo(json.dumps({variable(name): value for name, value in current.items()}, indent=2))
