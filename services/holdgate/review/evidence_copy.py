"""Copies payments and decisions into `review.evidence` before a case refers to them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

import structlog

from holdgate.adapters.kafka.review_log import EvidenceItem, ReviewLog
from holdgate.core.intake import InvalidEventError, Received
from holdgate.core.intake import reader as intake
from holdgate.core.model.decision import Decision, to_json
from holdgate.core.records.decision_in_force import DecisionKey
from holdgate.core.records.kafka_record import Header, Record
from holdgate.core.records.topics import INPUT_OFFSET, INPUT_PARTITION, INPUT_TOPIC, TRACE_HEADERS
from holdgate.core.review.case_facts import UNKNOWN_MEDIA_TYPE, describe_hold
from holdgate.core.review.event_contents import CaseFacts, LogPosition
from holdgate.core.review.review_rules import ReviewRules
from holdgate.review.decision_changes import DecisionChange
from holdgate.review.metrics import ReviewMetrics

log = structlog.get_logger()

KEPT_HEADERS = (INPUT_TOPIC, INPUT_PARTITION, INPUT_OFFSET, *TRACE_HEADERS)
"""Headers of a decision that are kept with its evidence: the decision that follows has them too."""


class InputPosition(NamedTuple):
    """Where a payment's record is; the topic has the name that it has on the cluster."""

    topic: str
    partition: int
    offset: int


def input_position(record: Record) -> InputPosition | None:
    """Return the position of a decision's payment, as its headers say; None if they do not."""
    topic = record.header(INPUT_TOPIC)
    partition, offset = record.header(INPUT_PARTITION) or "", record.header(INPUT_OFFSET) or ""
    if topic is None or not (partition.isdecimal() and offset.isdecimal()):
        return None
    return InputPosition(topic, int(partition), int(offset))


def kept_headers(record: Record) -> tuple[Header, ...]:
    """Return the headers of a decision, or of its evidence, that are kept with its evidence."""
    return tuple(header for header in record.headers if header[0].lower() in KEPT_HEADERS)


def decision_evidence(decision: Decision, headers: tuple[Header, ...]) -> EvidenceItem:
    """Return a decision as evidence."""
    return EvidenceItem(to_json(decision), "application/json", headers)


def gather_facts(
    changes: Sequence[DecisionChange],
    review_log: ReviewLog,
    rules: ReviewRules,
    metrics: ReviewMetrics,
    now: datetime,
) -> dict[str, CaseFacts]:
    """Copy the evidence of holds; return the facts of their cases by decision_id.

    The evidence is in the log when this function returns. A payment whose record is gone has none.
    """
    payments = _fetch_payments(changes, review_log)
    items: list[EvidenceItem] = []
    parts: list[tuple[DecisionChange, EvidenceItem, EvidenceItem | None]] = []
    read = _read_payments(payments.values())
    for change in changes:
        position = input_position(change.record)
        payment = None if position is None else payments.get(position)
        decision = EvidenceItem(change.record.value or b"", "application/json", kept_headers(change.record))
        copy = None
        if payment is None or payment.value is None:
            metrics.evidence_missing.inc()
            log.error(
                "the payment of a hold is gone: its case has no evidence",
                case_id=change.case_id,
                decision=change.record.position,
            )
        else:
            copy = EvidenceItem(payment.value, payment.header("content-type") or UNKNOWN_MEDIA_TYPE)
        items += [decision] if copy is None else [decision, copy]
        parts.append((change, decision, copy))
    positions = review_log.put_evidence(items)
    return {
        change.decision.decision_id: _facts(change, read, decision, copy, positions, rules, now)
        for change, decision, copy in parts
    }


def _facts(
    change: DecisionChange,
    read: Mapping[DecisionKey, Received],
    decision: EvidenceItem,
    copy: EvidenceItem | None,
    positions: dict[str, LogPosition],
    rules: ReviewRules,
    now: datetime,
) -> CaseFacts:
    held = change.decision
    return describe_hold(
        held,
        LogPosition(change.record.partition, change.record.offset),
        read.get((held.payment_id, held.content_hash)),
        (decision.digest, positions[decision.digest]),
        None if copy is None else (copy.digest, positions[copy.digest]),
        now,
        rules,
    )


def _read_payments(records: Iterable[Record]) -> dict[DecisionKey, Received]:
    """Return the payments of records by what they are; a message with many is read once."""
    found: dict[DecisionKey, Received] = {}
    for record in records:
        with suppress(InvalidEventError):
            media_type, rail = record.header("content-type"), record.header("rail")
            for received in intake.read(record.value or b"", record.key, media_type, rail):
                found[received.payment.payment_id, received.content_hash] = received
    return found


def _fetch_payments(changes: Sequence[DecisionChange], review_log: ReviewLog) -> dict[InputPosition, Record]:
    """Fetch the records of payments, each partition in the order of its offsets."""
    offsets: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    for change in changes:
        if (position := input_position(change.record)) is not None:
            offsets[position.topic, position.partition].add(position.offset)
    return {
        InputPosition(topic, partition, offset): record
        for (topic, partition), wanted in offsets.items()
        for offset, record in review_log.fetch(topic, partition, sorted(wanted)).items()
    }
