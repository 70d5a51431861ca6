"""`holdgate ...`: every command. stdout is data, stderr is talk.

Exit codes: 0 all is well, 1 some lines could not be read, 2 the command was called wrongly, 3 a list or
policy was refused, 4 Kafka or Redis does not answer.
"""

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

import click
import msgspec

from holdgate import __version__
from holdgate.core.policy import Policy, PolicyError
from holdgate.core.snapshot import Snapshot, SnapshotError, load, read_header
from holdgate.core.sources import ListError
from holdgate.settings import Settings, SettingsError, from_environ

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


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Holdgate: sanctions screening for payments on Kafka."""


@contextmanager
def _told() -> Iterator[None]:
    """Turn what is wrong outside into one line and an exit code."""
    from holdgate.adapters.kafka import Fault as KafkaFault
    from holdgate.adapters.redis import Fault as RedisFault
    from holdgate.lists import RefusedError

    try:
        yield
    except (ListError, PolicyError, RefusedError, SnapshotError) as error:
        _fail(str(error), REFUSED)
    except SettingsError as error:
        _fail(str(error), 2)
    except RedisFault as error:
        _fail(f"Redis does not answer ({error}): is HOLDGATE_REDIS right, is it running?", UNREACHABLE)
    except KafkaFault as error:
        _fail(f"Kafka does not answer ({error}): is HOLDGATE_KAFKA right, is it running?", UNREACHABLE)


def _fail(message: str, code: int) -> None:
    click.echo(f"holdgate: {message}", err=True)
    sys.exit(code)


def _say(message: str) -> None:
    click.echo(message, err=True)


def _settings() -> Settings:
    return from_environ(os.environ)


@main.command()
def screening() -> None:
    """Screen payments from Kafka: the worker. Settings come from HOLDGATE_* variables."""
    from holdgate.screening.worker import run

    with _told():
        run(_settings())


@main.command()
@click.option(
    "--max-age", default=30.0, show_default=True, help="Seconds without progress that are too long."
)
def health(max_age: float) -> None:
    """Exit 0 if the service that shares HOLDGATE_HEALTH_FILE made progress lately."""
    from holdgate.health import file_age

    with _told():
        settings = _settings()
        if settings.health_file is None:
            raise SettingsError("HOLDGATE_HEALTH_FILE is not set: no file shows progress")
        age = file_age(settings.health_file)
        if age is None or age > max_age:
            _fail(
                f"no progress: {settings.health_file} "
                + ("is not there" if age is None else f"is {age:.0f} s old"),
                1,
            )


@main.group()
def topics() -> None:
    """Kafka's topics."""


@topics.command("create")
def topics_create() -> None:
    """Create the topics of the contract that do not exist yet."""
    from holdgate.adapters.kafka import create_topics

    with _told():
        made = create_topics(_settings())
        _say("created " + ", ".join(made) if made else "all topics exist")


@main.group()
def lists() -> None:
    """Sanctions lists."""


@lists.command("publish")
@click.argument("specs", nargs=-1, required=True, metavar="NAME=PATH...")
@click.option(
    "--allow-shrink", is_flag=True, help="Publish although a list is gone or lost half of its entries."
)
def lists_publish(specs: tuple[str, ...], allow_shrink: bool) -> None:
    """Read lists, index them, and make them current in Redis in one step."""
    from holdgate import lists as service

    with _told():
        built = service.build(service.places(specs), _say)
        announcement = service.publish(_settings(), built, allow_shrink=allow_shrink)
        _say(f"current: {announcement.version}, {announcement.entries:,} entries, {len(built.data):,} bytes")
        click.echo(msgspec.json.encode(announcement))


@lists.command("serve")
def lists_serve() -> None:
    """Publish the lists of HOLDGATE_LISTS again and again: the service."""
    from holdgate.lists import serve
    from holdgate.logs import configure

    with _told():
        settings = _settings()
        configure(settings.log_level)
        serve(settings)


@lists.command("status")
def lists_status() -> None:
    """Say which snapshot is current and how old its lists are, as one JSON object."""
    from holdgate.adapters.redis import SnapshotStore

    with _told():
        store = SnapshotStore(_settings())
        pointer = store.current()
        if pointer is None:
            _fail("no snapshot has been published: run `holdgate lists publish NAME=PATH...`", REFUSED)
        click.echo(msgspec.json.encode({"current": pointer, "kept": store.versions()}))


@lists.command("show")
@click.argument("version")
def lists_show(version: str) -> None:
    """Print a snapshot of Redis: its header, then its entries, one JSON object a line."""
    from holdgate.adapters.redis import SnapshotStore

    with _told():
        store = SnapshotStore(_settings())
        data = store.get(version)
        if data is None:
            _fail(f"Redis does not hold {version}; it holds {', '.join(store.versions()) or 'none'}", REFUSED)
            return
        click.echo(msgspec.json.encode(read_header(data)))
        for entry in load(data).entries:
            click.echo(msgspec.json.encode(entry))


@lists.command("check")
@click.argument("specs", nargs=-1, required=True, metavar="NAME=PATH...")
def lists_check(specs: tuple[str, ...]) -> None:
    """Read lists and publish nothing: counts, and whether each entry is found by each of its names."""
    from holdgate import lists as service
    from holdgate.core.canary import check
    from holdgate.core.screen import Screener

    with _told():
        missed = 0
        for name, place in service.places(specs).items():
            built = service.build({name: place}, _say)
            found = check(Screener(load(built.data), _policy(None)))
            missed += len(found.missed)
            click.echo(msgspec.json.encode({"edition": built.header.editions[0], "canary": found}))
        if missed:
            _fail(f"{missed} listed names do not find their own entry", REFUSED)


@main.command(cls=ListsCommand)
@SOURCE
@LISTS
@POLICY
@TARGET
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d"]),
    help="Judge ages and deadlines at this time.",
)
def screen(
    source: IO[bytes],
    specs: tuple[str, ...],
    policy_path: str | None,
    target: IO[bytes],
    as_of: datetime | None,
) -> None:
    """Screen payments without Kafka or Redis: one JSON a line in, one decision a line out."""
    from holdgate import offline

    with _told():
        bad = offline.screen(source, target, _lists(specs), _policy(policy_path), as_of)
    sys.exit(1 if bad else 0)


@main.command(cls=ListsCommand)
@SOURCE
@LISTS
@POLICY
@TARGET
@click.option("--min-score", default=0.5, show_default=True, help="Lowest score told.")
@click.option("--limit", default=10, show_default=True, help="Most matches a name.")
def match(
    source: IO[bytes],
    specs: tuple[str, ...],
    policy_path: str | None,
    target: IO[bytes],
    min_score: float,
    limit: int,
) -> None:
    """Match names against lists: {"id","name","type"} a line in, its matches a line out."""
    from holdgate import offline

    with _told():
        bad = offline.match(source, target, _lists(specs), _policy(policy_path), min_score, limit)
    sys.exit(1 if bad else 0)


@main.command()
@SOURCE
@POLICY
@TARGET
def compare(source: IO[bytes], policy_path: str | None, target: IO[bytes]) -> None:
    """Compare pairs of names: {"id","query","candidate","type"} a line in, score and evidence out."""
    from holdgate import offline

    with _told():
        bad = offline.compare(source, target, _policy(policy_path))
    sys.exit(1 if bad else 0)


@main.command()
def settings() -> None:
    """Print every setting: its variable and its value now."""
    with _told():
        current = msgspec.to_builtins(_settings())
    from holdgate.settings import variable

    click.echo(json.dumps({variable(name): value for name, value in current.items()}, indent=2))


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default="schemas")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file is not what the types say.")
def schemas(folder: Path, check: bool) -> None:
    """Write the JSON Schemas of payment, decision and list announcement into FOLDER."""
    from holdgate.schemas import drift, write

    changed = drift(folder) if check else write(folder)
    for path in changed:
        _say(f"{path}: {'not what the types say, run `holdgate schemas`' if check else 'written'}")
    sys.exit(1 if check and changed else 0)


def _lists(specs: tuple[str, ...]) -> Snapshot:
    from holdgate import lists as service

    return load(service.build(service.places(specs), _say).data)


def _policy(path: str | None) -> Policy:
    from holdgate.offline import default_policy, read_policy

    return read_policy(Path(path)) if path else default_policy()
