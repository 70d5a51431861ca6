"""The few records of an index that could agree with a name: found by the evidence they share with it."""

from collections.abc import Iterable, Sequence
from heapq import nlargest
from typing import NamedTuple

import numpy as np

from holdgate.core.names.inverted_index import Index
from holdgate.core.names.query import ParsedQuery, Term
from holdgate.core.names.scoring import INITIAL_GAIN, could_reach, min_evidence_for, which_could_reach
from holdgate.core.names.token_weights import MAX_WEIGHT, PATRONYMIC

MANY_POSTINGS = 2000
"""Postings from which an array of all records is sooner summed than a dictionary: 38,000 take 0.1 ms."""


class MinEvidence(NamedTuple):
    """Nats that have to agree for a hit to be of use: where it is one word, and where it is several."""

    single_word: float = 0.0
    multi_word: float = 0.0


NO_MINIMUM = MinEvidence()


class Candidates:
    """Finds them in one index; `seen` counts those that shared enough evidence to be looked at."""

    def __init__(self, index: Index) -> None:
        self.considered = 0
        self._index = index
        self._totals = np.array(index.total, dtype=np.float64)
        self._initials = np.array(index.initials, dtype=np.float64)

    def find(self, query: ParsedQuery, min_score: float, minimum: MinEvidence, most: int) -> list[int]:
        """Records whose evidence, summed as if every part could be used, reaches the score and the floor.

        Terms that many records carry are not walked as long as together they cannot carry a match
        (MaxScore); they are only asked about records found by the others. Of more than `most` records
        those that could agree best are returned.
        """
        total = query.total
        least = minimum.single_word if query.weightiest >= minimum.single_word else minimum.multi_word
        need = max(min_evidence_for(round(total * 2) / 2 - 0.5, min_score), least)
        slack = query.initials * INITIAL_GAIN
        walked: list[Term] = []
        asked: list[Term] = []
        for term in sorted(query.searched, key=_postings, reverse=True):
            if slack + term.max_gain < need:
                slack += term.max_gain
                asked.append(term)
            else:
                walked.append(term)
        if not walked:
            return []
        given = query.initials * INITIAL_GAIN
        if sum(map(_postings, walked)) >= MANY_POSTINGS:
            found = self._of_many(query, (*walked, *asked), need - given, min_score)
        else:
            found = []
            for record, evidence in _summed(walked, asked, need - given):
                self.considered += 1
                left = evidence, extra, missing, _ = self._left(query, record, evidence + given)
                if could_reach(min_score, *left):
                    found.append((evidence / (evidence + max(extra, 0.0) + max(missing, 0.0)), record))
        if len(found) > most:
            found = nlargest(most, found)
        return [record for _, record in found]

    def _left(self, reading: ParsedQuery, record: int, evidence: float) -> tuple[float, float, float, float]:
        """What of this evidence a record can bring, the least that it leaves over in the query and in the
        record, and the most of it that one word of substance brings; as `could_reach` takes them."""
        total, initials = self._index.total[record], self._index.initials[record]
        free = reading.initials * MAX_WEIGHT
        evidence = min(evidence, total / PATRONYMIC + free)
        missing = 0.0 if reading.loose or reading.truncated else total - evidence - free
        extra = reading.total - evidence - initials * MAX_WEIGHT
        if reading.truncated:
            extra -= reading.weights[-1]
        return evidence, extra, missing, reading.alone

    def could_reach(self, min_score: float, query: ParsedQuery, record: int, evidence: float) -> bool:
        """Whether a record of which just this agrees could reach the score."""
        return could_reach(min_score, *self._left(query, record, evidence))

    def _of_many(
        self, reading: ParsedQuery, terms: Sequence[Term], least: float, min_score: float
    ) -> list[tuple[float, int]]:
        """The same in arrays, for common words, whose postings are many and which long names repeat: records
        that could reach the score, each behind the share of it that agrees."""
        columns = [term.columns() for term in terms]
        sums = np.bincount(
            np.concatenate([records for records, _ in columns]),
            np.concatenate([gains for _, gains in columns]),
        )
        found = np.flatnonzero(sums >= least)
        self.considered += len(found)
        free = reading.initials * MAX_WEIGHT
        most = self._totals[found] / PATRONYMIC + free
        evidence = np.minimum(sums[found] + reading.initials * INITIAL_GAIN, most)
        extra = reading.total - evidence - self._initials[found] * MAX_WEIGHT
        missing = self._totals[found] - evidence - free
        if reading.truncated:
            extra -= reading.weights[-1]
        if reading.truncated or reading.loose:
            missing = np.zeros_like(missing)
        reach = which_could_reach(min_score, evidence, extra, missing, reading.alone)
        evidence, left = evidence[reach], np.maximum(extra[reach], 0.0) + np.maximum(missing[reach], 0.0)
        return [*zip((evidence / (evidence + left)).tolist(), found[reach].tolist(), strict=True)]


def _summed(walked: list[Term], asked: list[Term], least: float) -> Iterable[tuple[int, float]]:
    """Records and what the terms together bring there, from `least` on; those `asked` bring less."""
    sums = dict(walked[0].gain_by_record)
    for term in walked[1:]:
        for record, gain in term.gain_by_record.items():
            sums[record] = sums.get(record, 0.0) + gain
    first = least - sum(term.max_gain for term in asked)
    for record, evidence in sums.items():
        if evidence >= first:
            for term in asked:
                evidence += term.gain_by_record.get(record, 0.0)
            if evidence >= least:
                yield record, evidence


def _postings(term: Term) -> int:
    return len(term.gain_by_record)
