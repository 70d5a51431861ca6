"""Names against a list: the few records that could agree, then each of them aligned, scored, explained."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec import Struct

from holdgate.core.model.evidence import Evidence
from holdgate.core.model.listed_entry import Entry, EntryType, ListedName, NameKind
from holdgate.core.names.alignment import Alignment, align, pair_up
from holdgate.core.names.analysis import Name, analyse, split_pieces
from holdgate.core.names.candidates import NO_MINIMUM, Candidates, MinEvidence
from holdgate.core.names.inverted_index import GROUPS, Index, build_index
from holdgate.core.names.query_builder import QueryBuilder, Technique
from holdgate.core.names.scoring import INITIAL_GAIN
from holdgate.core.names.vocabulary import VariantCache
from holdgate.core.names.word_classes import Group

_SEARCHED: dict[EntryType, tuple[Group, ...]] = {
    "person": ("person",),
    "entity": ("entity",),
    "vessel": ("vessel",),
    "aircraft": ("vessel",),
    "unknown": ("person", "entity"),
}
OTHER_TYPE_FACTOR = 0.9
"""A name that agrees whole with one of another type keeps this part of its score: lists and payments both
mistake the type of a party, and a conflict of type must not clear an exact name."""
CACHED_NAMES = 50_000
BATCH_NAMES = 1_000
"""Names read at once: a message may hold tens of thousands, and what is read of them lies in memory."""
MAX_ALIGNED = 120
"""Records aligned for a name; ordinary names have under one. Long names share them among their windows."""
MAX_THOROUGH_PIECES = 2
"""Pieces of a long name whose tokens are also sought with edits; the text behind is sought as spelt."""


class Query(NamedTuple):
    """A name to be matched, what bears it, and the evidence under which hits are of no use and left out."""

    name: str
    type: EntryType
    minimum: MinEvidence = NO_MINIMUM


SearchedName = tuple[Query, float, int]
"""A query, the least score and the most hits wanted."""
Piece = list[tuple[Group, Name]]
"""A piece of a name, read in each group that is searched for its type."""


class NameHit(Struct, frozen=True):
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
        self.comparisons = 0
        self._cache: OrderedDict[SearchedName, list[NameHit]] = OrderedDict()
        self._cache_size = cache_size
        self._possible = Candidates(index)
        self._variants = VariantCache(index.vocabulary)
        self.terms = {
            group: QueryBuilder(index, at, self._variants, without) for at, group in enumerate(GROUPS)
        }

    @property
    def candidates(self) -> int:
        """Records that shared enough evidence to be looked at."""
        return self._possible.considered

    def match(self, queries: Sequence[Query], min_score: float = 0.5, limit: int = 10) -> list[list[NameHit]]:
        """The hits of each query, best first: the best name of an entry, and a weak alias that agrees better,
        as it may not hold where that name does. Never raises on any string."""
        found: list[list[NameHit]] = []
        for at in range(0, len(queries), BATCH_NAMES):
            asked = [(query, min_score, limit) for query in queries[at : at + BATCH_NAMES]]
            read = {key: _read(key[0]) for key in asked if key not in self._cache}
            self._prepare(read.values())
            found += [self._match(key, read) for key in asked]
        return found

    def _prepare(self, names: Iterable[list[Piece]]) -> None:
        """Seek what their words may stand for together, sooner than one by one."""
        self._variants.prepare(
            [
                word
                for pieces in names
                for piece in pieces[:MAX_THOROUGH_PIECES]
                for group, name in piece
                for word in self.terms[group].forms_to_look_up(name.tokens)
            ]
        )

    def _match(self, asked: SearchedName, read: dict[SearchedName, list[Piece]]) -> list[NameHit]:
        self.names += 1
        hits = self._cache.get(asked)
        if hits is not None:
            self.cache_hits += 1
            self._cache.move_to_end(asked)
            return hits
        query, min_score, limit = asked
        strong: dict[int, NameHit] = {}
        weak: dict[int, NameHit] = {}
        most = max(3, MAX_ALIGNED // (1 + len(query.name) // 64))
        for at, piece in enumerate(read.get(asked) or _read(query)):
            for hit in self._screen(piece, min_score, query.minimum, most, at < MAX_THOROUGH_PIECES):
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

    def _screen(
        self, piece: Piece, min_score: float, floor: MinEvidence, most: int, thorough: bool
    ) -> Iterable[NameHit]:
        for group, name in piece:
            for tokens in dict.fromkeys(name.tokens[window] for window in _windows(len(name.tokens))):
                query_builders = self.terms[group].build(tokens, name.truncated, thorough)
                same = self.index.records_of_words([token.form for token in tokens])
                records = self._possible.find(query_builders, min_score, floor, most)
                records += [at for at in same if GROUPS[self.index.group[at]] == group and at not in records]
                for record in records:
                    pairs = pair_up(query_builders, self.index, record)
                    self.comparisons += 1
                    evidence = sum([pair.gain for pair in pairs]) + query_builders.initials * INITIAL_GAIN
                    if self._possible.could_reach(min_score, query_builders, record, evidence):
                        alignment = align(query_builders, self.index, record, pairs)
                        if alignment.score >= min_score:
                            yield self._hit(record, alignment, 1.0)
        if 0 < len(name.tokens) <= WINDOW:
            yield from self._of_other_type(name, [group for group, _ in piece], min_score)

    def _of_other_type(self, name: Name, searched: Sequence[Group], min_score: float) -> Iterable[NameHit]:
        """Names of a type that was not asked for, if they agree whole."""
        for record in self.index.records_of_words([token.form for token in name.tokens]):
            group = GROUPS[self.index.group[record]]
            if group not in searched:
                reading = self.terms[group].build(name.tokens, name.truncated)
                alignment = align(reading, self.index, record, pair_up(reading, self.index, record))
                self.comparisons += 1
                if alignment.score * OTHER_TYPE_FACTOR >= min_score:
                    yield self._hit(record, alignment, OTHER_TYPE_FACTOR)

    def _hit(self, record: int, alignment: Alignment, share: float) -> NameHit:
        index = self.index
        return NameHit(
            index.entry[record],
            index.name[record],
            index.text[record],
            index.kind[record],
            round(alignment.score * share, 4),
            alignment.evidence(index.text[record]),
        )


WINDOW = 24
"""Tokens aligned at once; longer names are screened in overlapping windows."""


def _read(query: Query) -> list[Piece]:
    return [
        [(group, analyse(piece, group)) for group in _SEARCHED[query.type]]
        for piece in dict.fromkeys(split_pieces(query.name))
    ]


def _windows(size: int) -> list[slice]:
    if size <= WINDOW:
        return [slice(0, size)] if size else []
    step = WINDOW // 2
    return [slice(at, at + WINDOW) for at in range(0, size - step, step)]


def compare(query: str, candidate: str, type: EntryType) -> Comparison:
    """Two names, no list at hand: the same analysis and scorer, weights from ordinary names alone."""
    entry = Entry(id="compared:1", list="compared", type=type, names=(ListedName(candidate),))
    hits = Matcher(build_index([entry])).match([Query(query, type)], min_score=0.01, limit=1)[0]
    return Comparison(hits[0].score, hits[0].evidence) if hits else Comparison(0.0, ())
