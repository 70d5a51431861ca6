"""Phrases: listed names of several words that stand in a text exactly as listed, however common their words.

A shortcut beside the search by co-occurrence, which asks for rarer words because it also finds misspelt ones.
Each word of a text has a number; the sum over a run of words is looked up among the sums of the listed names.
"""

from collections.abc import Container, Iterator, Sequence

import numpy as np

from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.names.index.inverted_index import NAME_KINDS, Index
from holdgate.core.names.matching.variant_finder import lost_letters
from holdgate.core.names.words.analysis import analyse, is_plain_word
from holdgate.core.names.words.numerals import comparable_number, is_number_sign
from holdgate.core.names.words.token_weights import CLASS_WEIGHT
from holdgate.core.names.words.tokens import LOST, LOST_LETTER, SYLLABIC, Token
from holdgate.core.names.words.word_classes import GROUPS, PARTICLES, Group

PHRASE_GROUPS: tuple[Group, ...] = ("person", "entity")
"""Groups whose names hold as exact phrases; most ships are called by common words."""
MAX_PHRASE = 16
"""Words of substance in a phrase. Of 38,676 listed names (OFAC 2023-12-28, UN 2026-02) 10 have more."""
MAX_GAP = 4
"""Legal forms and particles in a row inside a phrase: `of the State of the`."""
CACHED_NUMBERS = 50_000
"""Words whose numbers are cached."""
NO_NUMBER = -1
"""Of a word that no listed name of the group has."""
NO_SUBSTANCE = 0
"""Of a particle, title or legal form, which a phrase may have or lack."""


WordNumbers = tuple[int, ...]
"""The numbers of a word, one per group of PHRASE_GROUPS."""


class PhraseFinder:
    """Finds the phrases of an index."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._numbers = np.random.default_rng(0).integers(1, 1 << 56, size=len(index.vocabulary.forms))
        self._sums = [self._sums_of(group) for group in PHRASE_GROUPS]
        self._cache: BoundedCache[str, WordNumbers] = BoundedCache(CACHED_NUMBERS)

    def _sums_of(self, group: Group) -> frozenset[int]:
        """Return the sums of the listed names of a group that have several words of substance."""
        index, number = self._index, GROUPS.index(group)
        records, tokens = index.token_pairs()
        in_group = index.arrays["group"][records] == number
        has_substance = index.arrays["weights"][number][tokens] > CLASS_WEIGHT
        chosen = in_group & has_substance
        sums = np.zeros(len(index.entry), dtype=np.int64)
        np.add.at(sums, records[chosen], self._numbers[tokens[chosen]])
        words = np.bincount(records[chosen], minlength=len(index.entry))
        is_strong = index.arrays["kind"] != NAME_KINDS.index("weak")
        return frozenset(sums[(words > 1) & is_strong].tolist())

    def find(self, words: Sequence[str]) -> Iterator[tuple[Group, int, int]]:
        """Yield group, first and last word of each run that consists of the words of a listed name, in any
        order."""
        cache = self._cache
        numbers = [self._look_up(word) if (known := cache.get(word)) is None else known for word in words]
        for group, of_group, sums in zip(PHRASE_GROUPS, zip(*numbers, strict=True), self._sums, strict=False):
            if len(words) - of_group.count(NO_NUMBER) - of_group.count(NO_SUBSTANCE) > 1:
                for first, last in _runs(of_group, sums):
                    yield group, first, last

    def _look_up(self, word: str) -> WordNumbers:
        numbers = self._cache[word] = tuple(self.find_number(word, group) for group in PHRASE_GROUPS)
        return numbers

    def find_number(self, word: str, group: Group) -> int:
        """Return the number of a word in phrases of the group: NO_NUMBER if no listed name has the word."""
        weights, ids = self._index.weights[GROUPS.index(group)], self._index.vocabulary.ids
        if word.isascii() and word.isdigit():  # most new words of texts are numbers
            listed = ids.get(word if group == "person" else comparable_number(word))
            if listed is None:
                return NO_NUMBER
            return int(self._numbers[listed]) if weights[listed] > CLASS_WEIGHT else NO_SUBSTANCE
        if LOST_LETTER not in word and is_plain_word(word, group):
            form = word.casefold()
            listed = ids.get(form)
            if listed is not None:
                return int(self._numbers[listed]) if weights[listed] > CLASS_WEIGHT else NO_SUBSTANCE
            return NO_SUBSTANCE if form in PARTICLES or is_number_sign(form) else NO_NUMBER
        total = NO_SUBSTANCE
        for token in analyse(word, group).tokens:
            if token.script in SYLLABIC:
                return NO_NUMBER
            if token.kind not in ("word", "number", "initial"):
                continue
            listed = self._find_lost(token, group) if LOST in token.form else ids.get(token.form)
            if listed is None:
                return NO_NUMBER
            if weights[listed] > CLASS_WEIGHT:
                total += int(self._numbers[listed])
        return total

    def _find_lost(self, token: Token, group: Group) -> int | None:
        """Return the commonest listed word that a word with lost letters may be, None if there is none."""
        vocabulary, weights = self._index.vocabulary, self._index.weights[GROUPS.index(group)]
        is_like = lost_letters(token.form).fullmatch
        variants = vocabulary.variants([(token.form, token.phonetic_key)])[0]
        listed = [variant.token for variant in variants if is_like(vocabulary.forms[variant.token])]
        return min(listed, key=lambda number: (weights[number], number), default=None)


def _runs(numbers: Sequence[int], sums: Container[int]) -> Iterator[tuple[int, int]]:
    """Yield first and last position of each run of numbers with one of the sums."""
    starts: list[tuple[int, int]] = []  # (position, sum of the numbers before it), oldest first
    last = total = 0
    for position, number in enumerate(numbers):
        if not number:  # of no substance
            continue
        if number == NO_NUMBER:
            starts = []
            continue
        if starts and position - last > MAX_GAP + 1:
            starts.clear()
        last = position
        del starts[: -MAX_PHRASE + 1]
        for start, before in starts:
            if total + number - before in sums:
                yield start, position
        starts.append((position, total))
        total += number
