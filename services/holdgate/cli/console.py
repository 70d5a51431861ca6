"""Shared by the commands: common options, messages on stderr, exit codes for errors."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import click

from holdgate.runtime.errors import OperatorError
from holdgate.runtime.terminal_text import escape_text

if TYPE_CHECKING:
    from holdgate.core.lists.snapshot import Snapshot
    from holdgate.core.policy.policy import Policy
    from holdgate.runtime.settings import Settings

REFUSED, UNREACHABLE = 3, 4

_LIST_ARGUMENT = re.compile(r"[A-Za-z0-9_-]+=")

LISTS = click.option(
    "--lists",
    "specs",
    multiple=True,
    required=True,
    metavar="NAME=PATH",
    help="A list and its file, folder or URL: ofac=FOLDER un=FILE ... Several may follow one --lists.",
)
SOURCE = click.argument("source", type=click.File("rb"), default="-", metavar="[FILE|-]")
TARGET = click.option(
    "-o", "--output", "target", type=click.File("wb"), default="-", help="Output file (default: stdout)."
)
POLICY = click.option(
    "--policy",
    "policy_path",
    type=click.Path(exists=True, dir_okay=False),
    help="Policy file (default: the one shipped with Holdgate, deploy/policy.toml).",
)


class ListsCommand(click.Command):
    """A command whose `--lists` takes every NAME=PATH argument that follows it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat `--lists` before each NAME=PATH argument that follows it."""
        expanded: list[str] = []
        after_lists = False
        for arg in args:
            is_list = after_lists and _LIST_ARGUMENT.match(arg) is not None
            if is_list and expanded[-1] != "--lists":
                expanded.append("--lists")
            expanded.append(arg)
            after_lists = arg == "--lists" or is_list
        return super().parse_args(ctx, expanded)


@contextmanager
def exit_on_error() -> Iterator[None]:
    """Report an expected error in one line and exit with its code; other errors are raised."""
    try:
        yield
    except Exception as error:
        report = _message_and_code(error)
        if report is None:
            raise
        die(*report)


def _message_and_code(error: Exception) -> tuple[str, int] | None:
    """Return the message and exit code for an error of input, settings or infrastructure, else None.

    The error classes are imported here, so that a command imports no more than it uses.
    """
    from holdgate.runtime.settings import SettingsError

    if isinstance(error, SettingsError):
        return str(error), 2
    from holdgate.adapters.kafka.topic_admin import KafkaFault
    from holdgate.adapters.redis.snapshot_store import RedisFault
    from holdgate.core.lists.snapshot import SnapshotError
    from holdgate.core.policy.policy import PolicyError
    from holdgate.core.review.review_rules import ReviewRulesError
    from holdgate.core.sources import ListError
    from holdgate.lists.publication import ListRefusedError

    refused = (ListError, OperatorError, PolicyError, ReviewRulesError, ListRefusedError, SnapshotError)
    if isinstance(error, refused):
        return str(error), REFUSED
    if isinstance(error, RedisFault):
        return f"Redis does not answer ({error}); check HOLDGATE_REDIS and that Redis is running", UNREACHABLE
    if isinstance(error, KafkaFault):
        return f"Kafka does not answer ({error}); check HOLDGATE_KAFKA and that Kafka is running", UNREACHABLE
    return None


@contextmanager
def resume_hint(command: str) -> Iterator[None]:
    """Exit with a line that says how to continue if Kafka stops answering or Ctrl-C is pressed.

    `command` completes the sentence "continue with ...".
    """
    from holdgate.adapters.kafka.topic_admin import KafkaFault

    try:
        yield
    except OperatorError:
        raise
    except KeyboardInterrupt:
        die(f"interrupted; continue with {command}", 130)
    except KafkaFault as error:
        die(f"Kafka does not answer ({error}); once it does, continue with {command}", UNREACHABLE)


def die(message: str, code: int) -> NoReturn:
    """Print an error message on stderr and exit with `code`."""
    echo_err(f"holdgate: {message}")
    sys.exit(code)


def echo_err(message: str) -> None:
    """Print a message on stderr, control characters escaped; stdout is for data only."""
    click.echo("\n".join(map(escape_text, message.split("\n"))), err=True)


def echo_text(line: str) -> None:
    """Print a line for people on stdout, control characters escaped: ids and names come from senders."""
    click.echo(escape_text(line))


def read_settings() -> "Settings":
    """Return the settings from HOLDGATE_* variables; raises `SettingsError`."""
    from holdgate.runtime.settings import from_environ

    return from_environ(os.environ)


def build_lists(specs: tuple[str, ...]) -> "Snapshot":
    """Return the snapshot of the `--lists` arguments, from the cache if unchanged; raises `ListError`."""
    from holdgate.adapters.files.snapshot_cache import open_snapshot_cache
    from holdgate.core.lists.snapshot import load_snapshot
    from holdgate.lists import building

    return load_snapshot(
        building.build_lists(
            building.parse_specs(specs), echo_err, cache=open_snapshot_cache(os.environ)
        ).data
    )


def lists_named(settings: "Settings", name: str) -> "Snapshot":
    """Return lists by version, `current`, or read from NAME=PATH; raises `ListError` or `OperatorError`."""
    from holdgate.adapters import snapshot_lookup

    if _LIST_ARGUMENT.match(name):
        return build_lists((name,))
    return snapshot_lookup.snapshot(settings, None if name == "current" else name)


def choose_policy(path: str | None) -> "Policy":
    """Return the policy of `--policy`, or the one in the package; raises `PolicyError`."""
    from holdgate.adapters.files.policy_file import default_policy, read_policy

    return read_policy(path) if path else default_policy()
