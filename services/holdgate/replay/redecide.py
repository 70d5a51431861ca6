"""Screen records again as a worker would, each as of the time at which it was decided.

A payment that was late then is still late; one that was in time does not become late by being replayed.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from holdgate.core.engine.isolation import failure_detail, isolate_failures
from holdgate.core.engine.outcome import hold
from holdgate.core.engine.screener import Screener
from holdgate.core.intake import InvalidEventError, Received
from holdgate.core.intake import reader as intake
from holdgate.core.model.decision import Decision
from holdgate.core.model.payment import Payment
from holdgate.core.policy.timeliness import Stale, all_fresh
from holdgate.core.records.decision_in_force import DecisionKey
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.probe_mark import is_probe, without_probe_mark
from holdgate.replay.past_conditions import AFTER_EVERY_DEADLINE, decide_unreadable, hold_content_changed
from holdgate.replay.standing_decisions import StandingDecision

StandingByOffset = Mapping[int, Mapping[DecisionKey, StandingDecision]]
"""By input offset, the standing decision on each payment of the record."""


class ReplayedRecord(NamedTuple):
    """One payment of a record, with its standing decision; an unreadable record has no payment."""

    record: Record
    received: Received | None
    standing: StandingDecision | None

    @property
    def payment(self) -> Payment | None:
        """The payment, or None if the record cannot be read."""
        return self.received.payment if self.received else None


class Redecision(NamedTuple):
    """A payment, and what would be decided on it now."""

    replayed: ReplayedRecord
    after: Decision

    @property
    def before(self) -> Decision | None:
        """The standing decision; None if there is none yet."""
        return self.replayed.standing.decision if self.replayed.standing else None


Wanted = Callable[[ReplayedRecord], bool]


def redecide(
    records: Sequence[Record],
    standing: StandingByOffset,
    screener: Screener,
    wanted: Wanted = lambda _: True,
    stale: Stale = all_fresh,
) -> list[Redecision]:
    """Screen the wanted payments of the records again, in order; null records hold no payment."""
    replayed = [payment for record in records for payment in _read(record, standing) if wanted(payment)]
    readable = [payment.received for payment in replayed if payment.received is not None]
    decisions = iter(_screen(readable, screener, stale))
    return [
        Redecision(
            payment,
            _hold_unreadable(payment.record, screener)
            if payment.received is None
            else _as_of_then(payment.received, next(decisions), payment.standing, screener, stale),
        )
        for payment in replayed
    ]


def _read(record: Record, standing: StandingByOffset) -> list[ReplayedRecord]:
    value = record.value
    if value is None:
        return []
    decisions = standing.get(record.offset, {})
    if is_probe(record) and not any(decision.of_probe for decision in decisions.values()):
        record = without_probe_mark(record)
    try:
        payments = intake.read(value, record.key, record.header("content-type"), record.header("rail"))
    except InvalidEventError:
        # An earlier engine may have read it differently; its decision has the same input offset anyway.
        return [ReplayedRecord(record, None, next(iter(decisions.values()), None))]
    return [
        ReplayedRecord(record, received, decisions.get((received.payment.payment_id, received.content_hash)))
        for received in payments
    ]


def _hold_unreadable(record: Record, screener: Screener) -> Decision:
    decision = decide_unreadable(record, screener.policy)
    assert decision is not None, f"{record.position} was unreadable a moment ago"
    return decision


def _screen(payments: Sequence[Received], screener: Screener, stale: Stale) -> list[Decision]:
    """Return the decisions in order; a payment on which the engine fails is held, as a worker holds it."""
    return isolate_failures(
        payments,
        partial(screener.screen, stale=stale),
        lambda payment, error: hold(payment, screener.policy, "INTERNAL_ERROR", failure_detail(error)),
    )


def _as_of_then(
    received: Received, after: Decision, standing: StandingDecision | None, screener: Screener, stale: Stale
) -> Decision:
    """Return the decision with what held when the payment was decided: a passed deadline, changed content."""
    if standing is None:
        return after
    if standing.decision.reason == "CONTENT_CHANGED":
        return hold_content_changed(after, standing.decision.detail)
    if after.reason == "NO_MATCH" and _was_late(standing, after.deadline):
        [after] = screener.screen([received], now=AFTER_EVERY_DEADLINE, stale=stale)
    return after


def _was_late(standing: StandingDecision, deadline: datetime | None) -> bool:
    return standing.decision.reason == "DEADLINE_EXCEEDED" or (
        deadline is not None and standing.decided_at > deadline
    )
