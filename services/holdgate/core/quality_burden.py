"""Who bears the false alerts: rates by type, script and origin, with what chance alone would explain."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from math import exp, lgamma, log, log1p, sqrt

from holdgate.core.quality_report import THRESHOLDS, AlertRate, Ordinary
from holdgate.core.tokens import script_of

LEAST_NAMES = 1000
"""Names from which an origin is judged: with fewer, equal rates exceed three times the mean with a
probability of .2 to .8."""
FAIR = 3.0
"""Times the mean that a group may bear."""
SIGNIFICANT = 0.05
"""Probability, shared among the groups judged (Bonferroni), below which an excess is no chance."""

Scores = Sequence[float]


def by_type(ordinary: Sequence[Ordinary], scores: Scores, threshold: float) -> tuple[AlertRate, ...]:
    """Persons and companies."""
    return _rates(_grouped(ordinary, scores, lambda item: [item.type]), threshold)


def by_group(ordinary: Sequence[Ordinary], scores: Scores, threshold: float) -> tuple[AlertRate, ...]:
    """Scripts of persons, and origins of LEAST_NAMES names or more; each against the mean of its type."""
    rows: list[AlertRate] = []
    for type in sorted({item.type for item in ordinary}):
        mine = [(item, score) for item, score in zip(ordinary, scores, strict=True) if item.type == type]
        items, found = [item for item, _ in mine], [score for _, score in mine]
        mean = rate(found, threshold)
        groups: dict[str, list[float]] = {}
        if type == "person":
            groups = _grouped(items, found, lambda item: [f"person in {script_of(item.name)}"])
        origins = _grouped(items, found, lambda item: [f"{item.type}, {origin}" for origin in item.origins])
        groups |= {name: row for name, row in origins.items() if len(row) >= LEAST_NAMES}
        limit = SIGNIFICANT / max(1, len(groups))
        for row in _rates(groups, threshold):
            hits = round(row.alerted[THRESHOLDS.index(threshold)] * row.names)
            chance = at_least(hits, row.names, min(1.0, FAIR * mean)) if mean else 1.0
            rows.append(AlertRate(row.name, row.names, row.alerted, row.low, row.high, chance < limit))
    return tuple(rows)


def interval(hits: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, 1927)."""
    if not total:
        return 0.0, 1.0
    z = 1.96
    share = hits / total
    middle = share + z * z / (2 * total)
    spread = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def at_least(hits: int, total: int, share: float) -> float:
    """The probability of so many hits or more among `total`, each with the probability `share` (exact)."""
    if hits <= 0 or share >= 1:
        return 1.0
    if share <= 0 or hits > total:
        return 0.0
    below = sum(
        exp(
            lgamma(total + 1)
            - lgamma(k + 1)
            - lgamma(total - k + 1)
            + k * log(share)
            + (total - k) * log1p(-share)
        )
        for k in range(hits)
    )
    return max(0.0, 1.0 - below)


def rate(scores: Scores, threshold: float) -> float:
    """The share of scores from the threshold on."""
    return sum(score >= threshold for score in scores) / len(scores) if scores else 0.0


def _grouped(
    ordinary: Sequence[Ordinary], scores: Scores, groups_of: Callable[[Ordinary], Iterable[str]]
) -> dict[str, list[float]]:
    groups: dict[str, list[float]] = defaultdict(list)
    for item, score in zip(ordinary, scores, strict=True):
        for name in groups_of(item):
            groups[name].append(score)
    return dict(sorted(groups.items()))


def _rates(groups: dict[str, list[float]], threshold: float) -> tuple[AlertRate, ...]:
    rows: list[AlertRate] = []
    for name, found in groups.items():
        alerted = tuple(rate(found, limit) for limit in THRESHOLDS)
        low, high = interval(sum(score >= threshold for score in found), len(found))
        rows.append(AlertRate(name, len(found), alerted, low, high))
    return tuple(rows)
