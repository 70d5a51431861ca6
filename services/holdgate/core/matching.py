"""Names against a list: the few records that could agree, then each of them aligned, scored, explained."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from heapq import nlargest
from typing import NamedTuple

import numpy as np
from msgspec import Struct

from holdgate.core.alignment import INITIAL, Alignment, align
from holdgate.core.entry import Entry, EntryType, ListedName, NameKind
from holdgate.core.evidence import Evidence
from holdgate.core.index import GROUPS, Index, build_index, exact_key
from holdgate.core.names import Name, analyse, pieces
from holdgate.core.reading import Reading, Term
from holdgate.core.scoring import could_reach, needed, which_could_reach
from holdgate.core.similar import Neighbourhoods
from holdgate.core.terms import Technique, Terms
from holdgate.core.weights import MAX_WEIGHT, PATRONYMIC
from holdgate.core.words import Group

_SEARCHED: dict[EntryType, tuple[Group, ...]] = {
    "person": ("person",),
    "entity": ("entity",),
    "vessel": ("vessel",),
    "aircraft": ("vessel",),
    "unknown": ("person", "entity"),
}
OTHER_TYPE = 0.9
"""A name that agrees whole with one of another type keeps this part of its score: lists and payments both
mistake the type of a party, and a conflict of type must not clear an exact name."""
CACHED_NAMES = 50_000
TOGETHER = 1_000
"""Names read at once: a message may hold tens of thousands, and what is read of them lies in memory."""
MOST_ALIGNED = 120
"""Records aligned for a name; ordinary names have under one. Long names share them among their windows."""
MANY_POSTINGS = 2000
"""Postings from which an array of all records is sooner summed than a dictionary: 38,000 take 0.1 ms."""
THOROUGH_PIECES = 2
"""Pieces of a long name whose tokens are also sought with edits; the text behind is sought as spelt."""


class Query(NamedTuple):
    """A name to be matched, and what bears it."""

    name: str
    type: EntryType


Asked = tuple[Query, float, int]
"""A query, the least score and the most hits wanted."""
Piece = list[tuple[Group, Name]]
"""A piece of a name, read in each group that is searched for its type."""


class Hit(Struct, frozen=True):
    """A listed name that agrees: positions of entry and name, score 0..1 (an exact name stays under 1)."""

    entry: int
    name: int
    matched_name: str
    name_kind: NameKind
    score: float
    evidence: tuple[Evidence, ...]


class Comparison(Struct, frozen=True):
    """Two names compared: score 0..1 and why."""

    score: float
    evidence: tuple[Evidence, ...]


class Matcher:
    """Matches names against one index; results are cached by name and type.

    Counters for metrics: `names` asked, `cache_hits` among them, `candidates` records that shared enough
    evidence to be looked at, `comparisons` records aligned. `without` switches techniques off, to measure
    what they earn.
    """

    def __init__(
        self, index: Index, cache_size: int = CACHED_NAMES, without: frozenset[Technique] = frozenset()
    ):
        self.index = index
        self.names = 0
        self.cache_hits = 0
        self.candidates = 0
        self.comparisons = 0
        self._cache: OrderedDict[Asked, list[Hit]] = OrderedDict()
        self._cache_size = cache_size
        self._totals = np.array(index.total, dtype=np.float64)
        self._initials = np.array(index.initials, dtype=np.float64)
        self._around = Neighbourhoods(index.vocabulary)
        self.terms = {group: Terms(index, at, self._around, without) for at, group in enumerate(GROUPS)}

    def match(self, queries: Sequence[Query], min_score: float = 0.5, limit: int = 10) -> list[list[Hit]]:
        """The hits of each query, best first: the best name of an entry, and a weak alias that agrees better,
        as it may not hold where that name does. Never raises on any string."""
        found: list[list[Hit]] = []
        for at in range(0, len(queries), TOGETHER):
            asked = [(query, min_score, limit) for query in queries[at : at + TOGETHER]]
            read = {key: _read(key[0]) for key in asked if key not in self._cache}
            self._prepare(read.values())
            found += [self._match(key, read) for key in asked]
        return found

    def _prepare(self, names: Iterable[list[Piece]]) -> None:
        """Seek what their words may stand for together, sooner than one by one."""
        self._around.prepare(
            [
                word
                for pieces in names
                for piece in pieces[:THOROUGH_PIECES]
                for group, name in piece
                for word in self.terms[group].sought(name.tokens)
            ]
        )

    def _match(self, asked: Asked, read: dict[Asked, list[Piece]]) -> list[Hit]:
        self.names += 1
        hits = self._cache.get(asked)
        if hits is not None:
            self.cache_hits += 1
            self._cache.move_to_end(asked)
            return hits
        query, min_score, limit = asked
        strong: dict[int, Hit] = {}
        weak: dict[int, Hit] = {}
        most = max(3, MOST_ALIGNED // (1 + len(query.name) // 64))
        for at, piece in enumerate(read.get(asked) or _read(query)):
            for hit in self._screen(piece, min_score, most, at < THOROUGH_PIECES):
                best = weak if hit.name_kind == "weak" else strong
                known = best.get(hit.entry)
                if known is None or hit.score > known.score:
                    best[hit.entry] = hit
        better = (hit for at, hit in weak.items() if at not in strong or hit.score > strong[at].score)
        hits = sorted((*strong.values(), *better), key=lambda hit: (-hit.score, hit.entry))[:limit]
        self._cache[asked] = hits
        if len(self._cache) > self._cache_size:
            self._cache.popitem(last=False)
        return hits

    def _screen(self, piece: Piece, min_score: float, most: int, thorough: bool) -> Iterable[Hit]:
        for group, name in piece:
            for tokens in dict.fromkeys(name.tokens[window] for window in _windows(len(name.tokens))):
                terms = self.terms[group].of(tokens, name.truncated, thorough)
                same = self.index.exact.get(exact_key([token.form for token in tokens]), ())
                records = self._candidates(terms, min_score, most)
                records += [at for at in same if GROUPS[self.index.group[at]] == group and at not in records]
                for record in records:
                    alignment = align(terms, self.index, record)
                    self.comparisons += 1
                    if alignment.score >= min_score:
                        yield self._hit(record, alignment, 1.0)
        if 0 < len(name.tokens) <= WINDOW:
            yield from self._of_other_type(name, [group for group, _ in piece], min_score)

    def _of_other_type(self, name: Name, searched: Sequence[Group], min_score: float) -> Iterable[Hit]:
        """Names of a type that was not asked for, if they agree whole."""
        for record in self.index.exact.get(exact_key([token.form for token in name.tokens]), ()):
            group = GROUPS[self.index.group[record]]
            if group not in searched:
                reading = self.terms[group].of(name.tokens, name.truncated)
                alignment = align(reading, self.index, record)
                self.comparisons += 1
                if alignment.score * OTHER_TYPE >= min_score:
                    yield self._hit(record, alignment, OTHER_TYPE)

    def _hit(self, record: int, alignment: Alignment, share: float) -> Hit:
        index = self.index
        return Hit(
            index.entry[record],
            index.name[record],
            index.text[record],
            index.kind[record],
            round(alignment.score * share, 4),
            alignment.evidence(index.text[record]),
        )

    def _candidates(self, reading: Reading, min_score: float, most: int = MOST_ALIGNED) -> list[int]:
        """Records whose evidence, summed as if every part could be used, reaches the score.

        Terms that many records carry are not walked as long as together they cannot carry a match
        (MaxScore); they are only asked about records found by the others. Of more than `most` records
        those that could agree best are returned.
        """
        total = reading.total
        need = needed(round(total * 2) / 2 - 0.5, min_score)
        slack = reading.initials * INITIAL
        walked: list[Term] = []
        asked: list[Term] = []
        for term in sorted(reading.searched, key=_postings, reverse=True):
            if slack + term.ceiling < need:
                slack += term.ceiling
                asked.append(term)
            else:
                walked.append(term)
        if not walked:
            return []
        found: list[tuple[float, int]] = []
        totals = self.index.total
        initials = self.index.initials
        given = reading.initials * INITIAL
        free = reading.initials * MAX_WEIGHT
        alone = reading.alone
        many = sum(map(_postings, walked)) >= MANY_POSTINGS
        for record, evidence in (
            self._reaching(reading, (*walked, *asked), need - given, min_score)
            if many
            else _summed(walked, asked, need - given)
        ):
            evidence = min(
                evidence + given, totals[record] / PATRONYMIC + free
            )  # all that the listed name has
            self.candidates += 1
            missing = 0.0 if reading.loose else totals[record] - evidence - free
            extra = total - evidence
            if initials[record]:
                extra -= initials[record] * MAX_WEIGHT
            if reading.truncated:
                missing = 0.0
                extra -= reading.weights[-1]
            if could_reach(min_score, evidence, extra, missing, alone):
                found.append((evidence / (evidence + max(extra, 0.0) + max(missing, 0.0)), record))
        if len(found) > most:
            found = nlargest(most, found)
        return [record for _, record in found]

    def _reaching(
        self, reading: Reading, terms: Sequence[Term], least: float, min_score: float
    ) -> Iterable[tuple[int, float]]:
        """The same sums, in an array, of records that could reach the score: for common words, whose postings
        are many and which long names repeat."""
        posts = [term.post for term in terms]
        records = np.concatenate([np.fromiter(post.keys(), np.int64, len(post)) for post in posts])
        gains = np.concatenate([np.fromiter(post.values(), np.float64, len(post)) for post in posts])
        sums = np.bincount(records, gains)
        found = np.flatnonzero(sums >= least)
        free = reading.initials * MAX_WEIGHT
        most = self._totals[found] / PATRONYMIC + free
        evidence = np.minimum(sums[found] + reading.initials * INITIAL, most)
        extra = reading.total - evidence - self._initials[found] * MAX_WEIGHT
        missing = self._totals[found] - evidence - free
        if reading.truncated:
            extra -= reading.weights[-1]
        if reading.truncated or reading.loose:
            missing = np.zeros_like(missing)
        found = found[which_could_reach(min_score, evidence, extra, missing)]
        return zip(found.tolist(), sums[found].tolist(), strict=True)


WINDOW = 24
"""Tokens aligned at once; longer names are screened in overlapping windows."""


def _read(query: Query) -> list[Piece]:
    return [
        [(group, analyse(piece, group)) for group in _SEARCHED[query.type]]
        for piece in dict.fromkeys(pieces(query.name))
    ]


def _windows(size: int) -> list[slice]:
    if size <= WINDOW:
        return [slice(0, size)] if size else []
    step = WINDOW // 2
    return [slice(at, at + WINDOW) for at in range(0, size - step, step)]


def _summed(walked: list[Term], asked: list[Term], least: float) -> Iterable[tuple[int, float]]:
    """Records and what the terms together bring there, from `least` on; those `asked` bring less."""
    sums = dict(walked[0].post)
    for term in walked[1:]:
        for record, gain in term.post.items():
            sums[record] = sums.get(record, 0.0) + gain
    first = least - sum(term.ceiling for term in asked)
    for record, evidence in sums.items():
        if evidence >= first:
            for term in asked:
                evidence += term.post.get(record, 0.0)
            if evidence >= least:
                yield record, evidence


def _postings(term: Term) -> int:
    return len(term.post)


def compare(query: str, candidate: str, type: EntryType) -> Comparison:
    """Two names, no list at hand: the same analysis and scorer, weights from ordinary names alone."""
    entry = Entry(id="compared:1", list="compared", type=type, names=(ListedName(candidate),))
    hits = Matcher(build_index([entry])).match([Query(query, type)], min_score=0.01, limit=1)[0]
    return Comparison(hits[0].score, hits[0].evidence) if hits else Comparison(0.0, ())
