"""Co-occurrence: words close together in a text that nearly complete a listed name.

Fourth stage of the search in text. The posting lists of adjacent occurrences are intersected: the result is a
listed name with the first and the last occurrence that belong to it.
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from typing import NamedTuple

from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.text.occurrences import Occurrences, previous_occurrences, shortest_window
from holdgate.core.text.postings import (
    MIN_EVIDENCE,
    MIN_EVIDENCE_WITH_CUE,
    ROUNDING_TOLERANCE,
    PostingCache,
    WordPostings,
)

MAX_WORD_DISTANCE = 2
"""Maximum distance in words between two parts of a name: one other word may be between them."""
MAX_NEIGHBOURS = 4
"""Parts examined before an anchor; after it, one fewer."""
LONG_TEXT = 200
"""Occurrences from which a text is searched for repeated passages. The bench has 45 words a payment."""
PASSAGE_REACH = MAX_NEIGHBOURS + 8
"""Occurrences on each side that a passage has: those examined, and those that a span may expand by."""
MAX_PASSAGES = 3
"""Times that the same words at the same distance are examined in one text: more find the same names again."""
CACHED_PAIRS = 200_000
"""Pairs of words whose shared records are cached."""


class SharedRecords(NamedTuple):
    """The anchor records of a word that another word is part of; `completed`: those that both complete."""

    records: frozenset[int]
    completed: frozenset[int]


class Partners:
    """What one word shares with others: by word id their shared records, and the words that share none."""

    __slots__ = ("no_shared_records", "shared")

    def __init__(self) -> None:
        self.no_shared_records: set[int] = set()
        self.shared: dict[int, SharedRecords] = {}


class CooccurrenceFinder:
    """Finds co-occurrences by the postings of one index; caches the shared records of pairs of words."""

    def __init__(self, posting_cache: PostingCache) -> None:
        self._posting_cache = posting_cache
        self._partners: BoundedCache[int, Partners] = BoundedCache(CACHED_PAIRS)
        """By twice the word id, plus one next to a cue."""
        self._pair_count = 0

    def complete(self, occurrences: Occurrences, has_cue: bool) -> Iterator[list[tuple[int, int, int]]]:
        """Yield for each anchor the listed names that it nearly completes with its neighbours.

        Each is (record, first occurrence, last occurrence), in no order. `has_cue`: a word of the text tells
        the party type, so less evidence is needed.
        """
        needed, positions = self._posting_cache.min_evidence, occurrences.positions
        word_ids, postings = occurrences.word_ids, occurrences.postings
        examined_to: dict[int, int] = {}  # record -> end of the neighbourhood in which it was examined
        size = len(positions)
        partners_by_word = self._partners
        min_evidence = MIN_EVIDENCE_WITH_CUE if has_cue else MIN_EVIDENCE
        passages: dict[tuple[int, ...], int] = {}
        start = end = 0  # of a run of occurrences, each close to the next
        for i, anchor in enumerate(postings):
            if i == end:
                start, end = i, i + 1
                while end < size and positions[end] - positions[end - 1] <= MAX_WORD_DISTANCE:
                    end += 1
            if end - start == 1 or not (anchor.anchor_records_with_cue if has_cue else anchor.anchor_records):
                continue
            if size > LONG_TEXT and _is_repeated(occurrences, i, passages):
                continue
            low = i - MAX_NEIGHBOURS if i - start > MAX_NEIGHBOURS else start
            high = i + MAX_NEIGHBOURS if end - i > MAX_NEIGHBOURS else end
            neighbour_ids = word_ids[low:i] + word_ids[i + 1 : high]
            key = 2 * anchor.word_id + has_cue
            partners = partners_by_word.get(key)
            if partners is None:
                partners = partners_by_word[key] = Partners()
            if partners.no_shared_records.issuperset(neighbour_ids):
                continue
            neighbours = (*postings[low:i], *postings[i + 1 : high])
            completed: list[tuple[int, int, int]] = []
            previous: Sequence[int] | None = None
            for record in _possible_records(self._shared_with(partners, anchor, neighbours, has_cue)):
                if examined_to.get(record, 0) > i:
                    continue
                examined_to[record] = high
                gains = [word.gain_by_record.get(record, 0.0) for word in postings[low:high]]
                threshold = max(needed[record], min_evidence)
                if sum(gains) < threshold:
                    continue
                if previous is None:
                    previous = previous_occurrences(word_ids[low:high])
                may_repeat = record in self._posting_cache.repeating_records
                window = shortest_window(gains, () if may_repeat else previous, threshold)
                if window is not None:
                    completed.append((record, low + window[0], low + window[1]))
            if completed:
                yield completed

    def _shared_with(
        self, partners: Partners, anchor: WordPostings, neighbours: Iterable[WordPostings], has_cue: bool
    ) -> list[SharedRecords]:
        """Return the shared records of an anchor and each of its neighbours that share any."""
        known, no_shared_records = partners.shared, partners.no_shared_records
        all_shared: list[SharedRecords] = []
        for neighbour in neighbours:
            if neighbour.word_id not in no_shared_records:
                shared = known.get(neighbour.word_id) or self._intersect(partners, anchor, neighbour, has_cue)
                if shared is not None:
                    all_shared.append(shared)
        return all_shared

    def _intersect(
        self, partners: Partners, anchor: WordPostings, other: WordPostings, has_cue: bool
    ) -> SharedRecords | None:
        """Return and cache the shared records of two words; a repeated word counts only in names that repeat
        it."""
        self._pair_count += 1
        if self._pair_count > CACHED_PAIRS:
            self._drop_oldest_half()
        anchors = anchor.anchor_records_with_cue if has_cue else anchor.anchor_records
        records: Set[int] = (
            anchors & self._posting_cache.repeating_records
            if other is anchor
            else other.gain_by_record.keys() & anchors
        )
        if not records:
            partners.no_shared_records.add(other.word_id)
            return None
        min_evidence = MIN_EVIDENCE_WITH_CUE if has_cue else MIN_EVIDENCE
        needed = self._posting_cache.min_evidence
        gains, other_gains = anchor.gain_by_record, other.gain_by_record
        completed = frozenset(
            record
            for record in records
            if gains[record] + other_gains[record] + ROUNDING_TOLERANCE >= max(needed[record], min_evidence)
        )
        shared = partners.shared[other.word_id] = SharedRecords(frozenset(records), completed)
        return shared

    def _drop_oldest_half(self) -> None:
        self._partners.drop((len(self._partners) + 1) // 2)
        self._pair_count = sum(
            len(partners.no_shared_records) + len(partners.shared) for partners in self._partners.values()
        )


def _is_repeated(occurrences: Occurrences, i: int, passages: dict[tuple[int, ...], int]) -> bool:
    """Count the passage around an occurrence; return whether it was examined often enough."""
    first, last = max(0, i - PASSAGE_REACH), min(i + PASSAGE_REACH, len(occurrences.positions) - 1)
    length = occurrences.positions[last] - occurrences.positions[first]
    passage = (length, *occurrences.word_ids[first : last + 1])
    passages[passage] = count = passages.get(passage, 0) + 1
    return count > MAX_PASSAGES


def _possible_records(all_shared: Sequence[SharedRecords]) -> Set[int]:
    """Return the records that two words complete, or that a third word is part of too."""
    if len(all_shared) <= 1:
        return all_shared[0].completed if all_shared else frozenset()
    possible: set[int] = set()
    seen: Set[int] = frozenset()
    for shared in all_shared:
        possible.update(seen & shared.records, shared.completed)
        seen |= shared.records
    return possible
