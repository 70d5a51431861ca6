"""Span bounds: whether a span could be a listed name that is accepted, before it is matched as one.

Sixth stage of the search in text. Matching a span takes 0.3 ms, and of those that common words make by chance
hardly any is a name.
"""

from collections.abc import Sequence
from itertools import pairwise

from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.names.index.inverted_index import Index
from holdgate.core.names.matching.scoring import SUBSTANCE, could_reach
from holdgate.core.names.words.phonetics import phonetic_key
from holdgate.core.names.words.word_classes import GROUPS, Group
from holdgate.core.text.occurrences import Occurrences
from holdgate.core.text.postings import MIN_EVIDENCE, MIN_EVIDENCE_WITH_CUE, PostingCache
from holdgate.core.text.words import Text, split_words

CACHED_JOINED_FORMS = 20_000
"""Pairs of adjacent words, joined, of which it is cached whether they may be a listed word."""


class SpanBounds:
    """Bounds what spans could score against one index."""

    def __init__(self, index: Index, posting_cache: PostingCache) -> None:
        self._index = index
        self._posting_cache = posting_cache
        self._may_be_listed: BoundedCache[str, bool] = BoundedCache(CACHED_JOINED_FORMS)

    def could_match(
        self,
        record: int,
        first: int,
        last: int,
        occurrences: Occurrences,
        text: Text,
        has_cue: bool,
        min_score: float,
    ) -> bool:
        """Return whether a listed name could reach the score on a span: other words count against it, and two
        words that stand for the same listed one count once."""
        evidence = extra = max_gain = 0.0
        positions, of_words = occurrences.positions[first : last + 1], occurrences.postings[first : last + 1]
        other_positions: list[int] = []
        for position, postings in zip(positions, of_words, strict=True):
            gain = postings.gain_by_record.get(record)
            if gain is None:
                extra += postings.weight
                other_positions.append(position)
            else:
                evidence += gain
                max_gain = max(max_gain, gain)
        min_evidence = MIN_EVIDENCE_WITH_CUE if has_cue else MIN_EVIDENCE
        if not self._posting_cache.reaches(record, of_words, min_evidence):
            return self._have_one_word(positions, text)
        missing = self._index.total[record] - evidence
        max_single_word = max_gain + SUBSTANCE * (last - first)
        if not extra or could_reach(min_score, evidence, extra, missing, max_single_word):
            return True
        return self._have_one_word(other_positions, text)

    def _have_one_word(self, positions: Sequence[int], text: Text) -> bool:
        """Return whether two words of these that are adjacent may be a listed one that was written in two."""
        return any(
            right == left + 1 and self._may_be_one_word(text.words[left].text, text.words[right].text)
            for left, right in pairwise(positions)
        )

    def _may_be_one_word(self, left: str, right: str) -> bool:
        """Return whether two words may be a listed word that was written in two."""
        form = (left + right).casefold()
        answer = self._may_be_listed.get(form)
        if answer is None:
            vocabulary = self._index.vocabulary
            answer = self._may_be_listed[form] = (
                not form.isascii()
                or form in vocabulary.ids
                or phonetic_key(form) in vocabulary.by_phonetic_key
            )
        return answer

    def may_be_accepted(self, value: str, group: Group) -> bool:
        """Return whether a span without a cue may be accepted: a single word has to be spelt as a listed one,
        or as several."""
        if len(split_words([value])) > 1:
            return True
        postings = dict(self._posting_cache.postings(value)).get(GROUPS.index(group))
        return (
            postings is None
            or postings.gain_by_token is None
            or (group != "vessel" and self._posting_cache.is_listed(value))
        )
