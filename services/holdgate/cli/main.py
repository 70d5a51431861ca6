"""`holdgate ...`: every command. stdout is data, stderr is talk.

Exit codes: 0 all is well, 1 some lines could not be read, 2 the command was called wrongly, 3 a list or
policy was refused, 4 Kafka or Redis does not answer.
"""

from importlib import import_module

import click

from holdgate import __version__

COMMANDS = {
    "compare": "holdgate.cli.offline:compare",
    "deadletters": "holdgate.cli.deadletters:deadletters",
    "explain": "holdgate.cli.offline:explain",
    "health": "holdgate.cli.health:health",
    "lists": "holdgate.cli.lists:lists",
    "match": "holdgate.cli.offline:match",
    "policy": "holdgate.cli.policy:policy",
    "probe": "holdgate.cli.services:probe",
    "quality": "holdgate.cli.quality:quality",
    "replay": "holdgate.cli.replay:replay",
    "reproduce": "holdgate.cli.reproduce:reproduce",
    "rescreen": "holdgate.cli.rescreen:rescreen",
    "schemas": "holdgate.cli.schemas:schemas",
    "screen": "holdgate.cli.offline:screen",
    "screening": "holdgate.cli.services:screening",
    "settings": "holdgate.cli.settings:settings",
    "status": "holdgate.cli.status:status",
    "topics": "holdgate.cli.topics:topics",
    "trace": "holdgate.cli.trace:trace",
}
"""Where each command is: `module:attribute`."""


class Commands(click.Group):
    """A group that imports a command when it is asked for.

    A health check needs one small module, and a worker saves the 8 MB that the other commands take. `--help`
    imports them all.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the name of every command, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a name, None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        found: click.Command = getattr(import_module(module), attribute)
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Holdgate: sanctions screening for payments on Kafka."""
