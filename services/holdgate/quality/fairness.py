"""False alert rates by type, script and origin, tested against chance."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from math import exp, lgamma, log, log1p

from holdgate.core.names.words.tokens import script_of
from holdgate.quality.intervals import wilson_interval
from holdgate.quality.report import OFFSETS, POLICY_COLUMN, AlertRate, OrdinaryName

MIN_NAMES = 1000
"""Minimum names for judging an origin: with fewer, equal rates exceed three times the mean with a
probability of .2 to .8."""
MAX_TIMES_MEAN = 3.0
"""Highest acceptable ratio of a group's rate to the mean of its type."""
SIGNIFICANCE = 0.05
"""Significance level of an excess, divided among the groups judged (Bonferroni)."""

Margins = Sequence[float]
"""Score minus the threshold of its type, for each name."""


def alert_rates_by_type(ordinary: Sequence[OrdinaryName], margins: Margins) -> tuple[AlertRate, ...]:
    """Return the rates of persons and companies."""
    return _alert_rates(_margins_by_group(ordinary, margins, lambda item: [item.type]))


def alert_rates_by_group(ordinary: Sequence[OrdinaryName], margins: Margins) -> tuple[AlertRate, ...]:
    """Scripts of persons, and origins of LEAST_NAMES names or more; each against the mean of its type."""
    rows: list[AlertRate] = []
    for type in sorted({item.type for item in ordinary}):
        of_type = [
            (item, margin) for item, margin in zip(ordinary, margins, strict=True) if item.type == type
        ]
        items, type_margins = [item for item, _ in of_type], [margin for _, margin in of_type]
        mean = pass_rate(type_margins)
        groups: dict[str, list[float]] = {}
        if type == "person":
            groups = _margins_by_group(
                items, type_margins, lambda item: [f"person in {script_of(item.name)}"]
            )
        origins = _margins_by_group(
            items, type_margins, lambda item: [f"{item.type}, {origin}" for origin in item.origins]
        )
        groups |= {name: row for name, row in origins.items() if len(row) >= MIN_NAMES}
        limit = SIGNIFICANCE / max(1, len(groups))
        for row in _alert_rates(groups):
            hits = round(row.alerted[POLICY_COLUMN] * row.names)
            chance = binomial_tail(hits, row.names, min(1.0, MAX_TIMES_MEAN * mean)) if mean else 1.0
            rows.append(AlertRate(row.name, row.names, row.alerted, row.low, row.high, chance < limit))
    return tuple(rows)


def binomial_tail(hits: int, total: int, share: float) -> float:
    """Return the exact probability of at least `hits` among `total`, each with probability `share`."""
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


def pass_rate(margins: Margins, offset: float = 0.0) -> float:
    """Return the share of names that reach their threshold plus an offset."""
    return sum(margin >= offset for margin in margins) / len(margins) if margins else 0.0


def _margins_by_group(
    ordinary: Sequence[OrdinaryName], margins: Margins, groups_of: Callable[[OrdinaryName], Iterable[str]]
) -> dict[str, list[float]]:
    groups: dict[str, list[float]] = defaultdict(list)
    for item, margin in zip(ordinary, margins, strict=True):
        for name in groups_of(item):
            groups[name].append(margin)
    return dict(sorted(groups.items()))


def _alert_rates(groups: dict[str, list[float]]) -> tuple[AlertRate, ...]:
    rows: list[AlertRate] = []
    for name, margins in groups.items():
        alerted = tuple(pass_rate(margins, offset) for offset in OFFSETS)
        low, high = wilson_interval(sum(margin >= 0 for margin in margins), len(margins))
        rows.append(AlertRate(name, len(margins), alerted, low, high))
    return tuple(rows)
