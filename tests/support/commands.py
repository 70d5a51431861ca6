"""Command lines in files of deployment: does `holdgate` take them?"""

from collections.abc import Iterable

import click

from holdgate.cli.main import main


def understand(words: Iterable[str]) -> click.Command:
    """Return the command of `holdgate` that takes these words; raises `click.UsageError` if none does."""
    command: click.Command = main
    remaining = list(words)
    while isinstance(command, click.Group):
        with click.Context(command) as context:
            _, found, remaining = command.resolve_command(context, remaining)
        assert found is not None
        command = found
    command.make_context(command.name, list(remaining))
    return command
