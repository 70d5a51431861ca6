"""Exit codes for the supervisor. No data is lost: unacknowledged records are redelivered."""

import logging
import os
import sys
from typing import NoReturn

import structlog

STOPPED = 0
"""Stopped as asked: no restart is needed."""
TOO_MANY_DEAD_LETTERS = 5
"""Too many dead letters: a person has to look before the worker is restarted."""
HUNG = 6
"""No progress: restart at once."""

log = structlog.get_logger()


def exit_process(code: int, why: str) -> NoReturn:
    """Log the reason and end the process at once, whatever its threads are doing."""
    (log.critical if code else log.warning)("worker ends", code=code, why=why)
    leave_process(code)


def leave_process(code: str | int | None) -> NoReturn:
    """End the process with the code given to `sys.exit`, even if threads are still running.

    When a worker got SIGTERM during its start, its consumer's thread was seen to start after the shutdown and
    to run forever.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1 if code else 0)
