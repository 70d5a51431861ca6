"""Words of a text that stand close together and so nearly complete a listed name."""

from collections.abc import Iterable, Iterator, Sequence, Set
from typing import NamedTuple

from holdgate.core.text.occurrences import Spots, said_before, shortest
from holdgate.core.text.postings import LEAST, LEAST_NAMED, Clue, Clues

NEAR = 2
"""Words from one part of a name to the next: one other may stand between."""
AROUND = 4
"""Parts looked at before a weighty one; behind it, one fewer."""
ROUNDING = 1e-9
"""Nats: far above what the order of a sum changes, far below what tells two names apart."""
CACHED_PAIRS = 200_000


class Both(NamedTuple):
    """Records anchored by one word that another is part of too; `enough`: those that the two complete."""

    records: frozenset[int]
    enough: frozenset[int]


class Partners:
    """What one word shares with others: those with which it is together in no name, by number, and what it
    shares with the rest."""

    __slots__ = ("barren", "shared")

    def __init__(self) -> None:
        self.barren: set[int] = set()
        self.shared: dict[int, Both] = {}


class Together:
    """Finds them by the clues of one index, and remembers what each pair of words shares."""

    def __init__(self, clues: Clues) -> None:
        self._clues = clues
        self._partners: tuple[dict[int, Partners], dict[int, Partners]] = ({}, {})
        """By the number of a word; where no word beside says what bears the name, and where one does."""
        self._pairs = 0

    def complete(self, here: Spots, named: bool) -> Iterator[list[tuple[int, int, int]]]:
        """Spot by spot the listed names of the group that several words nearly complete with it: in no order,
        each with the first spot and the last."""
        need, ats, numbers, clues = self._clues.need, here.at, here.numbers, here.clues
        done: dict[int, int] = {}
        size = len(ats)
        known = self._partners[named]
        least = LEAST_NAMED if named else LEAST
        start = end = 0  # of words that stand close together, each to the next
        for n, clue in enumerate(clues):
            if n == end:
                start, end = n, n + 1
                while end < size and ats[end] - ats[end - 1] <= NEAR:
                    end += 1
            if end - start == 1 or not (clue.anchors_named if named else clue.anchors):
                continue
            low = n - AROUND if n - start > AROUND else start
            high = n + AROUND if end - n > AROUND else end
            around = numbers[low:n] + numbers[n + 1 : high]
            partners = known.get(clue.number)
            if partners is None:
                partners = known[clue.number] = Partners()
            if partners.barren.issuperset(around):
                continue
            hopeful = _hopeful(self._shared(partners, clue, (*clues[low:n], *clues[n + 1 : high]), named))
            found: list[tuple[int, int, int]] = []
            for record in hopeful:
                if done.get(record, 0) > n:
                    continue
                done[record] = high
                gains = [near.post.get(record, 0.0) for near in clues[low:high]]
                wanted = max(need[record], least)
                if sum(gains) < wanted:
                    continue
                again = record not in self._clues.repeating
                span = shortest(gains, said_before(numbers[low:high]) if again else (), wanted)
                if span is not None:
                    found.append((record, low + span[0], low + span[1]))
            if found:
                yield found

    def _shared(self, partners: Partners, clue: Clue, around: Iterable[Clue], named: bool) -> list[Both]:
        """What a word shares with those around it that share something."""
        known, barren = partners.shared, partners.barren
        shared: list[Both] = []
        for near in around:
            if near.number not in barren:
                both = known.get(near.number) or self._share(partners, clue, near, named)
                if both is not None:
                    shared.append(both)
        return shared

    def _share(self, partners: Partners, clue: Clue, other: Clue, named: bool) -> Both | None:
        """What two words share; a word said again is the same part, but of names that say it twice."""
        self._pairs += 1
        if self._pairs > CACHED_PAIRS:
            for known in self._partners:
                known.clear()
            self._pairs = 0
        anchors = clue.anchors_named if named else clue.anchors
        records: Set[int] = anchors & self._clues.repeating if other is clue else other.post.keys() & anchors
        if not records:
            partners.barren.add(other.number)
            return None
        least = LEAST_NAMED if named else LEAST
        need, post, others = self._clues.need, clue.post, other.post
        enough = frozenset(
            record
            for record in records
            if post[record] + others[record] + ROUNDING >= max(need[record], least)
        )
        both = partners.shared[other.number] = Both(frozenset(records), enough)
        return both


def _hopeful(shared: Sequence[Both]) -> Set[int]:
    """Records that two words complete, or of which a third one is part too."""
    if len(shared) <= 1:
        return shared[0].enough if shared else frozenset()
    hopeful: set[int] = set()
    met: Set[int] = frozenset()
    for both in shared:
        hopeful.update(met & both.records, both.enough)
        met |= both.records
    return hopeful
