"""Whether a service makes progress, and whether it is ready: what an orchestrator asks."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STALLED_SECONDS = 30.0
"""Without progress for so long, a service is not alive: three times the broker's session timeout."""


class Health:
    """Progress is a loop coming round, with work done or with nothing to do."""

    def __init__(self, file: str | None = None) -> None:
        self._file = Path(file) if file else None
        self._last = time.monotonic()
        self._busy = False
        self.assigned = False

    def progress(self) -> None:
        """Say that the loop came round; touches the health file at most once a second."""
        now = time.monotonic()
        if self._file is not None and (now - self._last >= 1 or not self._file.exists()):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.touch()
        self._last = now

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Work that is progress only once it is done: meanwhile being idle is none."""
        self._busy = True
        yield
        self._busy = False
        self.progress()

    def idle(self) -> None:
        """Say that there was nothing to do; nothing is said while work is under way."""
        if not self._busy:
            self.progress()

    @property
    def idle_seconds(self) -> float:
        """Seconds since the loop last came round."""
        return time.monotonic() - self._last

    @property
    def alive(self) -> bool:
        """Whether the loop came round lately."""
        return self.idle_seconds < STALLED_SECONDS


def file_age(file: str) -> float | None:
    """Seconds since the health file was touched; None if it is not there."""
    try:
        return time.time() - Path(file).stat().st_mtime
    except OSError:
        return None
