"""A worker process ends immediately and with the intended exit code."""

import subprocess
import sys

import pytest

PROCESS = """
import sys, threading, time
from holdgate.screening import exit_codes
threading.Thread(target=time.sleep, args=(600,)).start()
try:
    sys.exit({code})
except SystemExit as error:
    exit_codes.leave_process(error.code)
"""


@pytest.mark.parametrize(("code", "ends_with"), [("0", 0), ("None", 0), ("3", 3), ("'broken'", 1)])
def test_an_exit_ends_the_process_while_threads_run(code: str, ends_with: int) -> None:
    done = subprocess.run([sys.executable, "-c", PROCESS.format(code=code)], timeout=60, check=False)
    assert done.returncode == ends_with
