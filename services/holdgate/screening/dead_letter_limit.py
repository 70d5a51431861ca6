"""Limits the dead letters per minute: beyond the limit, something other than a payment is broken."""

from collections import deque

WINDOW_SECONDS = 60.0


class DeadLetterLimit:
    """Counts the dead letters of the last minute. Times are seconds of any monotonic clock."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._counts: deque[tuple[float, int]] = deque()

    def add(self, count: int, now: float) -> None:
        """Count dead letters written at `now`."""
        self._drop_old(now)
        if count:
            self._counts.append((now, count))

    def left(self, now: float) -> int:
        """Return how many more may be written in this minute; negative if the limit is exceeded."""
        self._drop_old(now)
        return self._limit - sum(count for _, count in self._counts)

    def _drop_old(self, now: float) -> None:
        while self._counts and self._counts[0][0] <= now - WINDOW_SECONDS:
            self._counts.popleft()
