"""A page for each alert and an alert for each page; what a tired person needs, with commands that exist."""

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
"""Programs beside holdgate that a page may ask for."""


def commands(page: Path) -> list[str]:
    """What its indented lines tell to run, without the words behind it."""
    lines = re.findall(r"^    (.+)$", page.read_text(), re.MULTILINE)
    return [line.split("    # ")[0] for line in lines]


def test_every_alert_has_its_page_and_every_page_its_alert() -> None:
    assert {page.stem for page in PAGES} == {
        rule["alert"] for rule in rules(RULES / "alerts.yml") if "alert" in rule
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.stem))
def test_a_page_says_what_it_means_what_is_at_risk_what_to_do_first_and_when_it_is_over(page: Path) -> None:
    text = page.read_text()
    assert text.startswith(f"# {page.stem}\n")
    places = [text.index(words) for words in ("**At risk.**", "**First steps.**", "**Resolved when**")]
    assert places == sorted(places)
    assert len(commands(page)) == 3
    assert len(text.splitlines()) < 40


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.stem))
def test_its_commands_exist(page: Path) -> None:
    for command in [*commands(page), *re.findall(r"`(holdgate [^`]+)`", page.read_text())]:
        program, *words = shlex.split(command)
        if program == "holdgate":
            understood(words)
        else:
            assert program in OTHERS, command
        if program == "docker":
            assert words[-1] in SERVICES, command


def test_a_command_that_does_not_exist_would_be_noticed() -> None:
    with pytest.raises(click.UsageError):
        understood(["listss", "status"])
    with pytest.raises(click.UsageError):
        understood(["status", "--wach"])


def understood(words: list[str]) -> None:
    """Whether `holdgate` takes these words; raises `click.UsageError`. Values stand for themselves."""
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
def test_what_it_names_of_metrics_and_other_pages_exists(page: Path) -> None:
    text = page.read_text()
    stems = {name.removesuffix("_total") for name in exported()} | exported() | recorded()
    for name in re.findall(r"(?<![\w:])(?:job:)?holdgate_[a-z_:0-9]+", text):
        assert any(known.startswith(name) for known in stems), name
    pages = {one.stem for one in PAGES}
    assert set(re.findall(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b", text)) <= pages
