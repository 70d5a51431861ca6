"""Words beside those that complete a listed name and are in it too: its particles, its legal form."""

from collections.abc import Iterator, Set
from functools import lru_cache

from holdgate.core.names.inverted_index import Index
from holdgate.core.names.word_classes import LEGAL
from holdgate.core.text.occurrences import Occurrences
from holdgate.core.text.postings import CACHED_WORDS
from holdgate.core.text.words import Text

MAX_GROWTH = 8
"""Words by which a span grows at most on each side."""
CACHED_NAMES = 4_000
CACHED_BESIDE = 100_000


class SpanExpander:
    """What spans take in, by the names of one index."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._own: dict[int, Set[str]] = {}
        self._still: dict[int, set[int | str]] = {}
        """Of a word, by its number: what stood beside it without being taken in."""
        self._beside = 0

    def single_word_spans(self, here: Occurrences, text: Text, named: bool) -> Iterator[set[tuple[int, int]]]:
        """Spot by spot the spans, first word and last, of the names that one word nearly completes.

        Where it takes in none beside it, it tells the same wherever it stands: that is told once, unless a
        word says what bears the name (`named`).
        """
        told: set[int] = set()
        for n, clue in enumerate(here.postings):
            if not clue.sufficient_records:
                continue
            at = here.positions[n]
            beside = {_beside(here, text, n, -1), _beside(here, text, n, 1)}
            still = self._still.get(clue.number)
            if still is not None and still.issuperset(beside):
                spans = {(at, at)}
            else:
                spans = {self.expand(record, n, n, here, text) for record in clue.sufficient_records}
            if spans == {(at, at)}:
                self._keep(clue.number, beside)
                if clue.number in told:
                    continue
                if not named:
                    told.add(clue.number)
            yield spans

    def expand(self, record: int, first: int, last: int, here: Occurrences, text: Text) -> tuple[int, int]:
        """First and last word of the span from one spot to another, with what belongs to the name beside."""
        ats, clues = here.positions, here.postings
        size = len(ats)
        while first and ats[first - 1] == ats[first] - 1 and record in clues[first - 1].gain_by_record:
            first -= 1
        while last + 1 < size and ats[last + 1] == ats[last] + 1 and record in clues[last + 1].gain_by_record:
            last += 1
        own = self._own.get(record) or self._words_of(record)
        low, high = ats[first], ats[last]
        low_end, high_end = max(0, low - MAX_GROWTH), min(len(text.words), high + 1 + MAX_GROWTH)
        while low > low_end and plain_form(text.words[low - 1].text) in own:
            low -= 1
        while high + 1 < high_end and plain_form(text.words[high + 1].text) in own:
            high += 1
        return low, high

    def _words_of(self, record: int) -> Set[str]:
        """The words of a listed name; where it has a legal form, any legal form."""
        index = self._index
        own: Set[str] = frozenset(index.vocabulary.forms[token] for token in index.tokens_of(record))
        if own & LEGAL:
            own |= LEGAL
        if len(self._own) >= CACHED_NAMES:
            self._own.clear()
        self._own[record] = own
        return own

    def _keep(self, number: int, beside: Set[int | str]) -> None:
        if self._beside >= CACHED_BESIDE:
            self._still.clear()
            self._beside = 0
        still = self._still.setdefault(number, set())
        self._beside += len(beside - still)
        still |= beside


def _beside(here: Occurrences, text: Text, n: int, step: int) -> int | str:
    """What stands beside a spot: the number of a word that is part of a listed name, others as written."""
    at = here.positions[n] + step
    if 0 <= n + step < len(here.positions) and here.positions[n + step] == at:
        return here.numbers[n + step]
    return text.words[at].text if 0 <= at < len(text.words) else ""


@lru_cache(CACHED_WORDS)
def plain_form(word: str) -> str:
    """The word as legal forms are compared: `S.A.` is `sa`."""
    return word.casefold().replace(".", "").replace("/", "")
