"""Ends that a supervisor can tell apart. Nothing is lost by any: what was not acknowledged comes again."""

import logging
import os
import sys
from typing import NoReturn

import structlog

TOO_MANY_DEAD_LETTERS = 5
"""Too many dead letters: start again only slowly, a person has to look."""
HUNG = 6
"""No progress: start again at once."""

log = structlog.get_logger()


def exit_process(code: int, why: str) -> NoReturn:
    """Say why and end the process at once, whatever its threads wait for."""
    log.critical("worker ends", code=code, why=why)
    leave_process(code)


def leave_process(code: str | int | None) -> NoReturn:
    """End the process with what was given to `sys.exit`, whatever threads are left.

    A worker that was told to end while it started was seen to stop, and its consumer's thread to begin only
    then and to stay for ever.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1 if code else 0)
