"""Trace one payment through topics, audit, lists and Redis, in time order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from msgspec import Struct

from holdgate.adapters.files.archive import archive_of
from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.adapters.redis import keys
from holdgate.adapters.redis.claim_inspection import inspect_claim
from holdgate.adapters.redis.snapshot_store import SnapshotStore
from holdgate.core.intake import InvalidEventError
from holdgate.core.intake import reader as intake
from holdgate.core.model.decision import Decision, ReviewOutcome, from_json
from holdgate.core.records import dead_letter
from holdgate.core.records.claim import payment_key
from holdgate.core.records.decision_in_force import DecisionsInForce, Standing, is_late_release
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.topics import (
    DEAD_LETTERS,
    DECISIONS,
    INPUT_OFFSET,
    INPUT_PARTITION,
    QUARANTINED,
    REDRIVES,
    REPLAY,
    SUBMITTED,
)
from holdgate.runtime.durations import in_words
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

SENDER_CLOCK_TOLERANCE = timedelta(hours=2)
"""How much earlier than its decision a payment's timestamp may be: it comes from the sender's clock."""

Where = Literal["payment", "decision", "dead letter", "audit", "lists", "claim"]

STANDINGS: Mapping[Standing, str] = {
    "in force": "this decision is in force",
    "replaced": "it was in force until a later decision followed it",
    "repeated": "it repeats an earlier record and changes nothing",
    "void": "void: the decision that it follows was not in force, or it is not the first and follows none",
}
"""What a decision's record is, as a sentence. Decisions older than the trace are not known."""


class TraceEvent(Struct, frozen=True, omit_defaults=True):
    """One event: its time, its kind (`where`), its position (`place`), and sentences about it."""

    at: datetime
    where: Where
    place: str
    said: tuple[str, ...]


def trace(settings: Settings, payment_id: str, since: timedelta) -> list[TraceEvent]:
    """Return the events of a payment within the last `since`; raise `OperatorError` if there are none."""
    log, start = KafkaLog(settings), datetime.now(UTC) - since
    key = payment_id.encode()
    decisions = [record for record in _since(log, DECISIONS.name, start) if record.key == key]
    inputs = {(record.header(INPUT_PARTITION), record.header(INPUT_OFFSET)) for record in decisions}
    payments = [
        record
        for record in _since(log, SUBMITTED.name, start - SENDER_CLOCK_TOLERANCE)
        if record.key == key or (str(record.partition), str(record.offset)) in inputs
    ]
    dead_letters = [
        record
        for topic in (DEAD_LETTERS, QUARANTINED)
        for record in _since(log, topic.name, start)
        if record.key == key or (record.header(INPUT_PARTITION), record.header(INPUT_OFFSET)) in inputs
    ]
    if not (decisions or payments or dead_letters):
        raise OperatorError(
            f"no trace of {payment_id} in the last {in_words(since.total_seconds())}; try a larger --last"
        )
    events = [
        *map(_payment_event, payments),
        *_decision_events(decisions),
        *map(_dead_letter_event, dead_letters),
    ]
    runs = {run for record in [*payments, *decisions] if (run := record.header(REPLAY)) is not None}
    events += _audit_events(settings, runs)
    events += _list_events(settings, [from_json(record.value or b"") for record in decisions])
    return sorted(events, key=lambda event: event.at) + _claim_events(settings, payment_id)


def _since(log: KafkaLog, topic: str, start: datetime) -> Iterator[Record]:
    bounds, offsets = log.bounds(topic), log.offsets_at(topic, start)
    for partition, (_, end) in bounds.items():
        first = offsets[partition]
        for chunk in log.read(topic, partition, end if first is None else first, end):
            yield from chunk.records


def _payment_event(record: Record) -> TraceEvent:
    if record.value is None:
        return TraceEvent(
            _written_at(record), "payment", record.position, ("a null record, which holds no payment",)
        )
    redrives = record.header(REDRIVES)
    sentences = [f"redriven, attempt {redrives}, by {record.header(REPLAY)}"] if redrives else []
    try:
        payments = intake.read(record.value, record.key, record.header("content-type"), record.header("rail"))
    except InvalidEventError as error:
        return TraceEvent(
            _written_at(record),
            "payment",
            record.position,
            (*sentences, f"cannot be read ({error.code}): {error}"),
        )
    for received in payments:
        payment = received.payment
        amount = " ".join(filter(None, (payment.amount, payment.currency)))
        sentences.append(
            f"{payment.payment_id}: {amount or 'no amount'}, rail {payment.rail or 'unknown'},"
            f" UETR {payment.uetr or 'none'}, content {received.content_hash[:16]}"
        )
    return TraceEvent(_written_at(record), "payment", record.position, tuple(sentences))


def _decision_events(records: Sequence[Record]) -> Iterator[TraceEvent]:
    """Yield an event for each decision, which says which one is in force."""
    in_force = DecisionsInForce()
    decided = [from_json(record.value or b"") for record in records]
    took_effect = [in_force.add(decision) for decision in decided]
    for record, decision, took in zip(records, decided, took_effect, strict=True):
        is_late = took and is_late_release(decision, _written_at(record))
        yield _decision_event(record, decision, in_force.find_standing(decision, took), is_late)


def _decision_event(record: Record, decision: Decision, standing: Standing, is_late: bool) -> TraceEvent:
    sentences = [
        f"{decision.decision} {decision.reason}, {decision.next_status}, decision {decision.decision_id}"
        + (f", follows {decision.follows}" if decision.follows else ""),
        STANDINGS[standing],
        *([f"written after its deadline, {decision.deadline:%H:%M:%S.%f}: hold it"] if is_late else []),
        f"lists {decision.list_version}, policy {decision.policy_version}, engine {decision.engine_version}",
        *([_review_sentence(decision.review)] if decision.review else []),
        *([decision.detail] if decision.detail else []),
        *(
            f"{match.field} {match.value!r} meets {match.entry_id} {match.matched_name!r} by {match.rule},"
            f" {match.score:.4f}" + (f", judged {match.verdict}" if match.verdict else "")
            for match in decision.matches
        ),
    ]
    if run := record.header(REPLAY):
        sentences.append(f"reissued by {run}")
    return TraceEvent(_written_at(record), "decision", record.position, tuple(sentences))


def _review_sentence(review: ReviewOutcome) -> str:
    """Return who disposed of a held payment, and why."""
    return (
        f"held for {review.held_for}; {review.code}: proposed by {review.proposed_by}, approved by"
        f" {' and '.join(review.approved_by)}, case {review.case_id}, event {review.event_id}"
    )


def _dead_letter_event(record: Record) -> TraceEvent:
    letter = dead_letter.read_dead_letter(record)
    return TraceEvent(
        _written_at(record), "dead letter", record.position, (f"{letter.reason}: {letter.text}",)
    )


def _audit_events(settings: Settings, runs: set[str]) -> Iterator[TraceEvent]:
    for audit in AuditLog(settings).read() if runs else ():
        if audit.run_id in runs:
            sentence = f"{audit.action} {audit.state} by {audit.by}: {audit.reason}"
            yield TraceEvent(audit.at, "audit", audit.run_id, (sentence,))


def _list_events(settings: Settings, decisions: Iterable[Decision]) -> Iterator[TraceEvent]:
    """Yield when the lists of the decisions became current, and where they are stored."""
    versions = {decision.list_version for decision in decisions}
    archive = archive_of(settings)
    store = SnapshotStore(settings)
    try:
        recent, pointer = set(store.versions()), store.current()
    finally:
        store.close()
    announced = {entry.version: entry.published_at for entry in archive.announcements()} if archive else {}
    if pointer is not None:
        announced.setdefault(pointer.version, pointer.published_at)
    archived = set(archive.versions()) if archive else set()
    for version in sorted(versions & announced.keys()):
        stores = [name for name, held in (("Redis", recent), ("the archive", archived)) if version in held]
        state = "current" if pointer and pointer.version == version else "no longer current"
        sentence = (
            f"became current; {state}, stored in {' and '.join(stores) or 'neither Redis nor the archive'}"
        )
        yield TraceEvent(announced[version], "lists", version, (sentence,))


def _claim_events(settings: Settings, payment_id: str) -> list[TraceEvent]:
    """Return what Redis holds now, as the last event."""
    claim = inspect_claim(settings, payment_id)
    if claim is None:
        sentences: tuple[str, ...] = ("none: it expired, was lost, or the payment was never read",)
    elif claim.content is None:
        sentences = (
            "unreadable or wrongly signed: the worker that reads it next takes the decision from the topic",
        )
    else:
        decision = claim.decision
        outcome = f"{decision.decision} {decision.reason}" if decision else "RELEASE NO_MATCH"
        sentences = (
            f"{outcome} for content {claim.content[:16]}, expires in {in_words(claim.hours_left * 3600)}",
        )
        if claim.versions is not None:
            sentences += (f"lists {claim.versions.lists}, policy {claim.versions.policy}",)
    return [TraceEvent(datetime.now(UTC), "claim", keys.claim(payment_key(payment_id)), sentences)]


def _written_at(record: Record) -> datetime:
    return datetime.fromtimestamp(record.timestamp, UTC)
