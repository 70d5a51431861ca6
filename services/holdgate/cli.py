"""`holdgate ...`: every command. stdout is data, stderr is talk.

Exit codes: 0 all is well, 1 some lines could not be read, 2 the command was called wrongly, 3 a list or
policy was refused, 4 Kafka or Redis does not answer.
"""

import json
import sys
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import IO

import click
import msgspec

from holdgate import __version__
from holdgate.console import (
    LISTS,
    POLICY,
    SOURCE,
    TARGET,
    ListsCommand,
    build_lists,
    choose_policy,
    fail,
    read_settings,
    say,
    told,
)
from holdgate.settings import SettingsError

ELSEWHERE = ("deadletters", "lists", "policy", "replay", "reproduce", "rescreen", "status", "trace")
"""Commands that each have a module of their own, `cli_<name>`."""


class Commands(click.Group):
    """Reads a module of commands when one of them is asked for: a worker needs none, and they take 8 MB."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name."""
        return sorted([*super().list_commands(ctx), *ELSEWHERE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, None where there is none."""
        if cmd_name not in ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        found: click.Command = getattr(import_module(f"holdgate.cli_{cmd_name}"), cmd_name)
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Holdgate: sanctions screening for payments on Kafka."""


@main.command()
def screening() -> None:
    """Screen payments from Kafka: the worker. Settings come from HOLDGATE_* variables."""
    from holdgate.screening.worker import run

    with told():
        run(read_settings())


@main.command()
def probe() -> None:
    """Ask the live gate every few seconds and look at Kafka and Redis, as metrics at HOLDGATE_HTTP."""
    from holdgate.probe.service import serve

    with told():
        serve(read_settings())


@main.command()
@click.option(
    "--max-age", default=30.0, show_default=True, help="Seconds without progress that are too long."
)
def health(max_age: float) -> None:
    """Exit 0 if the service that shares HOLDGATE_HEALTH_FILE made progress lately."""
    from holdgate.health import file_age

    with told():
        settings = read_settings()
        if settings.health_file is None:
            raise SettingsError("HOLDGATE_HEALTH_FILE is not set: no file shows progress")
        age = file_age(settings.health_file)
        if age is None or age > max_age:
            fail(
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

    with told():
        made = create_topics(read_settings())
        say("created " + ", ".join(made) if made else "all topics exist")


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
@click.option("--rail", help="The rail of an XML or MT message; payments in JSON say it themselves.")
def screen(
    source: IO[bytes],
    specs: tuple[str, ...],
    policy_path: str | None,
    target: IO[bytes],
    as_of: datetime | None,
    rail: str | None,
) -> None:
    """Screen payments without Kafka or Redis: one JSON a line in, one decision a line out."""
    from holdgate import offline

    with told():
        bad = offline.screen(source, target, build_lists(specs), choose_policy(policy_path), as_of, rail)
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

    with told():
        bad = offline.match(source, target, build_lists(specs), choose_policy(policy_path), min_score, limit)
    sys.exit(1 if bad else 0)


@main.command(cls=ListsCommand)
@SOURCE
@LISTS
@POLICY
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a page.")
def explain(source: IO[bytes], specs: tuple[str, ...], policy_path: str | None, as_json: bool) -> None:
    """Explain the decision about a payment: every field, the nearest names, what would change it.

    FILE is one payment in JSON, or one ISO 20022 XML or SWIFT MT message: each of its transactions is
    explained, with --json one a line.
    """
    from holdgate.core.explanation import explain as explain_payment
    from holdgate.core.intake import MAX_BYTES, InvalidEventError, record
    from holdgate.core.screen import Screener
    from holdgate.explain import pages

    with told():
        try:
            payments = record.read_file(source.read(MAX_BYTES + 1))
        except InvalidEventError as error:
            fail(f"not a payment: {error}", 1)
        screener = Screener(build_lists(specs), choose_policy(policy_path))
        explanations = [explain_payment(received, screener) for received in payments]
    lines = map(msgspec.json.encode, explanations) if as_json else pages(explanations)
    for line in lines:
        click.echo(line)


@main.command()
@SOURCE
@POLICY
@TARGET
def compare(source: IO[bytes], policy_path: str | None, target: IO[bytes]) -> None:
    """Compare pairs of names: {"id","query","candidate","type"} a line in, score and evidence out."""
    from holdgate import offline

    with told():
        bad = offline.compare(source, target, choose_policy(policy_path))
    sys.exit(1 if bad else 0)


@main.command(cls=ListsCommand)
@LISTS
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Ordinary names and labelled pairs; without them recall and cost alone are measured.",
)
@click.option("--seed", default=1, show_default=True, help="Of the manipulated names.")
@click.option("--size", default=200, show_default=True, help="Manipulated names a class.")
@POLICY
@click.option("--ablation", is_flag=True, help="Also switch each technique off in turn: takes minutes.")
@click.option("--json", "as_json", is_flag=True, help="The report as one JSON object.")
@click.option(
    "--html", "page", type=click.Path(dir_okay=False, path_type=Path), help="Also write a page here."
)
def quality(
    specs: tuple[str, ...],
    data: Path | None,
    seed: int,
    size: int,
    policy_path: str | None,
    ablation: bool,
    as_json: bool,
    page: Path | None,
) -> None:
    """Measure matching: what is found of manipulated names, and which ordinary names are alerted."""
    from holdgate import quality as measuring
    from holdgate.core.quality_table import render

    with told():
        policy, entries = choose_policy(policy_path), build_lists(specs).entries
    say("measuring: some minutes")
    report = measuring.measure(entries, data, policy, seed=seed, size=size)
    without = measuring.ablate(entries, data, policy, seed=seed, size=size) if ablation else ()
    table = render(report, without)
    if page is not None:
        page.write_text(measuring.page(report, table), encoding="utf-8")
    click.echo(msgspec.json.encode({"report": report, "ablation": without}) if as_json else table)


@main.command()
def settings() -> None:
    """Print every setting: its variable and its value now."""
    with told():
        current = msgspec.to_builtins(read_settings())
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
        say(f"{path}: {'not what the types say, run `holdgate schemas`' if check else 'written'}")
    sys.exit(1 if check and changed else 0)
