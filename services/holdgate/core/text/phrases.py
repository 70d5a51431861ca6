"""Phrases: listed names of several words that stand in a text exactly as listed, however common their words.

A shortcut beside the search by co-occurrence, which asks for rarer words because it also finds misspelt ones.
Each word of a text has a number; the sum over a run of words is looked up among the sums of the listed names.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from holdgate.core.names.analysis import analyse, is_plain_word
from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.names.inverted_index import Index
from holdgate.core.names.token_weights import CLASS_WEIGHT
from holdgate.core.names.tokens import LOST, LOST_LETTER, SYLLABIC, Token
from holdgate.core.names.variant_finder import lost_letters
from holdgate.core.names.word_classes import GROUPS, PARTICLES, Group
from holdgate.core.text.words import Word

MAX_PHRASE = 16
"""Words of substance in a phrase. Of 38,676 listed names (OFAC 2023-12-28, UN 2026-02) 10 have more."""
MAX_GAP = 4
"""Legal forms and particles in a row inside a phrase: `of the State of the`."""
CACHED_NUMBERS = 50_000
"""Words whose numbers are cached, per group."""
NO_NUMBER = -1
"""Of a word that no listed name of the group has."""
NO_SUBSTANCE = 0
"""Of a particle, title or legal form, which a phrase may have or lack."""


class PhraseFinder:
    """Finds the phrases of one group of an index."""

    def __init__(self, index: Index, group: Group) -> None:
        self._index = index
        self._group: Group = group
        self._number = GROUPS.index(group)
        size = len(index.vocabulary.forms)
        self._numbers = np.random.default_rng(0).integers(1, 1 << 56, size=size)
        records, tokens = index.token_pairs()
        in_group = index.arrays["group"][records] == self._number
        has_substance = index.arrays["weights"][self._number][tokens] > CLASS_WEIGHT
        chosen = in_group & has_substance
        sums = np.zeros(len(index.entry), dtype=np.int64)
        np.add.at(sums, records[chosen], self._numbers[tokens[chosen]])
        words = np.bincount(records[chosen], minlength=len(index.entry))
        is_strong = np.array([kind != "weak" for kind in index.kind], dtype=bool)
        self._sums: frozenset[int] = frozenset(sums[(words > 1) & is_strong].tolist())
        self._cache: BoundedCache[str, int] = BoundedCache(CACHED_NUMBERS)

    def find(self, words: Sequence[Word]) -> Iterator[tuple[int, int]]:
        """Yield (first, last) word of each run that consists of the words of a listed name, in any order."""
        cache = self._cache
        numbers = [
            self._look_up(word.text) if (number := cache.get(word.text)) is None else number for word in words
        ]
        if len(words) - numbers.count(NO_NUMBER) - numbers.count(NO_SUBSTANCE) < 2:
            return
        sums = self._sums
        starts: list[tuple[int, int]] = []  # (position, sum of the numbers before it), oldest first
        last = total = 0
        for position, number in enumerate(numbers):
            if not number:  # of no substance
                continue
            if number == NO_NUMBER:
                starts.clear()
                continue
            if starts and position - last > MAX_GAP + 1:
                starts.clear()
            last = position
            del starts[: -MAX_PHRASE + 1]
            starts.append((position, total))
            total += number
            for start, before in starts[:-1]:
                if total - before in sums:
                    yield start, position

    def _look_up(self, word: str) -> int:
        number = self._cache[word] = self._number_of(word)
        return number

    def _number_of(self, word: str) -> int:
        weights, ids = self._index.weights[self._number], self._index.vocabulary.ids
        if LOST_LETTER not in word and is_plain_word(word, self._group) and word.casefold() not in ids:
            return NO_SUBSTANCE if word.casefold() in PARTICLES else NO_NUMBER
        tokens = analyse(word, self._group).tokens
        total = NO_SUBSTANCE
        for token in tokens:
            if token.script in SYLLABIC:
                return NO_NUMBER
            if token.kind not in ("word", "number", "initial"):
                continue
            listed = self._find_lost(token) if LOST in token.form else ids.get(token.form)
            if listed is None:
                return NO_NUMBER
            if weights[listed] > CLASS_WEIGHT:
                total += int(self._numbers[listed])
        return total

    def _find_lost(self, token: Token) -> int | None:
        """Return the commonest listed word that a word with lost letters may be, None if there is none."""
        vocabulary, weights = self._index.vocabulary, self._index.weights[self._number]
        is_like = lost_letters(token.form).fullmatch
        variants = vocabulary.variants([(token.form, token.phonetic_key)])[0]
        listed = [variant.token for variant in variants if is_like(vocabulary.forms[variant.token])]
        return min(listed, key=lambda number: (weights[number], number), default=None)
