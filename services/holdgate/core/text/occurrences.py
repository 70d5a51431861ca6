"""Where in a text words stand that are part of listed names."""

from collections.abc import Sequence

from holdgate.core.text.postings import WordPostings


class Occurrences:
    """The words of a text that are part of listed names of a group, in its order: where each stands, its clue
    and the clue's number."""

    __slots__ = ("numbers", "positions", "postings")

    def __init__(self, at: list[int], clues: list[WordPostings]) -> None:
        self.positions = at
        self.postings = clues
        self.numbers = [clue.number for clue in clues]


def previous_occurrences(numbers: Sequence[int]) -> list[int]:
    """For each word, by its number, where among these the same word stood before, -1 for nowhere."""
    latest: dict[int, int] = {}
    before: list[int] = []
    for at, number in enumerate(numbers):
        before.append(latest.get(number, -1))
        latest[number] = at
    return before


def shortest_window(gains: list[float], before: Sequence[int], need: float) -> tuple[int, int] | None:
    """The shortest run of gains that reaches the need. A word said again counts once: `before` tells for each
    gain where the same word stood before, negative for nowhere."""
    best: tuple[int, int] | None = None
    gathered, first = 0.0, 0
    for last, gain in enumerate(gains):
        if before and before[last] >= 0:
            again = before[last]
            gathered -= gains[again] if again >= first else 0.0
            gains[again] = 0.0
        gathered += gain
        while gathered - gains[first] >= need or (not gains[first] and first < last):
            gathered -= gains[first]
            first += 1
        if gathered >= need and (best is None or last - first < best[1] - best[0]):
            best = first, last
    return best
