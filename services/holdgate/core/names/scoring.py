"""From agreeing and left-over evidence to a score.

The evidence is what both names agree on, in nats. What is left on both sides contradicts (another surname);
what is left on one side alone is an addition or an omission (a patronymic); what agrees only nearly is fuzz.

The constants were found together, by search: they maximise the share of 400 manipulated names a class (OFAC
SDN 2023-12-28 and UN 2026-02) that score above all but 1, 1.5 and 2 in a thousand of 15,000 ordinary persons
and 30,000 ordinary companies, and F1 on the labelled pairs. On names manipulated anew the mean over 21
classes was .986 with 2 in a thousand alerted; a formula that charged fuzz as contradiction had .979.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

INITIAL_GAIN = 1.0
"""Nats of an initial that agrees: one letter in about three, as names begin with few letters."""


CONFLICT_PENALTY = 3.4
"""Against a name, for each nat that is left on both sides."""
FUZZ_PENALTY = 1.57
"""The same for each nat that words which agree nearly have both lost."""
SURPRISE_TOLERANCE = 3.0
"""Nats by which words that agree nearly may differ in weight, as a misspelling is rarer than the word; what
is over counts as left over: Hamzi is no misspelling of Haji."""
WEAK_FUZZ_PENALTY = 1.8
"""The same for words of which only half the letters agree; their difference in weight counts little."""
WEAK_FUZZ_DIFFERENCE_PENALTY = 0.15
EXTRA_PENALTY = 0.27
"""The same for what is left on one side."""
EXTRA_PENALTY_SINGLE_WORD = 0.45
"""The same for a longer query that merely contains the one word it agrees with."""
EXTRA_WORD_NATS, MISSING_WORD_NATS = 0.96, 0.37
"""Nats that every word left over counts beside its weight, in the query and in the listed name."""
MAX_MISSING = 12.0
"""Nats of the weightiest word left over: a family name that nothing met."""
SUBSTANCE = 1.1
"""Nats from which a part counts as a word; particles, titles, legal forms and initials weigh less."""
INITIAL_UNCONFIRMED_SHARE = 0.11
"""Share of the spelt-out name's weight that an initial leaves unconfirmed, on both sides together."""
INITIAL_UNEXPLAINED_SHARE = 0.15
"""Share of it that keeps a name from counting as whole."""

DOUBT_HALF_LIFE, DOUBT_HALF_LIFE_SINGLE_WORD = 2.7, 1.27
"""Nats at which agreement alone is believed half: of several words, which are seldom independent, of one."""
DOUBT_HALF_LIFE_WHOLE = 0.2
"""The same for a whole name that agrees in every part: it needs little rarity to be believed."""
DOUBT_HALF_LIFE_CONSONANTS = 5.8
"""The same for a name in an abjad, of which consonants alone agree. The UN's 336 Arabic names of persons
found by their romanisations from 0.66, and alerts of 1,580 ordinary persons written in Arabic or Hebrew:
6.4 finds .77 for 2, 5.8 .82 for 5, 5.2 .85 for 9, 4.6 .86 for 23."""
TRIVIAL_TOLERANCE = 1.58
"""Left-over nats below which a name still counts as whole: particles, titles, legal forms, a misspelling."""
TRIVIAL_TOLERANCE_SINGLE_WORD = 0.6
"""The same for what words that agree nearly have lost, where one word is all: MOBILITY is not NOBILITY."""
RARE_WHOLE_EVIDENCE = 6.5
"""Nats from which agreement in every part counts as whole even if a legal form or particle differs."""
REORDERED_FACTOR = 0.91
"""Factor for a company whose words agree in part and in another order: Diamond Block is not Black Diamond."""


class Tally:
    """What an alignment has found, in nats. `extra` is left over in the query, `missing` in the listed name,
    `fuzz` is against the name for words that agree nearly; `left` is all that keeps it from being whole."""

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
        self.evidence = self.extra = self.missing = self.fuzz = self.unexplained = 0.0
        self.words = 0
        """Words of substance that agree."""
        self.all_matched = self.reordered = self.consonants_only = False
        """Every word met; words in another order; consonants alone seen."""

    def add_fuzzy(self, gain: float, asked: float, listed: float) -> None:
        """Words of these weights that agree with this gain."""
        lost, missed = max(0.0, asked - gain), max(0.0, listed - gain)
        self.fuzz += FUZZ_PENALTY * min(lost, missed)
        self.unexplained += lost + missed
        self.extra += max(0.0, lost - missed - SURPRISE_TOLERANCE)
        self.missing += max(0.0, missed - lost - SURPRISE_TOLERANCE)

    def add_weak_fuzzy(self, asked: float, listed: float) -> None:
        """Words that are rather misspelt than others."""
        self.fuzz += WEAK_FUZZ_PENALTY * min(asked, listed) + WEAK_FUZZ_DIFFERENCE_PENALTY * abs(
            asked - listed
        )

    def add_initial(self, gain: float, asked: float, listed: float) -> None:
        """An initial and the name it may stand for."""
        unconfirmed = max(0.0, asked - gain) + max(0.0, listed - gain)
        self.evidence += gain
        self.fuzz += INITIAL_UNCONFIRMED_SHARE * unconfirmed
        self.unexplained += INITIAL_UNEXPLAINED_SHARE * unconfirmed

    def add_extra(self, weight: float) -> None:
        """A word that the query alone has."""
        self.extra += weight + (EXTRA_WORD_NATS if weight > SUBSTANCE else 0.0)

    def add_missing(self, weight: float) -> None:
        """A word that the listed name alone has."""
        self.missing += min(weight, MAX_MISSING) + (MISSING_WORD_NATS if weight > SUBSTANCE else 0.0)


def score(found: Tally) -> float:
    """0..1, never reached."""
    evidence = found.evidence
    if evidence <= 0:
        return 0.0
    conflict = min(found.extra, found.missing)
    per_extra = EXTRA_PENALTY_SINGLE_WORD if found.words <= 1 else EXTRA_PENALTY
    against = found.fuzz + CONFLICT_PENALTY * conflict
    against += per_extra * (found.extra - conflict) + EXTRA_PENALTY * (found.missing - conflict)
    left = found.unexplained + found.extra + found.missing
    whole = left < TRIVIAL_TOLERANCE and (found.all_matched or evidence >= RARE_WHOLE_EVIDENCE)
    if (
        whole
        and not found.consonants_only
        and (found.words > 1 or found.unexplained < TRIVIAL_TOLERANCE_SINGLE_WORD)
    ):
        return _believed(evidence, against, DOUBT_HALF_LIFE_WHOLE)
    doubt = (
        DOUBT_HALF_LIFE_CONSONANTS
        if found.consonants_only
        else DOUBT_HALF_LIFE_SINGLE_WORD
        if found.words <= 1
        else DOUBT_HALF_LIFE
    )
    result = _believed(evidence, against, doubt)
    return result * REORDERED_FACTOR if found.reordered else result


def _believed(evidence: float, against: float, doubt: float) -> float:
    return evidence / (evidence + against) * evidence / (evidence + doubt)


def could_reach(
    wanted: float, evidence: float, extra: float, missing: float, alone: float = math.inf
) -> bool:
    """Whether a score of `wanted` is possible; `extra` and `missing` may be under what is left over, and one
    of the words may agree nearly. `alone` is the most evidence that one word of substance brings: what is
    beyond comes of several, which are believed less."""
    extra, missing = max(extra, 0.0), max(missing - SURPRISE_TOLERANCE, 0.0)
    if extra + missing < TRIVIAL_TOLERANCE:
        return True
    if evidence <= alone:
        return _left(evidence, extra, missing, DOUBT_HALF_LIFE_SINGLE_WORD) >= wanted
    if _left(evidence, extra, missing, DOUBT_HALF_LIFE) >= wanted:
        return True
    rest = evidence - alone
    return _left(alone, extra + rest, missing + rest, DOUBT_HALF_LIFE_SINGLE_WORD) >= wanted


def _left(evidence: float, extra: float, missing: float, doubt: float) -> float:
    conflict = min(extra, missing)
    return _believed(
        evidence, FUZZ_PENALTY * conflict + EXTRA_PENALTY * (extra + missing - 2 * conflict), doubt
    )


def which_could_reach(
    wanted: float,
    evidence: NDArray[np.float64],
    extra: NDArray[np.float64],
    missing: NDArray[np.float64],
    alone: float = math.inf,
) -> NDArray[np.bool_]:
    """The same of many records at once."""
    extra, missing = np.maximum(extra, 0.0), np.maximum(missing - SURPRISE_TOLERANCE, 0.0)
    rest = np.maximum(evidence - alone, 0.0)
    by_one = _all_left(evidence - rest, extra + rest, missing + rest, DOUBT_HALF_LIFE_SINGLE_WORD) >= wanted
    by_several = (rest > 0.0) & (_all_left(evidence, extra, missing, DOUBT_HALF_LIFE) >= wanted)
    found: NDArray[np.bool_] = (extra + missing < TRIVIAL_TOLERANCE) | by_one | by_several
    return found


def _all_left(
    evidence: NDArray[np.float64], extra: NDArray[np.float64], missing: NDArray[np.float64], doubt: float
) -> NDArray[np.float64]:
    conflict = np.minimum(extra, missing)
    against = FUZZ_PENALTY * conflict + EXTRA_PENALTY * (extra + missing - 2 * conflict)
    believed: NDArray[np.float64] = evidence / (evidence + against) * evidence / (evidence + doubt)
    return believed


@lru_cache(maxsize=4096)
def min_evidence_for(total: float, wanted: float) -> float:
    """The least evidence with which a query of `total` nats can reach the score `wanted`."""
    low, high = 0.0, total + 10.0
    while high - low > 0.05:
        middle = (low + high) / 2
        left = max(0.0, total - middle)
        if (
            _believed(
                middle,
                EXTRA_PENALTY * left,
                DOUBT_HALF_LIFE_WHOLE if left < TRIVIAL_TOLERANCE else DOUBT_HALF_LIFE_SINGLE_WORD,
            )
            >= wanted
        ):
            high = middle
        else:
            low = middle
    return low
