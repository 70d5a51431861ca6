"""Make a past decision again from its inputs, to compare the two byte for byte."""

from holdgate.core.engine.outcome import hold
from holdgate.core.engine.screener import Screener
from holdgate.core.intake import InvalidEventError, Received
from holdgate.core.intake import reader as intake
from holdgate.core.lists.snapshot import Snapshot
from holdgate.core.model.decision import Decision
from holdgate.core.policy.policy import Policy
from holdgate.core.records.kafka_record import Record
from holdgate.replay.past_conditions import AFTER_EVERY_DEADLINE, decide_unreadable, hold_content_changed
from holdgate.replay.superseding import supersede

WITHOUT_LIST = ("INVALID_EVENT", "LIST_UNAVAILABLE", "INTERNAL_ERROR")
"""Reasons of decisions that are made without a list."""

NOT_REPRODUCIBLE = {
    "LIST_STALE": "which list was how old, which the clock said",
    "DEADLINE_EXCEEDED": "that the deadline had passed, which the clock said",
    "LIST_UNAVAILABLE": "why there was no list, which the worker said",
    "CONTENT_CHANGED": "that the payment_id was decided before, which the claims said",
    "INTERNAL_ERROR": "that the engine failed, and how",
}
"""What is taken from the decision itself, by reason, because payment, list and policy do not determine it."""


class InputError(ValueError):
    """The record does not contain the decided payment; the message is one line."""


def reproduce_decision(
    decision: Decision, record: Record, snapshot: Snapshot | None, policy: Policy
) -> Decision:
    """Return the decision that these inputs give; raise `InputError` if the record is another one.

    `snapshot` may be None for the reasons in WITHOUT_LIST.
    """
    reproduced = _decide(decision, record, snapshot, policy)
    return supersede(reproduced, decision.follows) if decision.follows else reproduced


def _decide(decision: Decision, record: Record, snapshot: Snapshot | None, policy: Policy) -> Decision:
    detail = decision.detail or ""
    if decision.reason == "INVALID_EVENT":
        unreadable = decide_unreadable(record, policy)
        if unreadable is None:
            raise InputError(f"the record at {record.position} can be read, but was held as INVALID_EVENT")
        return unreadable
    received = _find_payment(decision, record)
    if decision.reason == "LIST_UNAVAILABLE":
        return hold(received, policy, "LIST_UNAVAILABLE", detail)
    if decision.reason == "INTERNAL_ERROR":
        return hold(received, policy, "INTERNAL_ERROR", detail)
    if snapshot is None:
        raise InputError(f"a decision for {decision.reason} needs its lists")
    screener = Screener(snapshot, policy)
    now = AFTER_EVERY_DEADLINE if decision.reason == "DEADLINE_EXCEEDED" else None
    stale = decision.detail if decision.reason == "LIST_STALE" else None
    [reproduced] = screener.screen([received], now=now, stale=lambda _: stale)
    if decision.reason == "CONTENT_CHANGED":
        return hold_content_changed(reproduced, decision.detail)
    return reproduced


def _find_payment(decision: Decision, record: Record) -> Received:
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
        f"the record at {record.position} does not contain payment {decision.payment_id} with this content"
    )
