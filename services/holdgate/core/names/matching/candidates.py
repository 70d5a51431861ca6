"""Candidate generation: the few records of an index that share enough evidence with a query to be aligned.

The gains of posting lists are summed per record, and common terms are skipped by MaxScore (H. Turtle, J.
Flood, "Query evaluation: strategies and optimizations", Information Processing & Management 31(6), 1995).
"""

import math
from collections.abc import Iterable, Sequence
from heapq import nlargest
from typing import NamedTuple

import numpy as np

from holdgate.core.names.index.inverted_index import Index
from holdgate.core.names.matching.query import ParsedQuery, Term
from holdgate.core.names.matching.scoring import (
    INITIAL_GAIN,
    could_reach,
    min_evidence_for,
    which_could_reach,
)
from holdgate.core.names.words.token_weights import MAX_WEIGHT, PATRONYMIC_FACTOR

MIN_POSTINGS_FOR_ARRAYS = 2000
"""Postings from which summing in an array is faster than in a dictionary: 38,000 take 0.1 ms."""


class MinEvidence(NamedTuple):
    """Nats that must agree for a hit to be of use, in a single word and in several words."""

    single_word: float = 0.0
    multi_word: float = 0.0


NO_MINIMUM = MinEvidence()


class CandidateFinder:
    """Finds candidates in one index; `considered` counts the records whose score was bounded."""

    def __init__(self, index: Index) -> None:
        self.considered = 0
        self._index = index
        self._totals = np.array(index.total, dtype=np.float64)
        self._trade_weights = np.array(index.trade_weight, dtype=np.float64)
        self._initials = np.array(index.initials, dtype=np.float64)

    def find(
        self, query: ParsedQuery, min_score: float, min_evidence: MinEvidence, max_records: int
    ) -> list[int]:
        """Return the records that could reach `min_score` if all their evidence could be used.

        Terms are split as in MaxScore: a record with only *non-essential* terms (the common ones, as many as
        together stay under the threshold) cannot match. So only the posting lists of *essential* terms are
        traversed, and the others are looked up for the records found there. Of more than `max_records`
        records, those with the highest bounds are returned.
        """
        fits_single_word = query.max_term_gain >= min_evidence.single_word
        min_useful = min_evidence.single_word if fits_single_word else min_evidence.multi_word
        # An initial of a listed name may stand for any word of the query, of which the bound knows nothing.
        max_single_word = math.inf if query.pairs_initials else math.ceil(query.max_single_word_gain)
        total = query.total if query.pairs_initials else query.min_total
        threshold = max(min_evidence_for(round(total * 2) / 2 - 0.5, min_score, max_single_word), min_useful)
        skipped_gain = query.initials * INITIAL_GAIN
        if skipped_gain + query.max_gain < threshold:
            return []
        essential: list[Term] = []
        non_essential: list[Term] = []
        for term in sorted(query.search_terms, key=_posting_count, reverse=True):
            if skipped_gain + term.max_gain < threshold:
                skipped_gain += term.max_gain
                non_essential.append(term)
            else:
                essential.append(term)
        if not essential:
            return []
        initials_gain = query.initials * INITIAL_GAIN
        threshold -= initials_gain
        if sum(map(_posting_count, essential)) >= MIN_POSTINGS_FOR_ARRAYS:
            ranked = self._find_in_arrays(query, (*essential, *non_essential), threshold, min_score)
        else:
            ranked = []
            for record, gain in _sum_postings(essential, non_essential, threshold):
                self.considered += 1
                bounds = evidence, extra, missing, _ = self._bounds(query, record, gain + initials_gain)
                if could_reach(min_score, *bounds):
                    ranked.append((evidence / (evidence + max(extra, 0.0) + max(missing, 0.0)), record))
        if len(ranked) > max_records:
            ranked = nlargest(max_records, ranked)
        return [record for _, record in ranked]

    def _bounds(self, query: ParsedQuery, record: int, evidence: float) -> tuple[float, float, float, float]:
        """Return bounds on what a record with this evidence can score, as `could_reach` takes them.

        These are an upper bound on the evidence, lower bounds on what stays unmatched in the query and in the
        record, and an upper bound on the evidence of a single word of substance.
        """
        total, initials = self._index.total[record], self._index.initials[record]
        initials_weight = query.initials * MAX_WEIGHT
        if evidence > total / PATRONYMIC_FACTOR + initials_weight:
            evidence = total / PATRONYMIC_FACTOR + initials_weight
        missing = 0.0 if query.has_abjad or query.truncated else total - evidence - initials_weight
        extra = query.min_total - evidence - initials * MAX_WEIGHT
        if query.is_rare:
            missing -= self._index.trade_weight[record]
        return evidence, extra, missing, query.max_single_word_gain

    def could_reach(self, min_score: float, query: ParsedQuery, record: int, evidence: float) -> bool:
        """Return whether a record with exactly this evidence could reach the score."""
        return could_reach(min_score, *self._bounds(query, record, evidence))

    def _find_in_arrays(
        self, query: ParsedQuery, terms: Sequence[Term], threshold: float, min_score: float
    ) -> list[tuple[float, int]]:
        """Return (agreeing share, record) of the records that could reach the score, computed in arrays.

        Faster than the loop in `find` for common words, which have many postings and which long names repeat.
        """
        columns = [term.columns() for term in terms]
        sums = np.bincount(
            np.concatenate([records for records, _ in columns]),
            np.concatenate([gains for _, gains in columns]),
        )
        records = np.flatnonzero(sums >= threshold)
        self.considered += len(records)
        initials_weight = query.initials * MAX_WEIGHT
        max_evidence = self._totals[records] / PATRONYMIC_FACTOR + initials_weight
        evidence = np.minimum(sums[records] + query.initials * INITIAL_GAIN, max_evidence)
        extra = query.min_total - evidence - self._initials[records] * MAX_WEIGHT
        missing = self._totals[records] - evidence - initials_weight
        if query.truncated or query.has_abjad:
            missing = np.zeros_like(missing)
        if query.is_rare:
            missing -= self._trade_weights[records]
        reach = which_could_reach(min_score, evidence, extra, missing, query.max_single_word_gain)
        evidence = evidence[reach]
        unmatched = np.maximum(extra[reach], 0.0) + np.maximum(missing[reach], 0.0)
        shares = evidence / (evidence + unmatched)
        return [*zip(shares.tolist(), records[reach].tolist(), strict=True)]


def _sum_postings(
    essential: list[Term], non_essential: list[Term], threshold: float
) -> Iterable[tuple[int, float]]:
    """Yield the records of the essential terms, with the evidence of all terms, from `threshold` on."""
    sums = dict(essential[0].gain_by_record)
    for term in essential[1:]:
        for record, gain in term.gain_by_record.items():
            sums[record] = sums[record] + gain if record in sums else gain
    min_essential = threshold - sum(term.max_gain for term in non_essential)
    for record, evidence in sums.items():
        if evidence >= min_essential:
            for term in non_essential:
                if record in term.gain_by_record:
                    evidence += term.gain_by_record[record]
            if evidence >= threshold:
                yield record, evidence


def _posting_count(term: Term) -> int:
    return len(term.gain_by_record)
