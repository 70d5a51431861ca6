"""Updates metrics for published decisions; probe payments are excluded."""

from collections import Counter
from collections.abc import Sequence
from typing import Protocol
from weakref import ReferenceType, ref

from holdgate.core.model.decision import Decision
from holdgate.core.model.payment import Payment
from holdgate.core.places.corridor import corridor_of
from holdgate.core.policy.policy import Policy
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.probe_mark import is_probe
from holdgate.core.records.topics import REPLAY
from holdgate.runtime.metric_labels import currency_label
from holdgate.screening.metrics import Metrics


class MatcherCounts(Protocol):
    """What a matcher counts about its own work."""

    names: int
    cache_hits: int
    comparisons: int

    @property
    def candidates(self) -> int:
        """Candidate names considered."""


class ScreenerCounts(Protocol):
    """What a screener counts about its own work, and its matcher."""

    near_misses: int

    @property
    def matcher(self) -> MatcherCounts:
        """Compares names."""


class DecidedRecord(Protocol):
    """A decision with its record, its payment if it could be read, and its dead letter if there is one."""

    @property
    def record(self) -> Record:
        """The record that was decided."""

    @property
    def decision(self) -> Decision:
        """The decision on it."""

    @property
    def payment(self) -> Payment | None:
        """The payment; None if the record could not be read."""

    @property
    def dead(self) -> tuple[str, str] | None:
        """Reason code and text of the dead letter; None if there is none."""


class ScreeningWork:
    """Adds to the counters what screeners have done since the last call; a new screener starts from zero."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._screener: ReferenceType[ScreenerCounts] | None = None  # weak, so that an old one can be freed
        self._before = [0] * 5

    def count(self, screener: ScreenerCounts) -> None:
        """Count the work of a screener since the last call."""
        matcher, metrics = screener.matcher, self._metrics
        if self._screener is None or screener is not self._screener():
            self._screener, self._before = ref(screener), [0] * 5
        totals = [
            screener.near_misses,
            matcher.names,
            matcher.cache_hits,
            matcher.candidates,
            matcher.comparisons,
        ]
        counters = (
            metrics.near_misses,
            metrics.names,
            metrics.cache_hits,
            metrics.candidates,
            metrics.comparisons,
        )
        for counter, total, before in zip(counters, totals, self._before, strict=True):
            counter.inc(total - before)
        self._before = totals


def count_decisions(metrics: Metrics, policy: Policy, decided: Sequence[DecidedRecord], now: float) -> None:
    """Count the decisions of a batch without unsigned probe marks, published at `now` (Unix seconds).

    Labels are looked up once per distinct value of a batch, not once per decision.
    """
    payments = [item for item in decided if not is_probe(item.record)]
    rails = [metrics.rails.label(item.payment.rail if item.payment else None) for item in payments]
    metrics.probed.inc(len(decided) - len(payments))
    outcomes = (
        (item.decision.decision, item.decision.reason, rail)
        for item, rail in zip(payments, rails, strict=True)
    )
    for labels, number in Counter(outcomes).items():
        metrics.decisions.labels(*labels).inc(number)
    total = metrics.seconds.labels("total")
    decision_seconds = {rail: metrics.decision_seconds.labels(rail) for rail in set(rails)}
    for item, rail in zip(payments, rails, strict=True):
        seconds = max(0.0, now - item.record.timestamp)
        decision_seconds[rail].observe(seconds)
        total.observe(seconds)
        if now > _deadline(item, policy):
            metrics.late.labels(rail).inc()
        for note in item.decision.notes:
            metrics.notes.labels(note.code).inc()
        if item.dead is not None:
            metrics.dead_letters.labels(item.dead[0]).inc()
        if _is_redriven(item.record):
            metrics.redriven.labels("dead" if item.dead else "decided").inc()
        if item.decision.decision == "HOLD" and item.decision.matches:
            metrics.held_by.labels(item.decision.matches[0].rule).inc()
    for (currency, outcome), number in Counter(_currencies(payments)).items():
        metrics.currencies.labels(currency, outcome).inc(number)
    for (pair, outcome), number in Counter(_corridors(payments)).items():
        metrics.corridors.labels(*metrics.corridor(pair), outcome).inc(number)


def _is_redriven(record: Record) -> bool:
    return bool(record.headers) and any(name == REPLAY for name, _ in record.headers)


def _currencies(payments: Sequence[DecidedRecord]) -> list[tuple[str, str]]:
    return [
        (currency_label(item.payment.currency), item.decision.decision) for item in payments if item.payment
    ]


def _corridors(payments: Sequence[DecidedRecord]) -> list[tuple[tuple[str, str], str]]:
    return [(corridor_of(item.payment), item.decision.decision) for item in payments if item.payment]


def _deadline(item: DecidedRecord, policy: Policy) -> float:
    """Return the deadline in Unix seconds: the decision's own, else the record's time plus the limit."""
    if item.decision.deadline is not None:
        return item.decision.deadline.timestamp()
    payment = item.payment
    profile = policy.profile(payment.rail, payment.message_type) if payment else policy.profile(None)
    return item.record.timestamp + profile.deadline_seconds
