"""Orderly shutdown of a service with a loop: SIGTERM sets a flag that the loop checks between two steps.

An exception raised in a signal handler could hit a library that holds a lock, and the process would hang.
"""

import signal
import time
from typing import Any

POLL_SECONDS = 0.25
"""Seconds between two checks of the flag."""


class Shutdown:
    """Whether the process has received SIGTERM."""

    def __init__(self) -> None:
        self._requested = False
        signal.signal(signal.SIGTERM, self._on_sigterm)

    def _on_sigterm(self, *_: Any) -> None:
        self._requested = True

    def requested(self) -> bool:
        """Return whether the process should end."""
        return self._requested

    def glance(self) -> None:
        """Sleep for `POLL_SECONDS`."""
        time.sleep(POLL_SECONDS)

    def sleep(self, seconds: float) -> None:
        """Sleep for `seconds`, or until shutdown is requested."""
        end = time.monotonic() + seconds
        while not self._requested and (remaining := end - time.monotonic()) > 0:
            time.sleep(min(POLL_SECONDS, remaining))
