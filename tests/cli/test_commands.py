"""The commands of `holdgate`: each is imported only when used, has help, and a health check stays light."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from holdgate.cli.health import FILE
from holdgate.cli.main import COMMANDS, main
from holdgate.runtime.settings import variable_name

HEAVY = {
    "aiohttp", "aiokafka", "cryptography", "faust", "icu", "kafka", "mode", "msgspec", "normality", "numpy",
    "obstore", "prometheus_client", "rapidfuzz", "redis", "rich", "rigour", "schwifty", "stdnum", "structlog",
}  # fmt: skip
"""The dependencies of Holdgate, without click."""

REPORT_MODULES = """
import json, sys
from holdgate.cli.main import main
try:
    main(["health"])
except SystemExit as end:
    print(json.dumps({"code": end.code, "modules": sorted(sys.modules)}))
"""


@pytest.mark.parametrize(("situation", "code"), [("fresh", 0), ("old", 1), ("absent", 1), ("unset", 2)])
def test_a_health_check_imports_no_library_but_click(situation: str, code: int, tmp_path: Path) -> None:
    file = tmp_path / "health"
    if situation != "absent":
        file.touch()
    if situation == "old":
        os.utime(file, (time.time() - 3_600,) * 2)
    environment = {FILE: "" if situation == "unset" else str(file), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", REPORT_MODULES], env=environment, capture_output=True, text=True, check=True
    )
    report = json.loads(done.stdout)
    assert report["code"] == code, done.stderr
    loaded = {name.partition(".")[0] for name in report["modules"]}
    assert "click" in loaded
    assert loaded & HEAVY == set()
    assert "holdgate.runtime.settings" not in report["modules"]
    assert bool(done.stderr) == (code != 0)


def test_a_health_check_reads_the_variable_that_the_services_read() -> None:
    assert variable_name("health_file") == FILE


def test_no_summary_of_a_command_is_cut_off() -> None:
    summaries = [*_summaries(main, "holdgate")]
    assert len(summaries) > len(COMMANDS)
    assert [summary for summary in summaries if summary.endswith("...")] == []


def _summaries(group: click.Group, path: str) -> Iterator[str]:
    """Yield the line about each command that the help of its group shows on 80 columns."""
    context = click.Context(group)
    names = group.list_commands(context)
    width = 80 - 6 - max(map(len, names))
    for name in names:
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}: {command.get_short_help_str(width)}"
        if isinstance(command, click.Group):
            yield from _summaries(command, f"{path} {name}")


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_can_be_imported(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.name == name
    assert command.get_short_help_str()


def test_help_lists_every_command_once_with_a_full_sentence() -> None:
    with click.Context(main, max_content_width=80, terminal_width=80) as context:
        text = main.get_help(context)
    listed = re.findall(r"^  (\w+) +(.+)$", text.partition("Exit codes:")[0], re.MULTILINE)
    assert [name for name, _ in listed if name in COMMANDS] == list(COMMANDS)
    assert [name for name, sentence in listed if sentence.endswith("...")] == []
    for code in ("1 ", "2 ", "3 ", "4 ", "130 "):
        assert re.search(rf"^ +{code}", text.partition("Exit codes:")[2], re.MULTILINE)


def _walk(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    """Yield every command below a group with the words that call it."""
    if not isinstance(command, click.Group):
        yield context.command_path, command
        return
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        assert child is not None
        yield from _walk(child, click.Context(child, info_name=name, parent=context))


EVERY_COMMAND = dict(_walk(main, click.Context(main, info_name="holdgate")))


@pytest.mark.parametrize("words", EVERY_COMMAND)
def test_every_option_has_help_that_is_a_sentence(words: str) -> None:
    command = EVERY_COMMAND[words]
    assert command.help is not None
    assert command.help.split("\n\n")[0].rstrip().endswith((".", ":"))
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            text = parameter.help or ""
            assert re.fullmatch(r"[A-Z].*\.", text), f"{words} {parameter.opts}: {text!r}"


def test_python_m_holdgate_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "holdgate", "--help"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("Usage: holdgate [OPTIONS] COMMAND")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_completion_script_is_printed(shell: str) -> None:
    """README shows how to install it."""
    done = subprocess.run(
        [sys.executable, "-m", "holdgate"],
        env={**os.environ, "_HOLDGATE_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "_HOLDGATE_COMPLETE" in done.stdout


def test_an_unknown_command_is_an_error() -> None:
    with pytest.raises(click.UsageError, match="No such command 'no-such'"):
        main.main(["no-such"], standalone_mode=False)
