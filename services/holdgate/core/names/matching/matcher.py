"""Name matching against a list: find candidate records for each name, align and score them, explain the hits.

The entry point of the package. A name passes through

    analysis -> tokens -> query -> candidates -> alignment -> score

and the hits say which listed name agrees, how well, and by which parts.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from msgspec import Struct

from holdgate.core.model.evidence import Evidence
from holdgate.core.model.listed_entry import EntryType, NameKind
from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.names.index.inverted_index import Index
from holdgate.core.names.index.vocabulary import VariantCache
from holdgate.core.names.matching.alignment import Alignment, align
from holdgate.core.names.matching.candidates import NO_MINIMUM, CandidateFinder, MinEvidence
from holdgate.core.names.matching.cut_names import align_cut_names
from holdgate.core.names.matching.pairing import pair_up
from holdgate.core.names.matching.query_builder import QueryBuilder
from holdgate.core.names.matching.scoring import INITIAL_GAIN, SUBSTANCE
from holdgate.core.names.matching.variant_finder import Technique
from holdgate.core.names.words.analysis import Name, readings_of_scripts, split_pieces
from holdgate.core.names.words.readings import names_of_ship, readings
from holdgate.core.names.words.tokens import Token
from holdgate.core.names.words.word_classes import GROUPS, GROUPS_OF_TYPE, LEGAL, OTHER_GROUPS_OF_TYPE, Group

OTHER_TYPE_FACTOR = 0.9
"""Factor for the score of a name that is listed under another type than the payment says: both lists and
payments mistake the type of a party, and a conflict of types must not clear a name."""
LOST_MARGIN = 0.01
"""Score by which a hit that takes no notice of a sign in the name has to exceed one that takes it for a lost
letter."""
CACHED_NAMES = 50_000
"""Queries whose hits are cached."""
BATCH_NAMES = 1_000
"""Names analysed at a time: a message may hold tens of thousands, and analysed names stay in memory."""
MAX_ALIGNED = 120
"""Maximum records aligned per name; ordinary names have under one. Windows of a long name share them."""
MAX_THOROUGH_PIECES = 2
"""Pieces of a name whose tokens are also looked up with edits, and one of each other reading of a long name.
Later pieces are looked up as spelt."""
MAX_WINDOW_TOKENS = 24
"""Tokens aligned at a time; longer names are screened in overlapping windows."""


class Query(NamedTuple):
    """A name to be matched, the type its bearer is said to have, and the evidence that makes a hit of use.

    The type ranks: names of another type score OTHER_TYPE_FACTOR less. With `only_type`, whoever asks knows
    the type, and no other is searched.
    """

    name: str
    type: EntryType
    min_evidence: MinEvidence = NO_MINIMUM
    only_type: bool = False


SearchKey = tuple[Query, float, int]
"""A query, the minimum score and the maximum number of hits."""


class Piece(NamedTuple):
    """A piece of a reading of a name: its tokens by group, for the type of its bearer and for other types.

    `thorough`: its tokens are also looked up with edits.
    """

    names: tuple[tuple[Group, Name], ...]
    other_names: tuple[tuple[Group, Name], ...]
    thorough: bool


class NameHit(Struct, frozen=True):
    """A listed name that agrees: positions of entry and name, score 0..1 (an exact name stays under 1)."""

    entry: int
    name: int
    matched_name: str
    name_kind: NameKind
    score: float
    evidence: tuple[Evidence, ...]


class Matcher:
    """Matches names against one index; hits are cached by name and type.

    Counters for metrics: `names` matched, `cache_hits` among them, `candidates` records whose score was
    bounded, `comparisons` records aligned. `without` switches techniques off, to measure what they
    contribute.
    """

    def __init__(
        self, index: Index, cache_size: int = CACHED_NAMES, without: frozenset[Technique] = frozenset()
    ):
        self.index = index
        self.names = 0
        self.cache_hits = 0
        self.comparisons = 0
        self._cache: BoundedCache[SearchKey, list[NameHit]] = BoundedCache(cache_size)
        self._candidate_finder = CandidateFinder(index)
        self.variant_cache = VariantCache(index.vocabulary)
        self.query_builders = {
            group: QueryBuilder(index, number, self.variant_cache, without)
            for number, group in enumerate(GROUPS)
        }

    @property
    def candidates(self) -> int:
        """Records whose score was bounded, to decide whether to align them."""
        return self._candidate_finder.considered

    def match(self, queries: Sequence[Query], min_score: float = 0.5, limit: int = 10) -> list[list[NameHit]]:
        """Return the hits of each query, best first. Never raises on any string.

        An entry is hit by its best name, and also by a weak alias that scores higher, since a weak alias
        alone may not hold a payment where the other name does.
        """
        results: list[list[NameHit]] = []
        for start in range(0, len(queries), BATCH_NAMES):
            keys = [(query, min_score, limit) for query in queries[start : start + BATCH_NAMES]]
            analysed = {key: self._analyse_query(key[0]) for key in keys if key not in self._cache}
            self._look_up_variants(analysed.values())
            results += [self._match(key, analysed) for key in keys]
        return results

    def _look_up_variants(self, names: Iterable[list[Piece]]) -> None:
        """Look up the variants of all words in one batch, which is faster than one by one."""
        self.variant_cache.prepare(
            [
                word
                for pieces in names
                for piece in pieces
                if piece.thorough
                for names, words_only in ((piece.names, False), (piece.other_names, True))
                for group, name in names
                for word in self.query_builders[group].forms_to_look_up(name.tokens, words_only)
            ]
        )

    def _match(self, key: SearchKey, analysed: dict[SearchKey, list[Piece]]) -> list[NameHit]:
        self.names += 1
        hits = self._cache.get(key)
        if hits is not None:
            self.cache_hits += 1
            self._cache.move_to_end(key)
            return hits
        query, min_score, limit = key
        strong: dict[int, NameHit] = {}
        weak: dict[int, NameHit] = {}
        max_records = max(3, MAX_ALIGNED // (1 + len(query.name) // 64))
        for piece in analysed.get(key) or self._analyse_query(query):
            search = partial(
                self._match_group,
                min_evidence=query.min_evidence,
                max_records=max_records,
                thorough=piece.thorough,
            )
            hits = [hit for group, name in piece.names for hit in search(group, name, 1.0, min_score)]
            hits += [
                hit
                for group, name in piece.other_names
                for hit in search(group, name, OTHER_TYPE_FACTOR, min_score)
            ]
            hits += self._match_same_words(piece, min_score)
            for hit in hits:
                best = weak if hit.name_kind == "weak" else strong
                known = best.get(hit.entry)
                if known is None or _is_better(hit, known):
                    best[hit.entry] = hit
        better_weak = (
            hit for entry, hit in weak.items() if entry not in strong or hit.score > strong[entry].score
        )
        hits = sorted((*strong.values(), *better_weak), key=lambda hit: (-hit.score, hit.entry))[:limit]
        self._cache[key] = hits
        return hits

    def _match_group(
        self,
        group: Group,
        name: Name,
        factor: float,
        min_score: float,
        *,
        min_evidence: MinEvidence,
        max_records: int,
        thorough: bool,
    ) -> Iterator[NameHit]:
        """Yield the hits among the names of one group; their scores are multiplied by the factor."""
        min_group_score = min_score / factor
        for tokens in dict.fromkeys(name.tokens[window] for window in _windows(len(name.tokens))):
            query = self.query_builders[group].build(
                tokens, name.truncated, thorough, words_only=factor < 1.0
            )
            same_words = self.index.records_of_words([token.form for token in tokens])
            records = self._candidate_finder.find(query, min_group_score, min_evidence, max_records)
            records += [
                record
                for record in same_words
                if GROUPS[self.index.group[record]] == group and record not in records
            ]
            for record in records:
                pairs = pair_up(query, self.index, record)
                self.comparisons += 1
                evidence = sum([pair.gain for pair in pairs]) + query.initials * INITIAL_GAIN
                if self._candidate_finder.could_reach(min_group_score, query, record, evidence):
                    alignment = align(query, self.index, record, pairs)
                    if alignment.score >= min_group_score:
                        yield self._name_hit(record, alignment, factor)
            if thorough and factor == 1.0 and group != "vessel":
                for record, alignment in align_cut_names(query, self.index):
                    if alignment.score >= min_score:
                        yield self._name_hit(record, alignment, factor)

    def _match_same_words(self, piece: Piece, min_score: float) -> Iterator[NameHit]:
        """Yield hits on names of any other type that consist of the same words."""
        searched_groups = [group for group, _ in piece.names]
        for _, name in piece.names[-1:]:
            if not 0 < len(name.tokens) <= MAX_WINDOW_TOKENS:
                continue
            for record in self.index.records_of_words([token.form for token in name.tokens]):
                group = GROUPS[self.index.group[record]]
                if group not in searched_groups:
                    query = self.query_builders[group].build(name.tokens, name.truncated)
                    alignment = align(query, self.index, record, pair_up(query, self.index, record))
                    self.comparisons += 1
                    if alignment.score * OTHER_TYPE_FACTOR >= min_score:
                        yield self._name_hit(record, alignment, OTHER_TYPE_FACTOR)

    def _analyse_query(self, query: Query) -> list[Piece]:
        thorough_by_piece: dict[str, bool] = {}
        written = names_of_ship(query.name) if query.type == "vessel" else (query.name,)
        for reading in (reading for name in written for reading in readings(name)):
            texts = split_pieces(reading)
            max_thorough = 1 if reading != query.name and len(texts) > 1 else MAX_THOROUGH_PIECES
            for number, text in enumerate(texts):
                thorough_by_piece.setdefault(text, number < max_thorough)
        groups = GROUPS_OF_TYPE[query.type]
        other_groups = () if query.only_type else OTHER_GROUPS_OF_TYPE[query.type]
        pieces: list[Piece] = []
        for text, thorough in thorough_by_piece.items():
            names = _names(text, groups)
            others = [group for group in other_groups if self._may_be_of_group(names[-1][1].tokens, group)]
            pieces.append(Piece(names, _names(text, others), thorough))
        return pieces

    def _may_be_of_group(self, tokens: tuple[Token, ...], group: Group) -> bool:
        """Return whether a name that is said to be of another type is searched in this group.

        One of its words has to be spelt or pronounced as a listed word of the group, unless it has only one
        beside legal forms.
        """
        vocabulary, number = self.index.vocabulary, GROUPS.index(group)
        shares, weights = self.index.shares[number], self.index.weights[number]
        words = [token for token in tokens if token.kind == "word" and token.form not in LEGAL]
        if len(words) < 2:
            return bool(words)
        for token in words:
            if token.script != "Latin":
                return True
            for listed in vocabulary.by_phonetic_key.get(token.phonetic_key, ()):
                if shares[listed] and weights[listed] > SUBSTANCE:
                    return True
        return False

    def _name_hit(self, record: int, alignment: Alignment, factor: float) -> NameHit:
        index = self.index
        return NameHit(
            index.entry[record],
            index.name[record],
            index.text[record],
            index.kind[record],
            round(alignment.score * factor, 4),
            alignment.evidence(index.text[record]),
        )


def _is_better(hit: NameHit, known: NameHit) -> bool:
    """Return whether a hit is better than one on its entry, or about equal and explains a lost letter."""
    explains = hit.name == known.name and any(part.how == "lost" for part in hit.evidence)
    return hit.score > known.score - (LOST_MARGIN if explains else 0.0)


def _names(text: str, groups: Iterable[Group]) -> tuple[tuple[Group, Name], ...]:
    return tuple([(group, name) for group in groups for name in readings_of_scripts(text, group)])


def _windows(size: int) -> list[slice]:
    """Return the overlapping windows of a name of `size` tokens."""
    if size <= MAX_WINDOW_TOKENS:
        return [slice(0, size)] if size else []
    step = MAX_WINDOW_TOKENS // 2
    return [slice(start, start + MAX_WINDOW_TOKENS) for start in range(0, size - step, step)]
