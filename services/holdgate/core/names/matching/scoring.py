"""Scoring: turn the agreeing and the unmatched evidence of an alignment into a score between 0 and 1.

Last stage of name matching. Evidence is what both names agree on, in nats. Unmatched words on both sides are
a conflict (another surname); on one side alone they are an addition or an omission (a patronymic); words that
agree only nearly are fuzz.

The constants were found together, by search: they maximise the share of 400 manipulated names per class (OFAC
SDN 2023-12-28 and UN 2026-02) that score above all but 1, 1.5 and 2 in a thousand of 15,000 ordinary persons
and 30,000 ordinary companies, and F1 on the labelled pairs. On freshly manipulated names the mean over 21
classes was .986 with 2 in a thousand alerted; a formula that counted fuzz as conflict had .979.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

INITIAL_GAIN = 1.0
"""Nats of an initial that agrees: about one letter in three does, as names begin with few letters."""

CONFLICT_PENALTY = 3.4
"""Penalty per nat that is unmatched on both sides."""
FUZZ_PENALTY = 1.57
"""Penalty per nat that both words of a pair that agrees nearly have lost."""
SURPRISE_TOLERANCE = 3.0
"""Nats by which the weights of words that agree nearly may differ, as a misspelling is rarer than the word.
What exceeds it counts as unmatched: Hamzi is no misspelling of Haji."""
EQUIVALENT_PENALTY = 0.9
"""The same for words that stand for each other, such as a name in two languages. At 0.3 seven more of 14,997
ordinary companies and three more of 7,500 persons are alerted than without equivalents, at 0.9 none."""
WEAK_FUZZ_PENALTY = 1.8
"""Penalty per nat of words of which only half the letters agree."""
WEAK_FUZZ_DIFFERENCE_PENALTY = 0.15
"""Penalty per nat by which the weights of such words differ, which says little."""
EXTRA_PENALTY = 0.27
"""Penalty per nat that is unmatched on one side only."""
EXTRA_PENALTY_SINGLE_WORD = 0.45
"""The same for a longer query that merely contains the one word it agrees with."""
EXTRA_WORD_NATS, MISSING_WORD_NATS = 0.96, 0.37
"""Nats added to the weight of every unmatched word, in the query and in the listed name."""
MAX_MISSING = 12.0
"""Maximum nats of one unmatched word of the listed name, such as a family name."""
SUBSTANCE = 1.1
"""Nats above which a part counts as a word; particles, titles, legal forms and initials weigh less."""
INITIAL_UNCONFIRMED_SHARE = 0.11
"""Share of the weight of the spelled-out name that an initial leaves unconfirmed, on both sides together."""
INITIAL_UNEXPLAINED_SHARE = 0.15
"""Share of that weight that counts against a whole name."""

DOUBT_HALF_LIFE, DOUBT_HALF_LIFE_SINGLE_WORD = 2.7, 1.27
"""Nats of agreement that score 0.5 without anything unmatched: in several words, which are seldom
independent, and in one."""
DOUBT_HALF_LIFE_WHOLE = 0.2
"""The same for a whole name that agrees in every part: it need not be rare."""
DOUBT_HALF_LIFE_CONSONANTS = 5.8
"""The same for a name in an abjad, of which consonants alone agree. Share of the UN's 336 Arabic names of
persons found by their romanisations at 0.66, and alerts for 1,580 ordinary persons written in Arabic or
Hebrew: at 6.4 .77 with 2 alerts, at 5.8 .82 with 5, at 5.2 .85 with 9, at 4.6 .86 with 23."""
TRIVIAL_TOLERANCE = 1.58
"""Unmatched nats below which a name still counts as whole: particles, titles, legal forms, a misspelling."""
TRIVIAL_TOLERANCE_SINGLE_WORD = 0.6
"""The same for a near agreement in a single word: MOBILITY is not NOBILITY."""
MIN_RARE_WHOLE_EVIDENCE = 6.5
"""Nats from which a name counts as whole even if a legal form or particle differs."""
REORDERED_FACTOR = 0.91
"""Factor for a company whose words agree in part and in another order: Diamond Block is not Black Diamond."""


class Tally:
    """The totals of an alignment, in nats.

    `evidence` agrees; `extra` is unmatched in the query and `missing` in the listed name; `fuzz` is the
    penalty for words that agree only nearly; `unexplained` is the difference that keeps a near agreement from
    counting as whole. `words` is the number of pairs above SUBSTANCE.
    """

    __slots__ = (
        "all_matched",
        "consonants_only",
        "evidence",
        "extra",
        "fuzz",
        "missing",
        "reordered",
        "unexplained",
        "words",
    )

    def __init__(self) -> None:
        self.evidence = self.fuzz = self.extra = self.missing = self.unexplained = 0.0
        self.words = 0
        self.all_matched = self.reordered = self.consonants_only = False
        """Every word has a partner; words are in another order; only consonants were compared."""

    def add_fuzzy(self, gain: float, query_weight: float, listed_weight: float) -> None:
        """Add words of these weights that agree with this gain."""
        lost, missed = max(0.0, query_weight - gain), max(0.0, listed_weight - gain)
        self.fuzz += FUZZ_PENALTY * min(lost, missed)
        self.unexplained += lost + missed
        self.extra += max(0.0, lost - missed - SURPRISE_TOLERANCE)
        self.missing += max(0.0, missed - lost - SURPRISE_TOLERANCE)

    def add_equivalent(self, gain: float, query_weight: float, listed_weight: float) -> None:
        """Add words that stand for each other. A lower gain says how many names would agree, not a doubt."""
        lost, missed = max(0.0, query_weight - gain), max(0.0, listed_weight - gain)
        self.fuzz += EQUIVALENT_PENALTY * min(lost, missed)
        self.unexplained += lost + missed

    def add_weak_fuzzy(self, query_weight: float, listed_weight: float) -> None:
        """Add words that are more likely a misspelling than two different words."""
        difference = abs(query_weight - listed_weight)
        self.fuzz += (
            WEAK_FUZZ_PENALTY * min(query_weight, listed_weight) + WEAK_FUZZ_DIFFERENCE_PENALTY * difference
        )

    def add_initial(self, gain: float, query_weight: float, listed_weight: float) -> None:
        """Add an initial and the name it may stand for."""
        unconfirmed = max(0.0, query_weight - gain) + max(0.0, listed_weight - gain)
        self.evidence += gain
        self.fuzz += INITIAL_UNCONFIRMED_SHARE * unconfirmed
        self.unexplained += INITIAL_UNEXPLAINED_SHARE * unconfirmed

    def add_extra(self, weight: float) -> None:
        """Add a word that only the query has."""
        self.extra += weight + (EXTRA_WORD_NATS if weight > SUBSTANCE else 0.0)

    def add_missing(self, weight: float) -> None:
        """Add a word that only the listed name has."""
        self.missing += min(weight, MAX_MISSING) + (MISSING_WORD_NATS if weight > SUBSTANCE else 0.0)


def score(tally: Tally) -> float:
    """Return the score, from 0 to under 1."""
    evidence = tally.evidence
    if evidence <= 0:
        return 0.0
    conflict = min(tally.extra, tally.missing)
    extra_penalty = EXTRA_PENALTY_SINGLE_WORD if tally.words <= 1 else EXTRA_PENALTY
    penalty = tally.fuzz + CONFLICT_PENALTY * conflict
    penalty += extra_penalty * (tally.extra - conflict) + EXTRA_PENALTY * (tally.missing - conflict)
    unmatched = tally.unexplained + tally.extra + tally.missing
    is_whole = unmatched < TRIVIAL_TOLERANCE and (tally.all_matched or evidence >= MIN_RARE_WHOLE_EVIDENCE)
    if (
        is_whole
        and not tally.consonants_only
        and (tally.words > 1 or tally.unexplained < TRIVIAL_TOLERANCE_SINGLE_WORD)
    ):
        return _score_of(evidence, penalty, DOUBT_HALF_LIFE_WHOLE)
    half_life = (
        DOUBT_HALF_LIFE_CONSONANTS
        if tally.consonants_only
        else DOUBT_HALF_LIFE_SINGLE_WORD
        if tally.words <= 1
        else DOUBT_HALF_LIFE
    )
    result = _score_of(evidence, penalty, half_life)
    return result * REORDERED_FACTOR if tally.reordered else result


def _score_of(evidence: float, penalty: float, half_life: float) -> float:
    return evidence / (evidence + penalty) * evidence / (evidence + half_life)


def could_reach(
    min_score: float, evidence: float, extra: float, missing: float, max_single_word: float = math.inf
) -> bool:
    """Return whether a record could score `min_score`; cheaper than aligning it.

    `evidence` is an upper bound, `extra` and `missing` are lower bounds on what stays unmatched (they may be
    negative); one of the words may agree only nearly. `max_single_word` is an upper bound on the evidence of
    a single word of substance: more evidence comes of several words, which score less for the same nats.
    """
    # One Python call per record: min, max and functions of its own would take three times as long.
    extra = extra if extra > 0.0 else 0.0  # noqa: FURB136
    missing = missing - SURPRISE_TOLERANCE if missing > SURPRISE_TOLERANCE else 0.0
    unmatched = extra + missing
    if unmatched < TRIVIAL_TOLERANCE:
        return True
    conflict = extra if extra < missing else missing  # noqa: FURB136
    penalty = FUZZ_PENALTY * conflict + EXTRA_PENALTY * (unmatched - 2 * conflict)
    if evidence * evidence >= min_score * (evidence + penalty) * (evidence + DOUBT_HALF_LIFE):
        return True
    if evidence > max_single_word:
        penalty += FUZZ_PENALTY * (evidence - max_single_word)
        evidence = max_single_word
    more = extra - conflict - SURPRISE_TOLERANCE
    if more > 0.0:
        penalty += (EXTRA_PENALTY_SINGLE_WORD - EXTRA_PENALTY) * more
    return evidence * evidence >= min_score * (evidence + penalty) * (evidence + DOUBT_HALF_LIFE_SINGLE_WORD)


def which_could_reach(
    min_score: float,
    evidence: NDArray[np.float64],
    extra: NDArray[np.float64],
    missing: NDArray[np.float64],
    max_single_word: float = math.inf,
) -> NDArray[np.bool_]:
    """Return `could_reach` for many records, given as arrays."""
    extra, missing = np.maximum(extra, 0.0), np.maximum(missing - SURPRISE_TOLERANCE, 0.0)
    unmatched = extra + missing
    conflict = np.minimum(extra, missing)
    penalty = FUZZ_PENALTY * conflict + EXTRA_PENALTY * (unmatched - 2 * conflict)
    by_several_words = evidence * evidence >= min_score * (evidence + penalty) * (evidence + DOUBT_HALF_LIFE)
    penalty += FUZZ_PENALTY * np.maximum(evidence - max_single_word, 0.0)
    more = np.maximum(extra - conflict - SURPRISE_TOLERANCE, 0.0)
    penalty += (EXTRA_PENALTY_SINGLE_WORD - EXTRA_PENALTY) * more
    single = np.minimum(evidence, max_single_word)
    by_single_word = single * single >= min_score * (single + penalty) * (
        single + DOUBT_HALF_LIFE_SINGLE_WORD
    )
    reach: NDArray[np.bool_] = (unmatched < TRIVIAL_TOLERANCE) | by_several_words | by_single_word
    return reach


@lru_cache(maxsize=4096)
def min_evidence_for(total: float, min_score: float, max_single_word: float = math.inf) -> float:
    """Return the lowest evidence with which a query of `total` nats can score `min_score` (by bisection).

    `max_single_word` as in `could_reach`; without it, one word scores as several do, which scores most.
    """
    low, high = 0.0, total + 10.0
    while high - low > 0.05:
        middle = (low + high) / 2
        unmatched = max(0.0, total - middle)
        if unmatched < TRIVIAL_TOLERANCE:
            reaches = _score_of(middle, EXTRA_PENALTY * unmatched, DOUBT_HALF_LIFE_WHOLE) >= min_score
        elif max_single_word == math.inf:
            reaches = _score_of(middle, EXTRA_PENALTY * unmatched, DOUBT_HALF_LIFE_SINGLE_WORD) >= min_score
        else:
            reaches = could_reach(min_score, middle, unmatched, 0.0, max_single_word)
        if reaches:
            high = middle
        else:
            low = middle
    return low
