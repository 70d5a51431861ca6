"""On-call: all that is known of one payment, in the order in which it happened."""

from collections.abc import Iterable, Iterator
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
from holdgate.core.model.decision import Decision, from_json
from holdgate.core.records import dead_letter
from holdgate.core.records.claim import payment_key
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.topics import (
    DEAD_LETTERS,
    DECISIONS,
    INPUT_OFFSET,
    INPUT_PARTITION,
    REDRIVES,
    REPLAY,
    SUBMITTED,
)
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

MAX_READ_AHEAD = timedelta(hours=2)
"""A payment has its sender's time, which may be before or after that of its decision."""

Where = Literal["payment", "decision", "dead letter", "audit", "lists", "claim"]


class TraceEvent(Struct, frozen=True, omit_defaults=True):
    """One thing that is known: when, what kind, where it stands, and its sentences."""

    at: datetime
    where: Where
    place: str
    said: tuple[str, ...]


def trace(settings: Settings, payment_id: str, since: timedelta) -> list[TraceEvent]:
    """All that is known of a payment from so long ago on; raises `NotPossibleError` where that is nothing."""
    log, start = KafkaLog(settings), datetime.now(UTC) - since
    key = payment_id.encode()
    decided = [record for record in _since(log, DECISIONS.name, start) if record.key == key]
    inputs = {(record.header(INPUT_PARTITION), record.header(INPUT_OFFSET)) for record in decided}
    sent = [
        record
        for record in _since(log, SUBMITTED.name, start - MAX_READ_AHEAD)
        if record.key == key or (str(record.partition), str(record.offset)) in inputs
    ]
    dead = [
        record
        for record in _since(log, DEAD_LETTERS.name, start)
        if record.key == key or (record.header(INPUT_PARTITION), record.header(INPUT_OFFSET)) in inputs
    ]
    if not (decided or sent or dead):
        raise OperatorError(f"nothing is known of {payment_id} in the last {since}: say --last with more")
    found = [*map(_payment, sent), *map(_decision, decided), *map(_dead, dead)]
    runs = {run for record in [*sent, *decided] if (run := record.header(REPLAY)) is not None}
    found += _audits(settings, runs)
    found += _lists(settings, [from_json(record.value or b"") for record in decided])
    return sorted(found, key=lambda seen: seen.at) + _claim(settings, payment_id)


def _since(log: KafkaLog, topic: str, start: datetime) -> Iterator[Record]:
    bounds, at = log.bounds(topic), log.offsets_at(topic, start)
    for partition, found in bounds.items():
        first = at[partition]
        for chunk in log.read(topic, partition, found.end if first is None else first, found.end):
            yield from chunk.records


def _payment(record: Record) -> TraceEvent:
    if record.value is None:
        return TraceEvent(_at(record), "payment", record.position, ("a null record: nobody's payment",))
    again = record.header(REDRIVES)
    said = [f"sent again for the {again}. time, as {record.header(REPLAY)}"] if again else []
    try:
        payments = intake.read(record.value, record.key, record.header("content-type"), record.header("rail"))
    except InvalidEventError as error:
        return TraceEvent(
            _at(record), "payment", record.position, (*said, f"cannot be read ({error.code}): {error}")
        )
    for received in payments:
        payment = received.payment
        amount = " ".join(filter(None, (payment.amount, payment.currency)))
        said.append(
            f"{payment.payment_id}: {amount or 'no amount'}, rail {payment.rail or 'not said'},"
            f" UETR {payment.uetr or 'none'}, content {received.content_hash[:16]}"
        )
    return TraceEvent(_at(record), "payment", record.position, tuple(said))


def _decision(record: Record) -> TraceEvent:
    decision = from_json(record.value or b"")
    said = [
        f"{decision.decision} {decision.reason}, {decision.next_status}, decision {decision.decision_id}"
        + (f", follows {decision.follows}" if decision.follows else ""),
        f"lists {decision.list_version}, policy {decision.policy_version}, engine {decision.engine_version}",
        *([decision.detail] if decision.detail else []),
        *(
            f"{match.field} {match.value!r} meets {match.entry_id} {match.matched_name!r} by {match.rule},"
            f" {match.score:.4f}"
            for match in decision.matches
        ),
    ]
    if run := record.header(REPLAY):
        said.append(f"made again by {run}")
    return TraceEvent(_at(record), "decision", record.position, tuple(said))


def _dead(record: Record) -> TraceEvent:
    letter = dead_letter.read_dead_letter(record)
    return TraceEvent(_at(record), "dead letter", record.position, (f"{letter.reason}: {letter.text}",))


def _audits(settings: Settings, runs: set[str]) -> Iterator[TraceEvent]:
    for audit in AuditLog(settings).read() if runs else ():
        if audit.run_id in runs:
            said = f"{audit.action} {audit.state} by {audit.by}: {audit.reason}"
            yield TraceEvent(audit.at, "audit", audit.run_id, (said,))


def _lists(settings: Settings, decisions: Iterable[Decision]) -> Iterator[TraceEvent]:
    """When the lists that the decisions name became current, and where they are kept now."""
    versions = {decision.list_version for decision in decisions}
    archive = archive_of(settings)
    store = SnapshotStore(settings)
    try:
        recent, pointer = set(store.versions()), store.current()
    finally:
        store.close()
    announced = {one.version: one.published_at for one in archive.announcements()} if archive else {}
    if pointer is not None:
        announced.setdefault(pointer.version, pointer.published_at)
    archived = set(archive.versions()) if archive else set()
    for version in sorted(versions & announced.keys()):
        places = [name for name, there in (("Redis", recent), ("the archive", archived)) if version in there]
        now = "current" if pointer and pointer.version == version else "no longer current"
        said = f"became current; {now}, kept in {' and '.join(places) or 'no place'}"
        yield TraceEvent(announced[version], "lists", version, (said,))


def _claim(settings: Settings, payment_id: str) -> list[TraceEvent]:
    """What Redis holds now, told last."""
    seen = inspect_claim(settings, payment_id)
    if seen is None:
        said: tuple[str, ...] = ("none: it expired, was lost, or the payment was never read",)
    else:
        stands = f"{seen.decision.decision} {seen.decision.reason}" if seen.decision else "RELEASE NO_MATCH"
        said = (f"{stands} stands for content {seen.content[:16]} for {seen.hours_left:.1f} hours more",)
        if seen.versions is not None:
            said += (f"lists {seen.versions.lists}, policy {seen.versions.policy}",)
    return [TraceEvent(datetime.now(UTC), "claim", keys.claim(payment_key(payment_id)), said)]


def _at(record: Record) -> datetime:
    return datetime.fromtimestamp(record.timestamp, UTC)
