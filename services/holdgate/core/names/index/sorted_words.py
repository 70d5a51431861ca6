"""Words in alphabetical order, to find those that begin with some letters."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable


class SortedWords:
    """Words by their beginning; they are sorted on first use."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = words
        self._sorted: list[str] = []

    def starting_with(self, prefix: str) -> list[str]:
        """Return the words that begin with the prefix."""
        words = self._in_order()
        return words[bisect_left(words, prefix) : bisect_left(words, prefix + "\x7f")]

    def has_longer(self, prefix: str) -> bool:
        """Return whether a word begins with the prefix and is longer."""
        words = self._in_order()
        first = bisect_right(words, prefix)
        return first < len(words) and words[first].startswith(prefix)

    def _in_order(self) -> list[str]:
        self._sorted = self._sorted or sorted(self._words)
        return self._sorted
