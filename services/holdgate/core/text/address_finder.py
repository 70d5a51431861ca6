"""Listed names in the lines of an address: they are rare, so a filter precedes the search in text.

A search costs 16 us per line if every word of it is cached and 690 us if none is, as is usual for addresses
(47 lines of the reference data's messages). So an address is searched only if it holds two words of a listed
name as listed, and with them most of the name. A name that is misspelt in its heavy parts is not found in an
address, although it would be in a name field.
"""

import re
from collections.abc import Callable, Sequence
from itertools import combinations

from normality import ascii_text

from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.places.gazetteer import CACHED_NAMES, LAST_LATIN, encodable, fold_place_name
from holdgate.core.text.finder import NameInText, TextFinder, TextSearch, accept_all
from holdgate.core.text.postings import MIN_COVERAGE, MIN_EVIDENCE

CARE_OF = re.compile(r"\b(?:c/o|care of|attn|attention|z\.? ?hd\.?|для|кому)(?!\w)", re.IGNORECASE)
"""Announces a name: an address with one of these is always searched."""

MAX_RECORDS_OF_WORD = 300
"""Listed names that may share a word; commoner ones are ignored: `trading`, a common family name."""

MAX_WORDS = 100
"""Words of an address that are examined in pairs; a longer address is searched, which takes linear time."""

CACHED_WORDS = 20_000
"""Listed words whose records are cached."""


class AddressFinder:
    """Finds listed names in addresses. Counters: `addresses` examined, and `searched` among them."""

    def __init__(self, text_finder: TextFinder) -> None:
        self.addresses = 0
        self.searched = 0
        self._text_finder = text_finder
        self._index = text_finder.matcher.index
        self._groups = range(len(self._index.weights))
        self._records_by_word: BoundedCache[str, frozenset[int]] = BoundedCache(CACHED_WORDS)
        self._worth_searching: BoundedCache[tuple[str, ...], bool] = BoundedCache(CACHED_NAMES)

    def find(
        self, lines: tuple[str, ...], min_score: float, counts: Callable[[NameInText], bool] = accept_all
    ) -> TextSearch:
        """Return the listed names in the lines of one address, as `TextFinder.find` does."""
        self.addresses += 1
        worth_searching = self._worth_searching.get(lines)
        if worth_searching is None:
            worth_searching = self._worth_searching[lines] = self._is_worth_searching(lines)
        if not worth_searching:
            return TextSearch([], True)
        self.searched += 1
        return self._text_finder.find(lines, min_score, counts)

    def _is_worth_searching(self, lines: Sequence[str]) -> bool:
        text = " ".join(lines)
        if CARE_OF.search(text):
            return True
        if not text.isascii():
            if max(text) > LAST_LATIN:  # another script, which may be romanised in several ways
                return True
            text = ascii_text(encodable(text))
        words = set(fold_place_name(text).split())
        if len(words) > MAX_WORDS:
            return True
        record_sets = [records for word in words if (records := self._records_of(word))]
        in_two = {record for left, right in combinations(record_sets, 2) for record in left & right}
        return any(self._may_contain(record, words) for record in in_two)

    def _records_of(self, word: str) -> frozenset[int]:
        """Return the listed names that have the word; none for a common one."""
        token = self._index.vocabulary.ids.get(word)
        if token is None or not word.isalpha():
            return frozenset()
        records = self._records_by_word.get(word)
        if records is None:
            records = frozenset(
                record for group in self._groups for record in self._index.records(group, token)
            )
            records = records if len(records) <= MAX_RECORDS_OF_WORD else frozenset()
            self._records_by_word[word] = records
        return records

    def _may_contain(self, record: int, words: set[str]) -> bool:
        """Return whether enough of a listed name is among the words for a search to find it."""
        index = self._index
        forms, weights = index.vocabulary.forms, index.weights[index.group[record]]
        evidence = sum(weights[token] for token in index.tokens_of(record) if forms[token] in words)
        return evidence >= max(MIN_EVIDENCE, MIN_COVERAGE * index.total[record])
