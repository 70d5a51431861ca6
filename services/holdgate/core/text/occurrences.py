"""Occurrences: the positions in a text of words that are part of listed names.

Third stage of the search in text, between the postings of single words and the co-occurrence of several.
"""

from collections.abc import Sequence

from holdgate.core.text.postings import WordPostings


class Occurrences:
    """The words of a text that are part of listed names of one group, in the order of the text.

    `positions`: of each its position among the words of the text; `postings` and `word_ids`: its postings and
    their word ids.
    """

    __slots__ = ("positions", "postings", "word_ids")

    def __init__(self, positions: list[int], postings: list[WordPostings]) -> None:
        self.positions = positions
        self.postings = postings
        self.word_ids = [of_word.word_id for of_word in postings]


def previous_occurrences(word_ids: Sequence[int]) -> list[int]:
    """Return for each word the index of its previous occurrence in the sequence, -1 if there is none."""
    last_seen: dict[int, int] = {}
    previous: list[int] = []
    for i, word_id in enumerate(word_ids):
        previous.append(last_seen.get(word_id, -1))
        last_seen[word_id] = i
    return previous


def shortest_window(gains: list[float], previous: Sequence[int], needed: float) -> tuple[int, int] | None:
    """Return first and last index of the shortest run of gains whose sum reaches `needed`, else None.

    A repeated word counts once: `previous` holds the index of its previous occurrence, negative for none; an
    empty sequence means that no word is repeated. `gains` is modified.
    """
    best: tuple[int, int] | None = None
    total, first = 0.0, 0
    for last, gain in enumerate(gains):
        if previous and previous[last] >= 0:
            repeated = previous[last]
            total -= gains[repeated] if repeated >= first else 0.0
            gains[repeated] = 0.0
        total += gain
        while total - gains[first] >= needed or (not gains[first] and first < last):
            total -= gains[first]
            first += 1
        if total >= needed and (best is None or last - first < best[1] - best[0]):
            best = first, last
    return best
