"""Who bears the false alerts: rates by type, script and origin, with what chance alone would explain."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from math import exp, lgamma, log, log1p, sqrt

from holdgate.core.names.tokens import script_of
from holdgate.quality.report import AS_IS, OFFSETS, AlertRate, OrdinaryName

LEAST_NAMES = 1000
"""Names from which an origin is judged: with fewer, equal rates exceed three times the mean with a
probability of .2 to .8."""
FAIR = 3.0
"""Times the mean that a group may bear."""
SIGNIFICANT = 0.05
"""Probability, shared among the groups judged (Bonferroni), below which an excess is no chance."""

Margins = Sequence[float]
"""By how much each score passes the threshold of its type; negative where it does not."""


def by_type(ordinary: Sequence[OrdinaryName], margins: Margins) -> tuple[AlertRate, ...]:
    """Persons and companies."""
    return _rates(_grouped(ordinary, margins, lambda item: [item.type]))


def by_group(ordinary: Sequence[OrdinaryName], margins: Margins) -> tuple[AlertRate, ...]:
    """Scripts of persons, and origins of LEAST_NAMES names or more; each against the mean of its type."""
    rows: list[AlertRate] = []
    for type in sorted({item.type for item in ordinary}):
        mine = [(item, margin) for item, margin in zip(ordinary, margins, strict=True) if item.type == type]
        items, found = [item for item, _ in mine], [margin for _, margin in mine]
        mean = rate(found)
        groups: dict[str, list[float]] = {}
        if type == "person":
            groups = _grouped(items, found, lambda item: [f"person in {script_of(item.name)}"])
        origins = _grouped(items, found, lambda item: [f"{item.type}, {origin}" for origin in item.origins])
        groups |= {name: row for name, row in origins.items() if len(row) >= LEAST_NAMES}
        limit = SIGNIFICANT / max(1, len(groups))
        for row in _rates(groups):
            hits = round(row.alerted[AS_IS] * row.names)
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


def rate(margins: Margins, offset: float = 0.0) -> float:
    """The share that passes its threshold, moved by an offset."""
    return sum(margin >= offset for margin in margins) / len(margins) if margins else 0.0


def _grouped(
    ordinary: Sequence[OrdinaryName], margins: Margins, groups_of: Callable[[OrdinaryName], Iterable[str]]
) -> dict[str, list[float]]:
    groups: dict[str, list[float]] = defaultdict(list)
    for item, margin in zip(ordinary, margins, strict=True):
        for name in groups_of(item):
            groups[name].append(margin)
    return dict(sorted(groups.items()))


def _rates(groups: dict[str, list[float]]) -> tuple[AlertRate, ...]:
    rows: list[AlertRate] = []
    for name, found in groups.items():
        alerted = tuple(rate(found, offset) for offset in OFFSETS)
        low, high = interval(sum(margin >= 0 for margin in found), len(found))
        rows.append(AlertRate(name, len(found), alerted, low, high))
    return tuple(rows)
