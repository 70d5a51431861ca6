"""95 % confidence intervals of what a measurement reports."""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev

Interval = tuple[float, float]

_Z = 1.96
"""Standard deviations on each side of a normal distribution that hold 95 %."""


def wilson_interval(hits: int, total: int) -> Interval:
    """Return the interval of a share (Wilson, 1927)."""
    if not total:
        return 0.0, 1.0
    share = hits / total
    middle = share + _Z * _Z / (2 * total)
    spread = _Z * sqrt(share * (1 - share) / total + _Z * _Z / (4 * total * total))
    scale = 1 + _Z * _Z / total
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def f1_interval(right: int, wrong: int) -> Interval:
    """Return the interval of F1 = 2 r / (2 r + w) for r true positives and w errors of both kinds.

    F1 rises with the share p = r / (r + w) alone, as 2 p / (1 + p), so it has the interval of that share.
    """
    low, high = wilson_interval(right, right + wrong)
    return 2 * low / (1 + low), 2 * high / (1 + high)


def area_interval(area: float, same: int, other: int) -> Interval | None:
    """Return the interval of the area under a ROC curve over `same` true and `other` false pairs.

    The standard error is that of Hanley and McNeil (1982). None if one kind of pair is missing.
    """
    if not same or not other:
        return None
    above, below = area / (2 - area), 2 * area * area / (1 + area)
    variance = (
        area * (1 - area) + (same - 1) * (above - area * area) + (other - 1) * (below - area * area)
    ) / (same * other)
    spread = _Z * sqrt(max(0.0, variance))
    return max(0.0, area - spread), min(1.0, area + spread)


def mean_interval(values: Sequence[float]) -> Interval | None:
    """Return the interval of a mean, as of a normal distribution; None for fewer than two values."""
    if len(values) < 2:
        return None
    mean, spread = fmean(values), _Z * stdev(values) / sqrt(len(values))
    return mean - spread, mean + spread
