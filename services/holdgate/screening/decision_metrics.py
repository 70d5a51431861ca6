"""What is counted of decisions that stand in the log. The probe's payments are nobody's business."""

from collections import Counter
from collections.abc import Sequence
from typing import Protocol
from weakref import ReferenceType, ref

from holdgate.core.model.decision import Decision
from holdgate.core.model.payment import Payment
from holdgate.core.places.corridor import corridor_of
from holdgate.core.policy.policy import Policy
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.topics import PROBE, REPLAY
from holdgate.runtime.metric_labels import currency_label, rail_label
from holdgate.screening.metrics import Metrics


class Work(Protocol):
    """What a matcher counts of itself."""

    names: int
    cache_hits: int
    comparisons: int

    @property
    def candidates(self) -> int:
        """Listed names looked at."""


class Screens(Protocol):
    """What a screener counts of itself, and its matcher."""

    near_misses: int

    @property
    def matcher(self) -> Work:
        """Compares names."""


class DecidedRecord(Protocol):
    """A decision with its record, the payment if it could be read, and why the record is a dead letter."""

    @property
    def record(self) -> Record:
        """What was decided."""

    @property
    def decision(self) -> Decision:
        """How."""

    @property
    def payment(self) -> Payment | None:
        """None where the record is no payment."""

    @property
    def dead(self) -> tuple[str, str] | None:
        """Code and sentence of the dead letter; None where it is none."""


class WorkDone:
    """Adds what screeners did since it was counted last; a new screener starts from nothing."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._screener: ReferenceType[Screens] | None = None  # an old one must not be kept from being freed
        self._before = [0] * 5

    def count(self, screener: Screens) -> None:
        """Count what a screener did up to now."""
        work, metrics = screener.matcher, self._metrics
        if self._screener is None or screener is not self._screener():
            self._screener, self._before = ref(screener), [0] * 5
        now = [screener.near_misses, work.names, work.cache_hits, work.candidates, work.comparisons]
        counters = (
            metrics.near_misses,
            metrics.names,
            metrics.cache_hits,
            metrics.candidates,
            metrics.comparisons,
        )
        for counter, total, before in zip(counters, now, self._before, strict=True):
            counter.inc(total - before)
        self._before = now


def is_probe(record: Record) -> bool:
    """Whether the probe sent a record."""
    return bool(record.headers) and any(name == PROBE for name, _ in record.headers)


def count_decisions(metrics: Metrics, policy: Policy, decided: Sequence[DecidedRecord], now: float) -> None:
    """Count decisions that stand since `now`, in Unix seconds: a batch of them label by label."""
    paid = [one for one in decided if not is_probe(one.record)]
    metrics.probed.inc(len(decided) - len(paid))
    for (outcome, reason, rail), number in Counter(map(_outcome, paid)).items():
        metrics.decisions.labels(outcome, reason, rail).inc(number)
    total = metrics.seconds.labels("total")
    decision_seconds = {rail: metrics.decision_seconds.labels(rail) for rail in {_rail(one) for one in paid}}
    for one in paid:
        rail = _rail(one)
        waited = max(0.0, now - one.record.timestamp)
        decision_seconds[rail].observe(waited)
        total.observe(waited)
        if now > _due(one, policy):
            metrics.late.labels(rail).inc()
        for note in one.decision.notes:
            metrics.notes.labels(note.code).inc()
        if one.dead is not None:
            metrics.dead_letters.labels(one.dead[0]).inc()
        if _is_redriven(one.record):
            metrics.redriven.labels("dead" if one.dead else "decided").inc()
        if one.decision.decision == "HOLD" and one.decision.matches:
            metrics.held_by.labels(one.decision.matches[0].rule).inc()
    for (currency, outcome), number in Counter(_currencies(paid)).items():
        metrics.currencies.labels(currency, outcome).inc(number)
    for (pair, outcome), number in Counter(_corridors(paid)).items():
        metrics.corridors.labels(*metrics.corridor(pair), outcome).inc(number)


def _is_redriven(record: Record) -> bool:
    return bool(record.headers) and any(name == REPLAY for name, _ in record.headers)


def _rail(one: DecidedRecord) -> str:
    return rail_label(one.payment.rail if one.payment else None)


def _outcome(one: DecidedRecord) -> tuple[str, str, str]:
    return one.decision.decision, one.decision.reason, _rail(one)


def _currencies(paid: Sequence[DecidedRecord]) -> list[tuple[str, str]]:
    return [(currency_label(one.payment.currency), one.decision.decision) for one in paid if one.payment]


def _corridors(paid: Sequence[DecidedRecord]) -> list[tuple[tuple[str, str], str]]:
    return [(corridor_of(one.payment), one.decision.decision) for one in paid if one.payment]


def _due(one: DecidedRecord, policy: Policy) -> float:
    """When a decision was due, in Unix seconds: by its deadline, or by its record where it has none."""
    if one.decision.deadline is not None:
        return one.decision.deadline.timestamp()
    payment = one.payment
    profile = policy.profile(payment.rail, payment.message_type) if payment else policy.profile(None)
    return one.record.timestamp + profile.deadline_seconds
