"""Liveness and readiness of a service, for an orchestrator."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STALLED_SECONDS = 30.0
"""A service that neither makes progress nor waits for a known system for this long is not alive. Three times
the broker's session timeout."""


class Health:
    """Heartbeats of a service's loop. Every round of the loop is progress, even without work."""

    def __init__(self, file: str | None = None) -> None:
        self._file = Path(file) if file else None
        self._last = time.monotonic()
        self._busy = False
        self.waits_for: str | None = None
        """The system that the service has been waiting for since its last progress."""
        self.assigned = False

    def progress(self) -> None:
        """Record a heartbeat; touch the health file at most once per second."""
        self.waits_for = None
        self._beat()

    def record_wait(self, system: str) -> None:
        """Record that a call to a system is being retried, and logged: the service lives, but is not ready.

        A restart would not help, so an outage of Redis or Kafka must not restart every service.
        """
        self.waits_for = system
        self._beat()

    def _beat(self) -> None:
        now = time.monotonic()
        if self._file is not None and (now - self._last >= 1 or not self._file.exists()):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.touch()
        self._last = now

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Mark the block as work, which is progress only when it ends; `idle` is ignored meanwhile."""
        self._busy = True
        yield
        self._busy = False
        self.progress()

    def idle(self) -> None:
        """Record a heartbeat of a loop without work; ignored inside `busy`."""
        if not self._busy:
            self.progress()

    @property
    def idle_seconds(self) -> float:
        """Seconds since the last heartbeat."""
        return time.monotonic() - self._last

    @property
    def alive(self) -> bool:
        """Whether the last heartbeat is recent."""
        return self.idle_seconds < STALLED_SECONDS


def file_age(file: str) -> float | None:
    """Return the seconds since the health file was touched; None if it does not exist."""
    try:
        return time.time() - Path(file).stat().st_mtime
    except OSError:
        return None
