"""Each alert has a runbook and each runbook an alert, with all sections and with commands that exist."""

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from deploy.local.daemon import ROOT
from holdgate.cli.main import main
from tests.prometheus.exported import RULES, exported, recorded, rules

PAGES = sorted((ROOT / "deploy" / "runbooks").glob("*.md"))
SERVICES = set(yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"])

OTHERS = {"curl", "docker", "redis-cli"}
"""Programs other than holdgate that a runbook may use."""


def commands(page: Path) -> list[str]:
    """Return the commands in the indented lines, without their comments."""
    lines = re.findall(r"^    (.+)$", page.read_text(), re.MULTILINE)
    return [line.split("    # ")[0] for line in lines]


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    assert {page.stem for page in PAGES} == {
        rule["alert"] for rule in rules(RULES / "alerts.yml") if "alert" in rule
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.stem))
def test_a_runbook_has_all_sections(page: Path) -> None:
    text = page.read_text()
    assert text.startswith(f"# {page.stem}\n")
    places = [text.index(words) for words in ("**At risk.**", "**First steps.**", "**Resolved when**")]
    assert places == sorted(places)
    assert len(commands(page)) == 3
    assert len(text.splitlines()) < 40


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.stem))
def test_the_commands_of_a_runbook_exist(page: Path) -> None:
    for command in [*commands(page), *re.findall(r"`(holdgate [^`]+)`", page.read_text())]:
        program, *words = shlex.split(command)
        if program == "holdgate":
            understood(words)
        else:
            assert program in OTHERS, command
        if program == "docker":
            assert words[-1] in SERVICES, command


def test_a_command_that_does_not_exist_would_be_detected() -> None:
    with pytest.raises(click.UsageError):
        understood(["listss", "status"])
    with pytest.raises(click.UsageError):
        understood(["status", "--wach"])


def understood(words: list[str]) -> None:
    """Parse the arguments of a `holdgate` command. Raises `click.UsageError` if they are invalid."""
    command: click.Command = main
    while isinstance(command, click.Group):
        with click.Context(command) as context:
            _, found, words = command.resolve_command(context, list(words))
        assert found is not None
        command = found
    options = {name for parameter in command.params for name in parameter.opts}
    for word in words:
        if word.startswith("-") and word not in options:
            raise click.UsageError(f"{command.name} has no {word}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.stem))
def test_the_metrics_and_pages_that_a_runbook_names_exist(page: Path) -> None:
    text = page.read_text()
    stems = {name.removesuffix("_total") for name in exported()} | exported() | recorded()
    for name in re.findall(r"(?<![\w:])(?:gate:)?holdgate_[a-z_:0-9]+", text):
        assert any(known.startswith(name) for known in stems), name
    pages = {one.stem for one in PAGES}
    assert set(re.findall(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b", text)) <= pages
