"""Durations in words, for people."""

from itertools import pairwise

UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def in_words(seconds: float) -> str:
    """Return a duration in its two largest units, rounded down: `2 days 1 hour`, `12 minutes`."""
    left = max(0, int(seconds))
    for (size, name), (next_size, next_name) in pairwise(UNITS):
        if left >= size:
            smaller = left % size // next_size
            return _count(left // size, name) + (f" {_count(smaller, next_name)}" if smaller else "")
    return _count(left, "second")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
