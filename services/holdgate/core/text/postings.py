"""What one word of a text says: the listed names it could be part of, looked up once a word."""

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from holdgate.core.names.analysis import analyse
from holdgate.core.names.inverted_index import GROUPS, Index
from holdgate.core.names.query_builder import QueryBuilder
from holdgate.core.text.acceptance import SUBSTANCE

MIN_COVERAGE = 0.7
"""Share of a listed name's weight that has to stand in the span before it is matched as a name."""
MIN_EVIDENCE, MIN_EVIDENCE_BESIDE_CUE = 10.5, 6.5
"""Nats from which a span is looked at: a little under what has to agree, for misspelling takes some."""


CACHED_WORDS = 50_000
MAX_NEW_WORDS = 2_000
"""Different words of one text whose misspellings are searched for; of more, those that are spelt or
pronounced like a listed word. 1 MB of words that are not listed took 2.0 s, of listed words 19 s."""


class WordPostings(Struct, gc=False):
    """What one word says in one group.

    `number`: its own; `post`: record -> evidence in nats, `ceiling` the most of these; `weight`: nats that it
    counts where it is no part of a name; `anchors`: the records of which it is a part so weighty that one
    such part has to stand in the text (`anchors_named`: where a word beside says what bears the name);
    `alone`: those that it nearly completes by itself.
    """

    number: int
    gain_by_record: dict[int, float]
    max_gain: float
    weight: float
    anchor_records: frozenset[int]
    anchor_records_beside_cue: frozenset[int]
    sufficient_records: tuple[int, ...]


GroupPostings = tuple[tuple[int, WordPostings], ...]
"""What a word says: the number of each group in which it says something, and the clue."""


class PostingCache:
    """The clues of words against one index, cached by word. `new_words` counts those looked up first."""

    def __init__(self, index: Index, terms: Sequence[QueryBuilder]) -> None:
        self._index = index
        self.new_words = 0
        self._terms = terms
        self.cached: OrderedDict[str, GroupPostings] = OrderedDict()
        self._next_number = 0
        records, tokens = index.parts()
        need = np.where([kind == "weak" for kind in index.kind], np.inf, MIN_COVERAGE * np.array(index.total))
        weights = index.arrays["weights"][index.arrays["group"][records], tokens]
        parts = np.maximum(np.bincount(records[weights > SUBSTANCE], minlength=len(need)), 1)
        self.need: list[float] = need.tolist()
        self._min_share: list[float] = (np.maximum(need, MIN_EVIDENCE) / parts).tolist()
        self._min_share_beside_cue: list[float] = (np.maximum(need, MIN_EVIDENCE_BESIDE_CUE) / parts).tolist()
        each = np.sort(records << 32 | tokens)
        self.repeating: set[int] = set((each[1:][each[1:] == each[:-1]] >> 32).tolist())
        """Records of which one word stands there twice."""

    def postings(self, word: str) -> GroupPostings:
        """The clues of a word, cached."""
        if word.isdigit():
            return ()
        key = word.casefold()
        clues = self.cached.get(key)
        if clues is None:
            self.new_words += 1
            made = [(group, self._make_postings(key, group)) for group in range(len(GROUPS))]
            clues = tuple((group, clue) for group, clue in made if clue is not None)
            self.cached[key] = clues
        if word != key:
            self.cached[word] = clues
        while len(self.cached) > CACHED_WORDS:
            self.cached.popitem(last=False)
        return clues

    def is_listed(self, word: str) -> bool:
        """Whether a listed word is spelt or pronounced like this."""
        vocabulary = self._index.vocabulary
        tokens = analyse(word, "person").tokens
        return any(
            token.form in vocabulary.ids or token.phonetic_key in vocabulary.by_phonetic_key
            for token in tokens
        )

    def _make_postings(self, word: str, group: int) -> WordPostings | None:
        if len(word) < 2 and word.isascii():
            return None
        read = self._terms[group].build(analyse(word, GROUPS[group]).tokens, False)
        terms = [term for term in read.terms if term.max_gain > SUBSTANCE and term.token.kind == "word"]
        if not terms:
            return None
        post = terms[0].gain_by_record
        if len(terms) > 1:
            post = dict(post)
            for term in terms[1:]:
                for record, gain in term.gain_by_record.items():
                    post[record] = post.get(record, 0.0) + gain
        bar, bar_named, need = self._min_share, self._min_share_beside_cue, self.need
        named = [record for record, gain in post.items() if gain >= bar_named[record]]
        alone = [record for record in named if post[record] >= need[record]]
        anchors = [record for record in named if post[record] >= bar[record]]
        self._next_number += 1
        return WordPostings(
            self._next_number,
            post,
            max(post.values()),
            read.total,
            frozenset(anchors),
            frozenset(named),
            tuple(alone),
        )
