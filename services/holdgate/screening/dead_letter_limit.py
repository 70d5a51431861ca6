"""How many dead letters a minute are a payment's own fault; beyond that something else is broken."""

from collections import deque

WINDOW_SECONDS = 60.0


class DeadLetterLimit:
    """Counts dead letters over the last minute; times are in seconds of any steady clock."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._counts: deque[tuple[float, int]] = deque()

    def add(self, count: int, now: float) -> None:
        """Count dead letters written now."""
        self._forget(now)
        if count:
            self._counts.append((now, count))

    def left(self, now: float) -> int:
        """How many more may be written this minute; below zero the limit is passed."""
        self._forget(now)
        return self._most - sum(count for _, count in self._counts)

    def _forget(self, now: float) -> None:
        while self._counts and self._counts[0][0] <= now - WINDOW_SECONDS:
            self._counts.popleft()
