"""A past decision made again from its inputs, to be compared with it byte for byte."""

from datetime import UTC, datetime

from holdgate.core.engine.outcome import hold, hold_unreadable
from holdgate.core.engine.screener import Screener
from holdgate.core.intake import InvalidEventError, Received, raw_hash
from holdgate.core.intake import reader as intake
from holdgate.core.lists.snapshot import Snapshot
from holdgate.core.model.decision import Decision
from holdgate.core.policy.policy import Policy
from holdgate.core.records.kafka_record import Record
from holdgate.replay.superseding import hold_content_changed, supersede

ALWAYS = datetime.max.replace(tzinfo=UTC)
"""A moment by which every deadline has passed."""

WITHOUT_LIST = ("INVALID_EVENT", "LIST_UNAVAILABLE", "INTERNAL_ERROR")
"""Reasons of decisions that no list was asked for."""

NOT_REPRODUCIBLE = {
    "LIST_STALE": "which list was how old, which the clock said",
    "DEADLINE_EXCEEDED": "that the deadline had passed, which the clock said",
    "LIST_UNAVAILABLE": "why there was no list, which the worker said",
    "CONTENT_CHANGED": "that the payment_id was decided before, which the claims said",
    "INTERNAL_ERROR": "that the engine failed, and how",
}
"""What is taken from the decision itself, by its reason: no payment, list or policy says it."""


class InputError(ValueError):
    """The record does not hold the payment that was decided; the message is one line."""


def reproduce_decision(
    decision: Decision, record: Record, snapshot: Snapshot | None, policy: Policy
) -> Decision:
    """The decision that these inputs give now; raises `InputError` where the record is another one.

    `snapshot` may be None for decisions WITHOUT_LIST.
    """
    again = _again(decision, record, snapshot, policy)
    return supersede(again, decision.follows) if decision.follows else again


def _again(decision: Decision, record: Record, snapshot: Snapshot | None, policy: Policy) -> Decision:
    detail = decision.detail or ""
    if decision.reason == "INVALID_EVENT":
        return _unreadable(record, policy)
    received = _payment(decision, record)
    if decision.reason == "LIST_UNAVAILABLE":
        return hold(received, policy, "LIST_UNAVAILABLE", detail)
    if decision.reason == "INTERNAL_ERROR":
        return hold(received, policy, "INTERNAL_ERROR", detail)
    if snapshot is None:
        raise InputError(f"a decision for {decision.reason} needs its lists")
    screener = Screener(snapshot, policy)
    late = decision.reason == "DEADLINE_EXCEEDED"
    stale = decision.detail if decision.reason == "LIST_STALE" else None
    [again] = screener.screen([received], now=ALWAYS if late else None, stale=lambda _: stale)
    return hold_content_changed(again, decision.detail) if decision.reason == "CONTENT_CHANGED" else again


def _payment(decision: Decision, record: Record) -> Received:
    try:
        payments = intake.read(
            record.value or b"", record.key, record.header("content-type"), record.header("rail")
        )
    except InvalidEventError as error:
        raise InputError(f"the record at {record.position} cannot be read: {error}") from error
    for received in payments:
        if (received.payment.payment_id, received.content_hash) == (
            decision.payment_id,
            decision.content_hash,
        ):
            return received
    raise InputError(
        f"the record at {record.position} does not hold payment {decision.payment_id} with this content"
    )


def _unreadable(record: Record, policy: Policy) -> Decision:
    value = record.value or b""
    try:
        intake.read(value, record.key, record.header("content-type"), record.header("rail"))
    except InvalidEventError as error:
        payment_id = intake.identity(record.key, error, record.position)
        return hold_unreadable(payment_id, raw_hash(value), policy, str(error))
    raise InputError(f"the record at {record.position} can be read, and was held as INVALID_EVENT")
