"""What the commands share: their options, their words to a person, and their exit codes."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from holdgate.runtime.errors import OperatorError

if TYPE_CHECKING:
    from holdgate.core.lists.snapshot import Snapshot
    from holdgate.core.policy.policy import Policy
    from holdgate.runtime.settings import Settings

REFUSED, UNREACHABLE = 3, 4

_LIST_WORD = re.compile(r"[A-Za-z0-9_-]+=")

LISTS = click.option(
    "--lists",
    "specs",
    multiple=True,
    required=True,
    metavar="NAME=PATH",
    help="A list: ofac=FOLDER, un=FILE ...",
)
SOURCE = click.argument("source", type=click.File("rb"), default="-", metavar="[FILE|-]")
TARGET = click.option("-o", "--output", "target", type=click.File("wb"), default="-", help="Write here.")
POLICY = click.option("--policy", "policy_path", type=click.Path(exists=True), help="A policy file.")


class ListsCommand(click.Command):
    """A command whose `--lists` takes as many NAME=PATH words as follow it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat `--lists` before each word that belongs to it."""
        spread: list[str] = []
        inside = False
        for word in args:
            belongs = inside and _LIST_WORD.match(word) is not None
            if belongs and spread[-1] != "--lists":
                spread.append("--lists")
            spread.append(word)
            inside = word == "--lists" or belongs
        return super().parse_args(ctx, spread)


@contextmanager
def exit_on_error() -> Iterator[None]:
    """Turn what is wrong outside into one line and an exit code."""
    try:
        yield
    except Exception as error:
        meant = _meaning(error)
        if meant is None:
            raise
        die(*meant)


def _meaning(error: Exception) -> tuple[str, int] | None:
    """What an error says to a person, and the exit code; None for a fault of our own.

    The errors are imported only now, so that a command brings in no more than it uses.
    """
    from holdgate.runtime.settings import SettingsError

    if isinstance(error, SettingsError):
        return str(error), 2
    from holdgate.adapters.kafka.topic_admin import KafkaFault
    from holdgate.adapters.redis.snapshot_store import RedisFault
    from holdgate.core.lists.snapshot import SnapshotError
    from holdgate.core.policy.policy import PolicyError
    from holdgate.core.sources import ListError
    from holdgate.lists.publication import ListRefusedError

    if isinstance(error, ListError | OperatorError | PolicyError | ListRefusedError | SnapshotError):
        return str(error), REFUSED
    if isinstance(error, RedisFault):
        return f"Redis does not answer ({error}): is HOLDGATE_REDIS right, is it running?", UNREACHABLE
    if isinstance(error, KafkaFault):
        return f"Kafka does not answer ({error}): is HOLDGATE_KAFKA right, is it running?", UNREACHABLE
    return None


@contextmanager
def resume_hint(words: str) -> Iterator[None]:
    """Where Kafka goes away in the middle, or Ctrl-C comes: one line with the words that go on."""
    from holdgate.adapters.kafka.topic_admin import KafkaFault

    try:
        yield
    except OperatorError:
        raise
    except KeyboardInterrupt:
        die(f"interrupted: to go on, {words}", 130)
    except KafkaFault as error:
        die(f"Kafka does not answer ({error}): once it does, {words}", UNREACHABLE)


def die(message: str, code: int) -> NoReturn:
    """Say what is wrong on stderr and end the process."""
    click.echo(f"holdgate: {message}", err=True)
    sys.exit(code)


def echo_err(message: str) -> None:
    """Talk on stderr: stdout is data."""
    click.echo(message, err=True)


def read_settings() -> "Settings":
    """The settings from the environment; raises `SettingsError`."""
    from holdgate.runtime.settings import from_environ

    return from_environ(os.environ)


def build_lists(specs: tuple[str, ...]) -> "Snapshot":
    """The lists of `--lists`, read and indexed, or as they were indexed before; raises `ListError`."""
    from holdgate.adapters.files.snapshot_cache import open_snapshot_cache
    from holdgate.core.lists.snapshot import load_snapshot
    from holdgate.lists import publication as service

    return load_snapshot(
        service.build_lists(service.parse_specs(specs), echo_err, known=open_snapshot_cache(os.environ)).data
    )


def lists_named(settings: "Settings", name: str) -> "Snapshot":
    """Lists by a version, by `current`, or as NAME=PATH; raises `ListError` or `NotPossibleError`."""
    from holdgate.adapters import snapshot_lookup

    if _LIST_WORD.match(name):
        return build_lists((name,))
    return snapshot_lookup.snapshot(settings, None if name == "current" else name)


def choose_policy(path: str | None) -> "Policy":
    """The policy of `--policy`, or the one the package carries; raises `PolicyError`."""
    from holdgate.cli.json_lines import default_policy, read_policy

    return read_policy(Path(path)) if path else default_policy()
