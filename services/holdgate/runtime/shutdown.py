"""The end of a service that loops: a SIGTERM is remembered, and looked at between two steps.

An exception out of a signal handler can strike where a library holds a lock, and then nothing ends any more.
"""

import signal
import time
from typing import Any

POLL_SECONDS = 0.25
"""Between two looks at whether it is time to end."""


class Shutdown:
    """Whether the process was told to end."""

    def __init__(self) -> None:
        self._requested = False
        signal.signal(signal.SIGTERM, self._tell)

    def _tell(self, *_: Any) -> None:
        self._requested = True

    def requested(self) -> bool:
        """Whether it is time to end."""
        return self._requested

    def glance(self) -> None:
        """Sleep for a moment."""
        time.sleep(POLL_SECONDS)

    def sleep(self, seconds: float) -> None:
        """Sleep so long, or until told to end."""
        until = time.monotonic() + seconds
        while not self._requested and (left := until - time.monotonic()) > 0:
            time.sleep(min(POLL_SECONDS, left))
