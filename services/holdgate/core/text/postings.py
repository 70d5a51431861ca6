"""What one word of a text says: the listed names it could be part of, looked up once a word."""

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from holdgate.core.names.analysis import analyse
from holdgate.core.names.inverted_index import GROUPS, Index
from holdgate.core.names.query_builder import Terms
from holdgate.core.text.acceptance import SUBSTANCE

COVER = 0.7
"""Share of a listed name's weight that has to stand in the span before it is matched as a name."""
LEAST, LEAST_NAMED = 10.5, 6.5
"""Nats from which a span is looked at: a little under what has to agree, for misspelling takes some."""


CACHED_WORDS = 50_000
MOST_NEW_WORDS = 2_000
"""Different words of one text whose misspellings are searched for; of more, those that are spelt or
pronounced like a listed word. 1 MB of words that are not listed took 2.0 s, of listed words 19 s."""


class Clue(Struct, gc=False):
    """What one word says in one group.

    `number`: its own; `post`: record -> evidence in nats, `ceiling` the most of these; `weight`: nats that it
    counts where it is no part of a name; `anchors`: the records of which it is a part so weighty that one
    such part has to stand in the text (`anchors_named`: where a word beside says what bears the name);
    `alone`: those that it nearly completes by itself.
    """

    number: int
    post: dict[int, float]
    ceiling: float
    weight: float
    anchors: frozenset[int]
    anchors_named: frozenset[int]
    alone: tuple[int, ...]


Said = tuple[tuple[int, Clue], ...]
"""What a word says: the number of each group in which it says something, and the clue."""


class Clues:
    """The clues of words against one index, cached by word. `new_words` counts those looked up first."""

    def __init__(self, index: Index, terms: Sequence[Terms]) -> None:
        self._index = index
        self.new_words = 0
        self._terms = terms
        self.known: OrderedDict[str, Said] = OrderedDict()
        self._made = 0
        records, tokens = index.parts()
        need = np.where([kind == "weak" for kind in index.kind], np.inf, COVER * np.array(index.total))
        weights = index.arrays["weights"][index.arrays["group"][records], tokens]
        parts = np.maximum(np.bincount(records[weights > SUBSTANCE], minlength=len(need)), 1)
        self.need: list[float] = need.tolist()
        self._bar: list[float] = (np.maximum(need, LEAST) / parts).tolist()
        self._bar_named: list[float] = (np.maximum(need, LEAST_NAMED) / parts).tolist()
        each = np.sort(records << 32 | tokens)
        self.repeating: set[int] = set((each[1:][each[1:] == each[:-1]] >> 32).tolist())
        """Records of which one word stands there twice."""

    def of(self, word: str) -> Said:
        """The clues of a word, cached."""
        if word.isdigit():
            return ()
        key = word.casefold()
        clues = self.known.get(key)
        if clues is None:
            self.new_words += 1
            made = [(group, self._clue(key, group)) for group in range(len(GROUPS))]
            clues = tuple((group, clue) for group, clue in made if clue is not None)
            self.known[key] = clues
        if word != key:
            self.known[word] = clues
        while len(self.known) > CACHED_WORDS:
            self.known.popitem(last=False)
        return clues

    def is_listed(self, word: str) -> bool:
        """Whether a listed word is spelt or pronounced like this."""
        vocabulary = self._index.vocabulary
        tokens = analyse(word, "person").tokens
        return any(token.form in vocabulary.ids or token.fold in vocabulary.by_fold for token in tokens)

    def _clue(self, word: str, group: int) -> Clue | None:
        if len(word) < 2 and word.isascii():
            return None
        read = self._terms[group].of(analyse(word, GROUPS[group]).tokens, False)
        terms = [term for term in read.terms if term.ceiling > SUBSTANCE and term.token.kind == "word"]
        if not terms:
            return None
        post = terms[0].post
        if len(terms) > 1:
            post = dict(post)
            for term in terms[1:]:
                for record, gain in term.post.items():
                    post[record] = post.get(record, 0.0) + gain
        bar, bar_named, need = self._bar, self._bar_named, self.need
        named = [record for record, gain in post.items() if gain >= bar_named[record]]
        alone = [record for record in named if post[record] >= need[record]]
        anchors = [record for record in named if post[record] >= bar[record]]
        self._made += 1
        return Clue(
            self._made,
            post,
            max(post.values()),
            read.total,
            frozenset(anchors),
            frozenset(named),
            tuple(alone),
        )
