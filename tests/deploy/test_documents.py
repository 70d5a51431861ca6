"""README, CONTRIBUTING, ARCHITECTURE and the reference pages name only what exists."""

import re
from collections.abc import Iterator
from typing import get_args

import click
import msgspec
import pytest

from deploy.local.daemon import ROOT
from holdgate.cli.main import main
from holdgate.core.model.decision import HoldReason, ReleaseReason
from holdgate.core.records.topics import TOPICS
from holdgate.runtime.settings import Settings, variable_name

PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "ARCHITECTURE.md",
    "docs/topics.md",
    "docs/settings.md",
    "docs/policy.md",
    "docs/audit.md",
    "docs/desk.md",
    "docs/kubernetes.md",
    "docs/production.md",
]
PACKAGE = ROOT / "services" / "holdgate"


def _text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def _code(page: str) -> str:
    """Return the indented blocks, fenced blocks and code spans of a page."""
    text = _text(page)
    blocks = re.findall(r"^    .*$", text, re.MULTILINE)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", text)])


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page: str) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", _text(page))
    assert [target for target in targets if not ((ROOT / page).parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_paths_in_code_spans_exist(page: str) -> None:
    spans = re.findall(r"`([\w.-]+(?:/[\w.-]+)+/?)`", _text(page))
    roots = (ROOT, PACKAGE, (ROOT / page).parent, PACKAGE / "adapters" / "redis")
    assert [span for span in spans if not any((root / span).exists() for root in roots)] == []


def test_each_likely_change_leads_to_a_file_or_folder() -> None:
    table = _text("CONTRIBUTING.md").partition("## Which file do I change?")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (?!to \.\.\.|---)(.+?) \| `(.+?)` \|$", table, re.MULTILINE)
    assert len(rows) >= 15
    assert [path for _, path in rows if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_exist(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", _text("Makefile"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)", _code(page))) - targets == set()


def _commands(page: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each `holdgate ...` call of a page with the words after it."""
    for call in re.findall(r"(?<![\w./_-])holdgate ((?:[^#`|&;\n]|\\\n)+)", _code(page)):
        yield call, call.split()


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_their_options_exist(page: str) -> None:
    for call, words in _commands(page):
        command: click.Command = main
        while isinstance(command, click.Group) and words and re.fullmatch(r"[a-z]+", words[0]):
            found = command.get_command(click.Context(command), words.pop(0))
            assert found is not None, f"{page}: holdgate {call}"
            command = found
        options = {option for parameter in command.params for option in parameter.opts} | {
            "--help",
            "--version",
        }
        given = {word for word in words if re.fullmatch(r"--?[a-z][a-z-]*", word)}
        assert given <= options, f"{page}: holdgate {call}"


@pytest.mark.parametrize("page", PAGES)
def test_settings_exist(page: str) -> None:
    known = {variable_name(name) for name in Settings.__struct_fields__} | {"_HOLDGATE_COMPLETE"}
    named = set(re.findall(r"(?<![\w])_?HOLDGATE_[A-Z_]*[A-Z]", _text(page)))
    assert named - known == set()


def test_every_setting_is_described_with_its_default() -> None:
    rows = dict(re.findall(r"^\| (HOLDGATE_\w+) \| (.*?) \| .+ \|$", _text("docs/settings.md"), re.MULTILINE))
    defaults = {variable_name(field.name): field.default for field in msgspec.structs.fields(Settings)}
    assert rows.keys() == defaults.keys()
    shown = {name: cell.strip("`") for name, cell in rows.items() if name != "HOLDGATE_CACHE"}
    for name, cell in shown.items():
        default = defaults[name]
        assert cell == (
            "-" if default in (None, "") else f"{default:g}" if isinstance(default, float) else str(default)
        )


def test_every_topic_and_reason_is_described() -> None:
    text = _text("docs/topics.md")
    described = re.findall(r"^\| ([a-z]+\.[a-z-]+) \|", text, re.MULTILINE)
    assert set(described) == {topic.name for topic in TOPICS}
    for reason in (*get_args(ReleaseReason), *get_args(HoldReason)):
        assert reason in text


@pytest.mark.parametrize("page", PAGES)
def test_prose_is_at_most_120_columns(page: str) -> None:
    assert [line for line in _text(page).splitlines() if len(line) > 120] == []


def test_the_first_payment_of_the_readme_is_the_sample() -> None:
    """Its shortened form in README has the same parties as the file that the first command explains."""
    sample = msgspec.json.decode((ROOT / "deploy/sample/payment.json").read_bytes())
    readme = _text("README.md")
    for value in (sample["payment_id"], sample["debtor"]["name"], sample["creditor"]["name"]):
        assert f'"{value}"' in readme
