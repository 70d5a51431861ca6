"""`holdgate`: the group of all commands. Commands print data on stdout and messages on stderr.

`EXIT_CODES` lists the exit codes that all commands share; a command's own `--help` says what 1 means for it.
"""

from importlib import import_module

import click

from holdgate import __version__

SECTIONS = {
    "Screen files (needs neither Kafka nor Redis)": {
        "explain": "holdgate.cli.offline:explain",
        "screen": "holdgate.cli.offline:screen",
        "match": "holdgate.cli.offline:match",
        "compare": "holdgate.cli.offline:compare",
        "quality": "holdgate.cli.quality:quality",
    },
    "Set up": {
        "settings": "holdgate.cli.settings:settings",
        "topics": "holdgate.cli.topics:topics",
        "lists": "holdgate.cli.lists:lists",
        "policy": "holdgate.cli.policy:policy",
    },
    "Run as a service": {
        "screening": "holdgate.cli.services:screening",
        "review": "holdgate.cli.services:review",
        "desk": "holdgate.cli.services:desk",
        "probe": "holdgate.cli.services:probe",
        "audit": "holdgate.cli.audit:audit",
        "health": "holdgate.cli.health:health",
    },
    "Decide on held payments": {
        "cases": "holdgate.cli.cases:cases",
    },
    "Watch and investigate": {
        "status": "holdgate.cli.status:status",
        "trace": "holdgate.cli.trace:trace",
        "reproduce": "holdgate.cli.reproduce:reproduce",
        "support": "holdgate.cli.support:support",
    },
    "Screen again and correct": {
        "replay": "holdgate.cli.replay:replay",
        "rescreen": "holdgate.cli.rescreen:rescreen",
        "deadletters": "holdgate.cli.deadletters:deadletters",
    },
    "Develop": {
        "schemas": "holdgate.cli.schemas:schemas",
    },
}
"""The commands by section of `holdgate --help`, each as `module:attribute`."""

COMMANDS = {name: path for section in SECTIONS.values() for name, path in section.items()}

EXIT_CODES = """
\b
Exit codes:
  0    success
  1    the command ran and found something: an unreadable line, a difference,
       a problem (the command's own --help says what)
  2    wrong arguments or settings
  3    refused: a list, a policy, or an operation that is not possible
  4    Kafka or Redis does not answer
  130  interrupted with Ctrl-C

The other services are `holdgate lists serve`, `holdgate rescreen --serve` and
`holdgate audit serve`.

A screening worker also exits with 5 after too many dead letters and with 6 if it stopped making progress.

Every service and command reads its settings from HOLDGATE_* variables; `holdgate settings` prints them.
"""


class LazyGroup(click.Group):
    """A group that imports a command only when it is used.

    A health check needs one small module, and a worker saves the 8 MB that the other commands take. `--help`
    imports them all.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in the order of `SECTIONS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command with this name, or None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands section by section, with aligned descriptions."""
        width = max(map(len, COMMANDS))
        for title, section in SECTIONS.items():
            rows = []
            for name in section:
                command = self.get_command(ctx, name)
                assert command is not None
                limit = formatter.width - 6 - width
                rows.append((name.ljust(width), command.get_short_help_str(limit)))
            with formatter.section(title):
                formatter.write_dl(rows)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EXIT_CODES,
)
@click.version_option(__version__)
def main() -> None:
    """Sanctions screening for payments on Kafka: each payment is answered with HOLD or RELEASE.

    Try it on one payment, without Kafka or Redis:

    \b
      holdgate explain deploy/sample/payment.json --lists ofac=deploy/sample/ofac
    """
