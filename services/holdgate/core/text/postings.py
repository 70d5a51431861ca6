"""Postings of a word of text: the listed names that it could be part of, by group, with the evidence in nats.

Second stage of the search in text. A posting list is looked up once per distinct word and cached, so that an
ordinary text costs one dictionary look-up per word.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np
from msgspec import Struct

from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.names.index.inverted_index import Index
from holdgate.core.names.matching.query_builder import QueryBuilder
from holdgate.core.names.matching.scoring import SUBSTANCE
from holdgate.core.names.words.analysis import analyse
from holdgate.core.names.words.tokens import Token
from holdgate.core.names.words.word_classes import GROUPS

MIN_COVERAGE = 0.7
"""Share of a listed name's weight that must be in a span before the span is matched as a name."""
MIN_EVIDENCE, MIN_EVIDENCE_WITH_CUE = 10.5, 6.5
"""Nats from which a span is matched, without and with a cue: a little under what acceptance needs, as words
may be misspelt."""


ROUNDING_TOLERANCE = 1e-9
"""Nats: far more than the order of a sum changes, far less than distinguishes two names."""
CACHED_WORDS = 50_000
CACHED_ANALYSES = 4_096
"""Words whose tokens are cached, from the look-up of a batch's words to the search: as many as variants."""
MAX_NEW_WORDS = 2_000
"""Distinct words of one text that are looked up with misspellings; further words are looked up by spelling
and pronunciation only. 1 MB of unlisted words took 2.0 s, of listed words 19 s."""


_LETTERS = re.compile(r"[^\W\d_]{2,}")


class WordPostings(Struct, gc=False):
    """The postings of one word in one group.

    `word_id`: unique number of the word; `gain_by_record`: record -> evidence in nats; `max_gain`: the
    highest of these; `weight`: nats that the word counts as unmatched in a name it is not part of;
    `anchor_records`: the records of which it is so heavy a part that a span must contain one such part
    (`anchor_records_with_cue`: the same next to a cue); `sufficient_records`: records that it nearly
    completes alone; `gain_by_token`: listed token -> evidence in nats, None if the word may be several
    tokens.
    """

    word_id: int
    gain_by_record: dict[int, float]
    max_gain: float
    weight: float
    anchor_records: frozenset[int]
    anchor_records_with_cue: frozenset[int]
    sufficient_records: tuple[int, ...]
    gain_by_token: dict[int, float] | None


GroupPostings = tuple[tuple[int, WordPostings], ...]
"""(group, postings) for each group with listed names that contain the word."""


class PostingCache:
    """The postings of words against one index, cached by word. `new_words` counts the words looked up.

    `min_evidence`: record -> nats that must be in a span; `repeating_records`: the records with a word twice.
    """

    def __init__(self, index: Index, query_builders: Sequence[QueryBuilder]) -> None:
        self._index = index
        self.new_words = 0
        self._query_builders = query_builders
        self.cached: BoundedCache[str, GroupPostings] = BoundedCache(CACHED_WORDS)
        self._analysed: BoundedCache[tuple[str, int], tuple[Token, ...]] = BoundedCache(CACHED_ANALYSES)
        self._next_word_id = 0
        records, tokens = index.token_pairs()
        is_weak = [kind == "weak" for kind in index.kind]
        needed = np.where(is_weak, np.inf, MIN_COVERAGE * np.array(index.total))
        weights = index.arrays["weights"][index.arrays["group"][records], tokens]
        words = np.maximum(np.bincount(records[weights > SUBSTANCE], minlength=len(needed)), 1)
        self.min_evidence: list[float] = needed.tolist()
        # At least one word of a span must have the average share of what the span needs.
        self._min_anchor: list[float] = (np.maximum(needed, MIN_EVIDENCE) / words).tolist()
        self._min_anchor_with_cue: list[float] = (np.maximum(needed, MIN_EVIDENCE_WITH_CUE) / words).tolist()
        pairs = np.sort(records << 32 | tokens)
        self.repeating_records: set[int] = set((pairs[1:][pairs[1:] == pairs[:-1]] >> 32).tolist())

    def postings(self, word: str) -> GroupPostings:
        """Return the postings of a word, cached as written and casefolded."""
        if word.isdigit():
            return ()
        key = word.casefold()
        postings = self.cached.get(key)
        if postings is None:
            self.new_words += 1
            built = [(group, self._build_postings(key, group)) for group in range(len(GROUPS))]
            postings = tuple((group, of_group) for group, of_group in built if of_group is not None)
            self.cached[key] = postings
        if word != key:
            self.cached[word] = postings
        return postings

    def prepare(self, lines: Iterable[str]) -> None:
        """Look up the variants of the new words of many texts together, in a quarter of the time."""
        self.prepare_words(word for line in lines for word in _LETTERS.findall(line))

    def prepare_words(self, words: Iterable[str]) -> None:
        """Look up the variants of new words, which may have digits, together.

        A digit in a word is a letter for persons alone, so that such a word has other forms for companies.
        """
        new = dict.fromkeys(word.casefold() for word in dict.fromkeys(words) if word not in self.cached)
        forms = [
            form
            for word in islice((word for word in new if word not in self.cached), MAX_NEW_WORDS)
            for group in ((0,) if word.isalpha() else (0, 1))
            for form in self._query_builders[group].forms_to_look_up(self._tokens(word, group))
        ]
        self._query_builders[0].prepare(forms)

    def reaches(self, record: int, of_words: Sequence[WordPostings], min_evidence: float) -> bool:
        """Return whether words bring a record the evidence that a span needs, each of its tokens once."""
        words = [word for word in of_words if record in word.gain_by_record]
        evidence = 0.0
        gains: list[dict[int, float]] = []
        for word in words:
            if word.gain_by_token is None:
                evidence += word.gain_by_record[record]
            else:
                gains.append(word.gain_by_token)
        for token in self._index.tokens_of(record):
            evidence += max([gain.get(token, 0.0) for gain in gains], default=0.0)
        return evidence + ROUNDING_TOLERANCE >= max(self.min_evidence[record], min_evidence)

    def is_listed(self, word: str) -> bool:
        """Return whether a listed token is spelt or pronounced like the word."""
        vocabulary = self._index.vocabulary
        tokens = analyse(word, "person").tokens
        return any(
            token.form in vocabulary.ids or token.phonetic_key in vocabulary.by_phonetic_key
            for token in tokens
        )

    def _tokens(self, word: str, group: int) -> tuple[Token, ...]:
        """Return the tokens of a word for a group, cached."""
        key = word, group
        tokens = self._analysed.get(key)
        if tokens is None:
            tokens = self._analysed[key] = analyse(word, GROUPS[group]).tokens
        return tokens

    def _build_postings(self, word: str, group: int) -> WordPostings | None:
        if len(word) < 2 and word.isascii():
            return None
        tokens, query_builder = self._tokens(word, group), self._query_builders[group]
        if len(tokens) == 1 and query_builder.max_gain(tokens[0]) <= SUBSTANCE:  # most new words
            return None
        query = query_builder.build(tokens, False)
        terms = [term for term in query.terms if term.max_gain > SUBSTANCE and term.token.kind == "word"]
        if not terms:
            return None
        gains = terms[0].gain_by_record
        if len(terms) > 1:
            gains = dict(gains)
            for term in terms[1:]:
                for record, gain in term.gain_by_record.items():
                    gains[record] = gains.get(record, 0.0) + gain
        min_anchor, min_anchor_with_cue = self._min_anchor, self._min_anchor_with_cue
        anchors_with_cue = [record for record, gain in gains.items() if gain >= min_anchor_with_cue[record]]
        sufficient = [record for record in anchors_with_cue if gains[record] >= self.min_evidence[record]]
        anchors = [record for record in anchors_with_cue if gains[record] >= min_anchor[record]]
        self._next_word_id += 1
        return WordPostings(
            self._next_word_id,
            gains,
            max(gains.values()),
            query.total,
            frozenset(anchors),
            frozenset(anchors_with_cue),
            tuple(sufficient),
            None if len(terms) > 1 or terms[0].compound_parts else terms[0].gains,
        )
