"""Listed names in the lines of an address: rare, so a look at the index goes before the search.

A search costs 16 us a line when every word of it is known and 690 us when none is, as most words of an
address are not (47 lines of the reference data's messages). So an address is searched only where two words of
a listed name stand in it as listed, and with them most of the name. One that is misspelt in its weighty parts
is not found there, where in a field of its own it would be.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import combinations

from normality import ascii_text

from holdgate.core.places.gazetteer import CACHED_NAMES, LAST_LATIN, encodable, fold_place_name
from holdgate.core.text.finder import NameInText, TextFinder, TextSearch, accept_all
from holdgate.core.text.postings import MIN_COVERAGE, MIN_EVIDENCE

CARE_OF = re.compile(r"\b(?:c/o|care of|attn|attention|z\.? ?hd\.?|для|кому)(?!\w)", re.IGNORECASE)
"""Says that a name follows: such an address is searched whatever it holds."""

COMMON = 300
"""Listed names that share a word from which it says nothing: `trading`, `company`, a common family name."""

MAX_WORDS = 100
"""Words of an address that are looked at in pairs; the search takes more of them one by one."""


class AddressFinder:
    """Finds listed names in addresses. Of those `asked`, the ones that were `searched` are counted."""

    def __init__(self, texts: TextFinder) -> None:
        self.asked = 0
        self.searched = 0
        self._texts = texts
        self._index = texts.matcher.index
        self._groups = range(len(self._index.weights))
        self._records: dict[str, frozenset[int]] = {}
        self._known: OrderedDict[tuple[str, ...], bool] = OrderedDict()

    def find(
        self, lines: tuple[str, ...], min_score: float, counts: Callable[[NameInText], bool] = accept_all
    ) -> TextSearch:
        """The listed names in the lines of one address, as `TextFinder.find` tells them."""
        self.asked += 1
        worth_it = self._known.get(lines)
        if worth_it is None:
            worth_it = self._known[lines] = self._is_worth_it(lines)
            if len(self._known) > CACHED_NAMES:
                self._known.popitem(last=False)
        if not worth_it:
            return TextSearch([], True)
        self.searched += 1
        return self._texts.find(lines, min_score, counts)

    def _is_worth_it(self, lines: Sequence[str]) -> bool:
        text = " ".join(lines)
        if CARE_OF.search(text):
            return True
        if not text.isascii():
            if max(text) > LAST_LATIN:  # another script, which romanises in more ways than one
                return True
            text = ascii_text(encodable(text))
        words = set(fold_place_name(text).split())
        if len(words) > MAX_WORDS:
            return True
        records = [found for word in words if (found := self._with(word))]
        together = {record for one, other in combinations(records, 2) for record in one & other}
        return any(self._stands(record, words) for record in together)

    def _with(self, word: str) -> frozenset[int]:
        """The listed names that have the word, none for one that says nothing."""
        token = self._index.vocabulary.ids.get(word)
        if token is None or not word.isalpha():
            return frozenset()
        found = self._records.get(word)
        if found is None:
            found = frozenset(
                record for group in self._groups for record in self._index.records(group, token)
            )
            found = found if len(found) <= COMMON else frozenset()
            self._records[word] = found
        return found

    def _stands(self, record: int, words: set[str]) -> bool:
        """Whether so much of a listed name is among the words that a search could find it."""
        index = self._index
        forms, weights = index.vocabulary.forms, index.weights[index.group[record]]
        there = sum(weights[token] for token in index.tokens_of(record) if forms[token] in words)
        return there >= max(MIN_EVIDENCE, MIN_COVERAGE * index.total[record])
