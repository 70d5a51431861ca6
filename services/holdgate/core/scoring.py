"""From agreeing and left-over evidence to a score.

E is the evidence in nats that both names agree on. What is left on both sides contradicts (another
surname); what is left on one side alone is an addition or an omission (a patronymic).
"""

from functools import lru_cache

CONFLICT = 2.3
EXTRA = 0.3
MISSING = 0.3
DOUBT = 1.5
"""Nats at which agreement alone is believed half: a lone common name (4 nats) stays under .73."""
DOUBT_EXACT = 0.4
"""The same for a whole name that agrees in every part: it needs little rarity to be believed."""
TRIVIAL = 0.65
"""Left-over nats below which a name still counts as whole: particles, titles, legal forms."""


RESEMBLING = 0.5
"""Share of their weight that two left-over words count if at least half of their letters agree: rather
misspelt than another name."""
EXTRA_ALONE = 0.4
"""EXTRA where one word alone agrees: a longer name that merely contains the listed one."""
RARE_ALONE = 6.5
"""Nats from which agreement in every part counts as whole even if a legal form or particle differs."""


DOUBT_CONSONANTS = 4.8
"""The same for a name in an abjad, of which consonants alone agree."""


def score(
    evidence: float, extra: float, missing: float, whole: bool, alone: bool, doubt: float = DOUBT
) -> float:
    """0..1, never reached. `extra` is left over in the query, `missing` in the listed name (nats); `whole`
    if nothing of substance is left over, `alone` if one word carries all the evidence."""
    if evidence <= 0:
        return 0.0
    conflict = min(extra, missing)
    per_extra = EXTRA_ALONE if alone else EXTRA
    against = CONFLICT * conflict + per_extra * (extra - conflict) + MISSING * (missing - conflict)
    if whole:
        doubt = DOUBT_EXACT
    return evidence / (evidence + against) * evidence / (evidence + doubt)


def could_reach(wanted: float, evidence: float, extra: float, missing: float) -> bool:
    """Whether a score of `wanted` is possible; `extra` and `missing` may be under what is left over."""
    if extra <= 0:
        extra = 0.0
    if missing <= 0:
        missing = 0.0
    if extra + missing < TRIVIAL:
        return True
    if extra < missing:
        against = RESEMBLING * CONFLICT * extra + MISSING * (missing - extra)
    else:
        against = RESEMBLING * CONFLICT * missing + EXTRA * (extra - missing)
    return evidence * evidence >= wanted * (evidence + against) * (evidence + DOUBT)


@lru_cache(maxsize=4096)
def needed(total: float, wanted: float) -> float:
    """The least evidence with which a query of `total` nats can reach the score `wanted`."""
    low, high = 0.0, total + 10.0
    while high - low > 0.05:
        middle = (low + high) / 2
        left = max(0.0, total - middle)
        if score(middle, left, 0.0, left < TRIVIAL, False) >= wanted:
            high = middle
        else:
            low = middle
    return low
