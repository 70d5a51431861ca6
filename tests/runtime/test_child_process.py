"""A step in a process of its own: what it returns and raises comes back, and nothing of it is left behind."""

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


def test_what_it_returns_comes_back_from_another_process() -> None:
    looks: list[float] = []

    def look() -> None:
        looks.append(time.monotonic())

    total, pid = run_in_child(add, 2, 3, log_level="info", meanwhile=look)
    assert total == 5
    assert pid != os.getpid()
    assert not psutil.pid_exists(pid)
    assert looks == sorted(looks)


def test_what_it_raises_is_raised() -> None:
    with pytest.raises(SnapshotError, match="not a snapshot"):
        run_in_child(refuse, log_level="info", meanwhile=nothing)


def test_a_process_that_is_killed_is_said() -> None:
    """As the kernel does where memory runs out."""
    with pytest.raises(OperatorError, match="ended with exit code -9; is there enough memory"):
        run_in_child(die, log_level="info", meanwhile=nothing)


def test_it_ends_when_nobody_waits_for_it(tmp_path: Path) -> None:
    """A pool's process would wait for more for ever, with all that it had read."""
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
