"""The commands of `holdgate`: each is imported when asked for, and a health check imports next to nothing."""

import json
import os
import subprocess
import sys
import time
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
"""What Holdgate depends on, without click."""

LOOK = """
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
        [sys.executable, "-c", LOOK], env=environment, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert found["code"] == code, done.stderr
    loaded = {name.partition(".")[0] for name in found["modules"]}
    assert "click" in loaded
    assert loaded & HEAVY == set()
    assert "holdgate.runtime.settings" not in found["modules"]
    assert bool(done.stderr) == (code != 0)


def test_a_health_check_reads_the_variable_that_the_services_read() -> None:
    assert variable_name("health_file") == FILE


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_of_the_table_is_there(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.name == name
    assert command.get_short_help_str()


def test_help_names_every_command() -> None:
    with click.Context(main) as context:
        said = main.get_help(context)
    assert [line.split()[0] for line in said.partition("Commands:\n")[2].splitlines()] == sorted(COMMANDS)


def test_an_unknown_command_is_refused() -> None:
    with pytest.raises(click.UsageError, match="No such command 'no-such'"):
        main.main(["no-such"], standalone_mode=False)
