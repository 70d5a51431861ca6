"""What a past decision depended on beside its payment: the time, earlier decisions, an unreadable record."""

from datetime import UTC, datetime

import msgspec

from holdgate.core.engine.outcome import hold_unreadable
from holdgate.core.intake import InvalidEventError, raw_hash
from holdgate.core.intake import reader as intake
from holdgate.core.model.decision import Decision
from holdgate.core.policy.policy import Policy
from holdgate.core.records.kafka_record import Record

AFTER_EVERY_DEADLINE = datetime.max.replace(tzinfo=UTC)
"""Screening a payment as of this moment finds its deadline passed."""


def hold_content_changed(decision: Decision, detail: str | None) -> Decision:
    """Return the decision as a CONTENT_CHANGED hold.

    Its payment_id was decided before with other content, which no list changes.
    """
    return msgspec.structs.replace(
        decision, decision="HOLD", reason="CONTENT_CHANGED", next_status="PDNG", detail=detail
    )


def decide_unreadable(record: Record, policy: Policy) -> Decision | None:
    """Return the INVALID_EVENT hold of a record; None if the record can be read."""
    value = record.value or b""
    try:
        intake.read(value, record.key, record.header("content-type"), record.header("rail"))
    except InvalidEventError as error:
        payment_id = intake.held_payment_id(record.key, error, record.position)
        return hold_unreadable(payment_id, raw_hash(value), policy, str(error))
    return None
