"""Records screened again as a worker would, each judged at the moment it was decided at.

A payment that was late stays late, and one that was in time is not late because it is replayed now.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

from holdgate.core.engine.isolation import failure_detail, isolate_failures
from holdgate.core.engine.outcome import hold, hold_unreadable
from holdgate.core.engine.screener import Screener
from holdgate.core.intake import InvalidEventError, Received, raw_hash
from holdgate.core.intake import reader as intake
from holdgate.core.model.decision import Decision
from holdgate.core.model.payment import Payment
from holdgate.core.policy.timeliness import Stale, all_fresh
from holdgate.core.records.kafka_record import Record
from holdgate.replay.standing_decisions import Key, StandingDecision
from holdgate.replay.superseding import hold_content_changed

ALWAYS = datetime.max.replace(tzinfo=UTC)
"""A moment by which every deadline has passed."""

Stands = Mapping[int, Mapping[Key, StandingDecision]]
"""By input offset: the decision that stands for each payment of the record."""


class ReplayedRecord(NamedTuple):
    """A payment of a record with the decision that stands for it; a broken record has no payment."""

    record: Record
    received: Received | None
    stood: StandingDecision | None

    @property
    def payment(self) -> Payment | None:
        """The payment, as far as it could be read."""
        return self.received.payment if self.received else None


class Redecision(NamedTuple):
    """A payment decided again."""

    asked: ReplayedRecord
    after: Decision

    @property
    def before(self) -> Decision | None:
        """The decision that stands; None where it was not decided yet."""
        return self.asked.stood.decision if self.asked.stood else None


Wanted = Callable[[ReplayedRecord], bool]


def redecide(
    records: Sequence[Record],
    standing: Stands,
    screener: Screener,
    wanted: Wanted = lambda _: True,
    stale: Stale = all_fresh,
) -> list[Redecision]:
    """Screen what is wanted of the records again, in order; null records are nobody's payment."""
    asked = [found for record in records for found in _read(record, standing) if wanted(found)]
    payments = [found.received for found in asked if found.received is not None]
    decisions = iter(_screen(payments, screener, stale))
    return [
        Redecision(
            found,
            _unreadable(found.record, screener)
            if found.received is None
            else _as_then(found.received, next(decisions), found.stood, screener, stale),
        )
        for found in asked
    ]


def _read(record: Record, standing: Stands) -> list[ReplayedRecord]:
    if record.value is None:
        return []
    there = standing.get(record.offset, {})
    try:
        payments = intake.read(record.value, record.key, record.header("content-type"), record.header("rail"))
    except InvalidEventError:
        # Whatever it was read as then, its decision stands under the one input offset.
        return [ReplayedRecord(record, None, next(iter(there.values()), None))]
    return [
        ReplayedRecord(record, received, there.get((received.payment.payment_id, received.content_hash)))
        for received in payments
    ]


def _unreadable(record: Record, screener: Screener) -> Decision:
    value = record.value or b""
    try:
        intake.read(value, record.key, record.header("content-type"), record.header("rail"))
    except InvalidEventError as error:
        payment_id = intake.identity(record.key, error, record.position)
        return hold_unreadable(payment_id, raw_hash(value), screener.policy, str(error))
    raise AssertionError(f"{record.position} was unreadable and is not")


def _screen(payments: Sequence[Received], screener: Screener, stale: Stale) -> list[Decision]:
    """Return the decisions in order; a payment on which the engine fails is held, as a worker holds it."""
    return isolate_failures(
        payments,
        partial(screener.screen, stale=stale),
        lambda payment, error: hold(payment, screener.policy, "INTERNAL_ERROR", failure_detail(error)),
    )


def _as_then(
    received: Received, after: Decision, stood: StandingDecision | None, screener: Screener, stale: Stale
) -> Decision:
    """The decision with what the moment it was made at says: too late, or content that had changed."""
    if stood is None:
        return after
    if stood.decision.reason == "CONTENT_CHANGED":
        return hold_content_changed(after, stood.decision.detail)
    if after.reason == "NO_MATCH" and _was_late(stood, after.deadline):
        [after] = screener.screen([received], now=ALWAYS, stale=stale)
    return after


def _was_late(stood: StandingDecision, due: datetime | None) -> bool:
    return stood.decision.reason == "DEADLINE_EXCEEDED" or (due is not None and stood.at > due)
