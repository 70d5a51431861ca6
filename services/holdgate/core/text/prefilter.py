"""The prefilter: could these words contain a listed name? A cheap answer, before a search in text.

It bounds from above what the search would find: for each word, the listed tokens it may stand for (equal in
spelling or sound, or one edit away), and for each listed name the weight of its tokens among them. Ordinary
words share few names, and rarely enough of one. A listed name with two misspelt words is found if the words
are long, as with a word in which two letters are wrong it is not.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.names.index.inverted_index import Index
from holdgate.core.names.index.vocabulary import Variant, VariantCache, one_edit_quality
from holdgate.core.names.words.analysis import analyse
from holdgate.core.text.postings import MIN_COVERAGE, MIN_EVIDENCE
from holdgate.core.text.span_expansion import plain_form

MAX_RECORDS_OF_TOKEN = 100
"""Listed names that may share a token; a commoner one (`trading`, Mohammed) is only counted in names that
another word proposes."""
MIN_VARIANT_QUALITY = 0.8
"""Excludes equal sounds and edits of very short words."""
MIN_LISTED_LENGTH = 4
"""Letters of a word that has to be a listed one; shorter ones are articles and initials."""
MAX_WORDS = 100
"""Words that the prefilter examines; a longer text is searched, which takes linear time."""
_OTHER_SCRIPT = re.compile("[^\u0000-\u052f\u1e00-\u1fff\u2000-\u206f\ua640-\ua69f]")
"""A letter of a script other than Latin, Greek and Cyrillic may be romanised in several ways."""
CACHED_CLUES = 20_000
"""Words whose clues are cached."""
CACHED_ANSWERS = 20_000
"""Answers that are cached, by the words that may be listed: many addresses differ by a number alone."""


class Clue(NamedTuple):
    """What a word may stand for: (gain in nats, records) of each rare token, and the common tokens.

    `max_gain` is the most that one of the tokens adds to a name, `max_common_gain` one of the common tokens.
    """

    rare: tuple[tuple[float, list[int]], ...]
    common: dict[int, float]
    max_gain: float
    max_common_gain: float


_NO_CLUE = Clue((), {}, 0.0, 0.0)


class Prefilter:
    """Tells whether words may contain a name of an index; caches what each word may stand for."""

    def __init__(self, index: Index, variant_cache: VariantCache) -> None:
        self._index = index
        self._variant_cache = variant_cache
        self._clues: BoundedCache[str, Clue] = BoundedCache(CACHED_CLUES)
        self._answers: BoundedCache[tuple[tuple[str, ...], float, float], bool] = BoundedCache(CACHED_ANSWERS)
        is_weak = (kind == "weak" for kind in index.kind)
        self._totals = [
            float("inf") if weak else total for weak, total in zip(is_weak, index.total, strict=True)
        ]

    def prepare(self, words: Iterable[str]) -> None:
        """Look up new words, casefolded, in one batch: 40 us each, alone 240 us."""
        new = [word for word in dict.fromkeys(words) if word not in self._clues]
        forms_by_word: dict[str, list[tuple[str, str]]] = {}
        for word in new[:CACHED_CLUES]:
            tokens = analyse(plain_form(word), "person").tokens if _may_be_in_a_name(word) else ()
            forms_by_word[word] = [
                (token.form, token.phonetic_key) for token in tokens if len(token.form) > 1
            ]
        self._variant_cache.prepare([form for forms in forms_by_word.values() for form in forms])
        for word, forms in forms_by_word.items():
            self._clues[word] = self._build_clue(
                [
                    variant
                    for form, key in forms
                    for variant in self._variant_cache.variants(form, key)
                    if variant.quality >= MIN_VARIANT_QUALITY and not self._has_two_edits(form, variant)
                ]
            )

    def is_worth_search(
        self, lines: Sequence[str], words: Sequence[str], min_evidence: float = MIN_EVIDENCE
    ) -> bool:
        """Return whether lines with these words, casefolded, are worth a search as a text."""
        return (
            len(words) > MAX_WORDS
            or any(map(_OTHER_SCRIPT.search, lines))
            or self.may_contain(words, min_evidence)
        )

    def may_contain(
        self, words: Sequence[str], min_evidence: float, min_coverage: float = MIN_COVERAGE
    ) -> bool:
        """Return whether the words, casefolded, may contain such a share of a listed name, in nats too."""
        if any(word not in self._clues for word in words):
            self.prepare(words)
        known = tuple([word for word in words if self._clues.get(word, _NO_CLUE) is not _NO_CLUE])
        key = known, min_evidence, min_coverage
        answer = self._answers.get(key)
        if answer is None:
            clues = [self._clues.get(word, _NO_CLUE) for word in known]
            answer = self._answers[key] = self._contain(clues, min_evidence, min_coverage)
        return answer

    def _contain(self, clues: Sequence[Clue], min_evidence: float, min_coverage: float) -> bool:
        if sum(clue.max_gain for clue in clues) < min_evidence:
            return False
        evidence: dict[int, float] = {}
        common: dict[int, float] = {}
        max_common_gain = 0.0
        for clue in clues:
            for gain, records in clue.rare:
                for record in records:
                    evidence[record] = evidence.get(record, 0.0) + gain
            if clue.common:
                common |= clue.common
                max_common_gain += clue.max_common_gain
        totals = self._totals
        for record, gain in evidence.items():
            if gain + max_common_gain >= min_evidence:
                needed = max(min_coverage * totals[record], min_evidence)
                if gain >= needed or (
                    gain + max_common_gain >= needed and gain + self._common_gain(record, common) >= needed
                ):
                    return True
        return False

    def may_be_listed(self, words: Sequence[str]) -> bool:
        """Return whether two words, and all that are neither a number nor very short, may be listed ones."""
        known = [self._clues.get(word, _NO_CLUE) is not _NO_CLUE for word in words]
        ids = self._index.vocabulary.ids
        return (
            all(
                is_known or len(word) < MIN_LISTED_LENGTH or word.isdigit()
                for word, is_known in zip(words, known, strict=True)
            )
            and sum(known) + sum(word.isdigit() and word in ids for word in words) > 1
        )

    def _common_gain(self, record: int, common: Mapping[int, float]) -> float:
        """Return what common tokens add to the evidence for a listed name."""
        weights = self._index.weights[self._index.group[record]]
        return sum(
            weights[token] * common[token] for token in self._index.tokens_of(record) if token in common
        )

    def _has_two_edits(self, form: str, variant: Variant) -> bool:
        if variant.how != "edit":
            return False
        longest = max(form, self._index.vocabulary.forms[variant.token], key=len)
        return variant.quality < one_edit_quality(longest)

    def _build_clue(self, variants: Iterable[Variant]) -> Clue:
        index = self._index
        groups = range(len(index.weights))
        rare: list[tuple[float, list[int]]] = []
        common: dict[int, float] = {}
        max_gain = max_common_gain = 0.0
        for variant in variants:
            token, quality = variant.token, variant.quality
            is_rare = sum(index.count(group, token) for group in groups) <= MAX_RECORDS_OF_TOKEN
            for group in groups:
                gain = index.weights[group][token] * quality
                records = index.records(group, token) if is_rare else []
                if records:
                    rare.append((gain, records))
                    max_gain = max(max_gain, gain)
                elif not is_rare and index.count(group, token):
                    max_common_gain = max(max_common_gain, gain)
            if not is_rare:
                common[token] = max(quality, common.get(token, 0.0))
        if not rare and not common:
            return _NO_CLUE
        return Clue(tuple(rare), common, max(max_gain, max_common_gain), max_common_gain)


def _may_be_in_a_name(word: str) -> bool:
    return len(word) > 1 and not word.isdigit()
