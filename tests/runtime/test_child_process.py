"""A step in a child process: its result or exception is returned, and the process ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from deploy.local.daemon import ROOT
from holdgate.core.lists.snapshot import SnapshotError
from holdgate.runtime.child_process import run_in_child
from holdgate.runtime.errors import OperatorError
from tests.support.rig import wait_until

pytestmark = pytest.mark.slow  # starts processes that import the package


def add(first: int, second: int) -> tuple[int, int]:
    return first + second, os.getpid()


def refuse() -> None:
    raise SnapshotError("not a snapshot")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def linger(file: str) -> None:
    Path(file).write_text(str(os.getpid()))
    time.sleep(1)


def nothing() -> None:
    """Meanwhile."""


def test_the_result_is_returned_from_another_process() -> None:
    looks: list[float] = []

    def look() -> None:
        looks.append(time.monotonic())

    total, pid = run_in_child(add, 2, 3, log_level="info", meanwhile=look)
    assert total == 5
    assert pid != os.getpid()
    assert not psutil.pid_exists(pid)
    assert looks == sorted(looks)


def test_an_exception_is_raised_in_the_parent() -> None:
    with pytest.raises(SnapshotError, match="not a snapshot"):
        run_in_child(refuse, log_level="info", meanwhile=nothing)


def test_a_killed_process_is_reported() -> None:
    """The kernel kills processes if memory runs out."""
    with pytest.raises(OperatorError, match="ended with exit code -9; is there enough memory"):
        run_in_child(die, log_level="info", meanwhile=nothing)


def test_the_child_ends_if_its_parent_is_gone(tmp_path: Path) -> None:
    """A process of a pool would wait for work forever, with all the memory it uses."""
    file = tmp_path / "pid"
    program = (
        "from holdgate.runtime.child_process import run_in_child;"
        "from tests.runtime.test_child_process import linger, nothing;"
        f" run_in_child(linger, {str(file)!r}, log_level='info', meanwhile=nothing)"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) as parent:
        wait_until(lambda: file.exists() and bool(file.read_text()), "the step")
        parent.kill()
    wait_until(lambda: not psutil.pid_exists(int(file.read_text())), "its end")
