"""Span expansion: extend a span by adjacent words that are in the listed name too: particles, legal forms.

Fifth stage of the search in text. The expanded span is matched as a name.
"""

from bisect import bisect_left
from collections.abc import Iterator, Set
from functools import lru_cache

from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.names.index.inverted_index import Index
from holdgate.core.names.matching.compounds import may_be_legal_form
from holdgate.core.names.words.analysis import analyse
from holdgate.core.names.words.numerals import comparable_number, is_number_sign
from holdgate.core.names.words.tokens import LOST_LETTER
from holdgate.core.names.words.word_classes import COMPANY_FORMS, LEGAL, PARTICLES
from holdgate.core.text.occurrences import Occurrences
from holdgate.core.text.postings import CACHED_WORDS
from holdgate.core.text.words import Text

MAX_EXPANSION = 8
"""Maximum words by which a span expands on each side."""
CACHED_NAMES = 4_000
"""Listed names whose words are cached."""
CACHED_LEGAL_FORMS = 8_192
"""Words beside spans that are known to be a legal form or none."""
CACHED_NEIGHBOURS = 100_000
"""Pairs of a word and a neighbour that does not expand its span."""


class SpanExpander:
    """Expands spans by the names of one index."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._name_words: BoundedCache[int, Set[str]] = BoundedCache(CACHED_NAMES)
        self._inert_neighbours: BoundedCache[int, set[int | str]] = BoundedCache(CACHED_NEIGHBOURS)
        """By word id: the neighbours next to which the word's span did not expand."""
        self._neighbour_count = 0

    def single_word_spans(
        self, occurrences: Occurrences, text: Text, has_cue: bool
    ) -> Iterator[set[tuple[int, int]]]:
        """Yield for each word that nearly completes listed names alone their spans, as (first, last) word.

        If the span does not expand, the result does not depend on the position, so it is yielded only for the
        first occurrence of the word, unless a word of the text tells the party type (`has_cue`).
        """
        yielded: set[int] = set()
        for i, word in enumerate(occurrences.postings):
            if not word.sufficient_records:
                continue
            position = occurrences.positions[i]
            neighbours = {_neighbour(occurrences, text, i, -1), _neighbour(occurrences, text, i, 1)}
            inert = self._inert_neighbours.get(word.word_id)
            if inert is not None and inert.issuperset(neighbours):
                spans = {(position, position)}
            else:
                spans = {self.expand(record, i, i, occurrences, text) for record in word.sufficient_records}
            if spans == {(position, position)}:
                self._cache_inert(word.word_id, neighbours)
                if word.word_id in yielded:
                    continue
                if not has_cue:
                    yielded.add(word.word_id)
            yield spans

    def expand(
        self, record: int, first: int, last: int, occurrences: Occurrences, text: Text
    ) -> tuple[int, int]:
        """Return first and last word of the span of two occurrences, expanded by words of the listed name.

        It expands on each side by at most as many words of the index as the name has: in a text of one word
        repeated 9,900 times, each span would reach to both ends, which took 17 s.
        """
        positions, postings = occurrences.positions, occurrences.postings
        words_of_name = len(self._index.tokens_of(record))
        min_first = max(0, first - words_of_name)
        size = min(len(positions), last + 1 + words_of_name)
        while (
            first > min_first
            and positions[first - 1] == positions[first] - 1
            and record in postings[first - 1].gain_by_record
        ):
            first -= 1
        while (
            last + 1 < size
            and positions[last + 1] == positions[last] + 1
            and record in postings[last + 1].gain_by_record
        ):
            last += 1
        name_words = self._name_words.get(record) or self._words_of(record)
        low, high = positions[first], positions[last]
        min_low, max_end = max(0, low - MAX_EXPANSION), min(len(text.words), high + 1 + MAX_EXPANSION)
        has_legal_form = not LEGAL.isdisjoint(name_words)
        while low > min_low and _is_of_name(text.words[low - 1].text, name_words, has_legal_form):
            low -= 1
        while high + 1 < max_end and (
            _is_of_name(text.words[high + 1].text, name_words, has_legal_form)
            or (high > positions[last] and _is_occurrence(record, high + 1, occurrences))
        ):
            high += 1
        return low, high

    def _words_of(self, record: int) -> Set[str]:
        """Return and cache the words of a listed name."""
        index = self._index
        words: Set[str] = frozenset(index.vocabulary.forms[token] for token in index.tokens_of(record))
        self._name_words[record] = words
        return words

    def _cache_inert(self, word_id: int, neighbours: Set[int | str]) -> None:
        inert = self._inert_neighbours.get(word_id)
        if inert is None:
            inert = self._inert_neighbours[word_id] = set()
        self._neighbour_count += len(neighbours - inert)
        inert |= neighbours
        if self._neighbour_count > CACHED_NEIGHBOURS:
            self._inert_neighbours.drop((len(self._inert_neighbours) + 1) // 2)
            self._neighbour_count = sum(map(len, self._inert_neighbours.values()))


def _is_of_name(word: str, name_words: Set[str], has_legal_form: bool) -> bool:
    """Return whether a word is one of a listed name; if that has a legal form, every legal form is.

    So is a number in another spelling (II), and the sign before one (No. 2).
    """
    plain = plain_form(word)
    return (
        plain in name_words
        or (has_legal_form and is_legal_form(word))
        or comparable_number(plain) in name_words
        or (is_number_sign(plain) and any(map(str.isdigit, name_words)))
    )


def _is_occurrence(record: int, position: int, occurrences: Occurrences) -> bool:
    """Return whether the word at a position may be part of a listed name: one misspelt, behind a particle."""
    i = bisect_left(occurrences.positions, position)
    return (
        i < len(occurrences.positions)
        and occurrences.positions[i] == position
        and record in occurrences.postings[i].gain_by_record
    )


def _neighbour(occurrences: Occurrences, text: Text, i: int, step: int) -> int | str:
    """Return the word next to an occurrence: its word id if it is part of listed names, else its text."""
    position = occurrences.positions[i] + step
    if 0 <= i + step < len(occurrences.positions) and occurrences.positions[i + step] == position:
        return occurrences.word_ids[i + step]
    return text.words[position].text if 0 <= position < len(text.words) else ""


@lru_cache(CACHED_LEGAL_FORMS)
def is_legal_form(word: str) -> bool:
    """Return whether a word is a legal form of any country (KFT, KB), or one with a lost letter (COMP?NY)."""
    plain = plain_form(word)
    if LOST_LETTER in word:
        return may_be_legal_form(plain)
    if plain in LEGAL or plain in PARTICLES:
        return plain in LEGAL
    return {token.form for token in analyse(word, "entity").tokens} <= COMPANY_FORMS


@lru_cache(CACHED_WORDS)
def plain_form(word: str) -> str:
    """Return the word in the form in which legal forms are compared: `S.A.` is `sa`."""
    return word.casefold().replace(".", "").replace("/", "")
