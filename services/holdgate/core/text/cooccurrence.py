"""Words of a text that stand close together and so nearly complete a listed name."""

from collections.abc import Iterable, Iterator, Sequence, Set
from typing import NamedTuple

from holdgate.core.text.occurrences import Occurrences, previous_occurrences, shortest_window
from holdgate.core.text.postings import MIN_EVIDENCE, MIN_EVIDENCE_BESIDE_CUE, PostingCache, WordPostings

MAX_WORD_DISTANCE = 2
"""Words from one part of a name to the next: one other may stand between."""
MAX_PARTS_AROUND = 4
"""Parts looked at before a weighty one; behind it, one fewer."""
ROUNDING = 1e-9
"""Nats: far above what the order of a sum changes, far below what tells two names apart."""
CACHED_PAIRS = 200_000


class SharedRecords(NamedTuple):
    """Records anchored by one word that another is part of too; `enough`: those that the two complete."""

    records: frozenset[int]
    completed: frozenset[int]


class Partners:
    """What one word shares with others: those with which it is together in no name, by number, and what it
    shares with the rest."""

    __slots__ = ("no_shared_records", "shared")

    def __init__(self) -> None:
        self.no_shared_records: set[int] = set()
        self.shared: dict[int, SharedRecords] = {}


class CooccurrenceFinder:
    """Finds them by the clues of one index, and remembers what each pair of words shares."""

    def __init__(self, clues: PostingCache) -> None:
        self._clues = clues
        self._partners: tuple[dict[int, Partners], dict[int, Partners]] = ({}, {})
        """By the number of a word; where no word beside says what bears the name, and where one does."""
        self._pairs = 0

    def complete(self, here: Occurrences, named: bool) -> Iterator[list[tuple[int, int, int]]]:
        """Spot by spot the listed names of the group that several words nearly complete with it: in no order,
        each with the first spot and the last."""
        need, ats, numbers, clues = self._clues.need, here.positions, here.numbers, here.postings
        done: dict[int, int] = {}
        size = len(ats)
        known = self._partners[named]
        least = MIN_EVIDENCE_BESIDE_CUE if named else MIN_EVIDENCE
        start = end = 0  # of words that stand close together, each to the next
        for n, clue in enumerate(clues):
            if n == end:
                start, end = n, n + 1
                while end < size and ats[end] - ats[end - 1] <= MAX_WORD_DISTANCE:
                    end += 1
            if end - start == 1 or not (clue.anchor_records_beside_cue if named else clue.anchor_records):
                continue
            low = n - MAX_PARTS_AROUND if n - start > MAX_PARTS_AROUND else start
            high = n + MAX_PARTS_AROUND if end - n > MAX_PARTS_AROUND else end
            around = numbers[low:n] + numbers[n + 1 : high]
            partners = known.get(clue.number)
            if partners is None:
                partners = known[clue.number] = Partners()
            if partners.no_shared_records.issuperset(around):
                continue
            hopeful = _hopeful(self._shared(partners, clue, (*clues[low:n], *clues[n + 1 : high]), named))
            found: list[tuple[int, int, int]] = []
            for record in hopeful:
                if done.get(record, 0) > n:
                    continue
                done[record] = high
                gains = [near.gain_by_record.get(record, 0.0) for near in clues[low:high]]
                wanted = max(need[record], least)
                if sum(gains) < wanted:
                    continue
                again = record not in self._clues.repeating
                span = shortest_window(
                    gains, previous_occurrences(numbers[low:high]) if again else (), wanted
                )
                if span is not None:
                    found.append((record, low + span[0], low + span[1]))
            if found:
                yield found

    def _shared(
        self, partners: Partners, clue: WordPostings, around: Iterable[WordPostings], named: bool
    ) -> list[SharedRecords]:
        """What a word shares with those around it that share something."""
        known, barren = partners.shared, partners.no_shared_records
        shared: list[SharedRecords] = []
        for near in around:
            if near.number not in barren:
                both = known.get(near.number) or self._share(partners, clue, near, named)
                if both is not None:
                    shared.append(both)
        return shared

    def _share(
        self, partners: Partners, clue: WordPostings, other: WordPostings, named: bool
    ) -> SharedRecords | None:
        """What two words share; a word said again is the same part, but of names that say it twice."""
        self._pairs += 1
        if self._pairs > CACHED_PAIRS:
            for known in self._partners:
                known.clear()
            self._pairs = 0
        anchors = clue.anchor_records_beside_cue if named else clue.anchor_records
        records: Set[int] = (
            anchors & self._clues.repeating if other is clue else other.gain_by_record.keys() & anchors
        )
        if not records:
            partners.no_shared_records.add(other.number)
            return None
        least = MIN_EVIDENCE_BESIDE_CUE if named else MIN_EVIDENCE
        need, post, others = self._clues.need, clue.gain_by_record, other.gain_by_record
        enough = frozenset(
            record
            for record in records
            if post[record] + others[record] + ROUNDING >= max(need[record], least)
        )
        both = partners.shared[other.number] = SharedRecords(frozenset(records), enough)
        return both


def _hopeful(shared: Sequence[SharedRecords]) -> Set[int]:
    """Records that two words complete, or of which a third one is part too."""
    if len(shared) <= 1:
        return shared[0].completed if shared else frozenset()
    hopeful: set[int] = set()
    met: Set[int] = frozenset()
    for both in shared:
        hopeful.update(met & both.records, both.completed)
        met |= both.records
    return hopeful
