"""Send dead letters again, each unchanged except for what made it fail; first as a dry run."""

import secrets
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.adapters.kafka.writer import KafkaWriter
from holdgate.core.intake import InvalidEventError, canonical
from holdgate.core.intake import reader as intake
from holdgate.core.records import topics
from holdgate.core.records.audit import Audit
from holdgate.core.records.dead_letter import DeadLetter
from holdgate.core.records.kafka_record import Header, Outgoing, Record
from holdgate.core.records.offset_ranges import pack_offsets
from holdgate.deadletters.handled import handled_positions, sent_positions
from holdgate.deadletters.letters import position_of
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

BATCH_RECORDS = 500


class PreparedLetter(NamedTuple):
    """A letter and the record that would be sent for it.

    `fails` is the reason code with which the record would become a dead letter again; None if it can be read.
    """

    letter: DeadLetter
    outgoing: Outgoing
    fails: str | None


def prepare_letters(
    letters: Iterable[DeadLetter],
    topic_prefix: str,
    *,
    headers: Mapping[str, str],
    key_from_payment: bool = False,
    to: str | None = None,
) -> list[PreparedLetter]:
    """Return what would be sent, in the letters' original order; `headers` replace headers of the same name.

    Raises `OperatorError` for a letter that does not name its topic, unless `to` does.
    """
    return [
        _prepared(letter, topic_prefix, headers, key_from_payment, to)
        for letter in sorted(letters, key=lambda letter: letter.order)
    ]


def _prepared(
    letter: DeadLetter, topic_prefix: str, headers: Mapping[str, str], key_from_payment: bool, to: str | None
) -> PreparedLetter:
    record = letter.record
    topic = to or (letter.topic or "").removeprefix(topic_prefix)
    if not topic:
        raise OperatorError(f"dead letter {position_of(letter)} does not name its topic: give it with --to")
    key = record.key
    if key_from_payment:
        payment_id = canonical.find_payment_id(record.value or b"")
        key = payment_id.encode() if payment_id is not None else key
    added: list[Header] = [(name, value.encode()) for name, value in headers.items()]
    original = [
        (name, value)
        for name, value in letter.headers
        if name.lower() not in headers and name != topics.REDRIVEN
    ]
    marks: list[Header] = [
        (topics.REDRIVES, str(letter.attempts + 1).encode()),
        (topics.REDRIVEN, record.position.encode()),
    ]
    outgoing = Outgoing(topic, key, record.value, letter.partition, [*original, *added, *marks])
    return PreparedLetter(letter, outgoing, _failure_code(record, outgoing))


def _failure_code(record: Record, outgoing: Outgoing) -> str | None:
    if outgoing.value is None:
        return None
    redriven = record._replace(headers=outgoing.headers)
    try:
        intake.read(outgoing.value, outgoing.key, redriven.header("content-type"), redriven.header("rail"))
    except InvalidEventError as error:
        return error.code
    return None


def redrive(settings: Settings, topic: str, letters: Sequence[PreparedLetter], reason: str) -> Audit:
    """Send letters again, commit how far the topic is handled, and return the audit.

    Raises `OperatorError` if Kafka denies a permission; the letters sent by then are audited as sent.
    """
    log, audit = KafkaLog(settings), AuditLog(settings)
    targets = {letter.outgoing.topic for letter in letters}
    if len(targets) != 1:
        raise OperatorError(
            f"these letters came from {', '.join(sorted(targets))}: redrive one topic at a time"
        )
    [target] = targets
    target_bounds = log.bounds(target)
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    records = [prepared.letter.record for prepared in letters]
    positions = [(record.partition, record.offset) for record in records]
    ends = ",".join(f"{partition}:{bounds.end}" for partition, bounds in target_bounds.items())
    what = {"topic": topic, "to": target, "ends": ends, "positions": pack_offsets(positions)}
    started = audit.write(run_id, "dead-letters.redrive", "started", reason, what)
    with KafkaWriter(settings, settings.redrive_group) as writer:
        try:
            _publish(writer, letters, run_id, target_bounds)
        except OperatorError:
            sent = sent_positions(log, started)
            what |= {"positions": pack_offsets(sent)}
            counts = {"redriven": len(sent)}
            audit.write(run_id, "dead-letters.redrive", "ended", reason, what, counts, "refused")
            raise
        ended = audit.write(run_id, "dead-letters.redrive", "ended", reason, what, {"redriven": len(letters)})
        writer.commit(topic, _first_open_offsets(log, audit, topic))
    return ended


def _publish(
    writer: KafkaWriter, letters: Sequence[PreparedLetter], run_id: str, partitions: Container[int | None]
) -> None:
    mark: Header = (topics.REPLAY, run_id.encode())
    for start in range(0, len(letters), BATCH_RECORDS):
        batch = letters[start : start + BATCH_RECORDS]
        writer.publish(
            [
                outgoing._replace(
                    headers=[*outgoing.headers, mark],
                    partition=outgoing.partition if outgoing.partition in partitions else None,
                )
                for _, outgoing, _ in batch
            ],
            [prepared.letter.timestamp for prepared in batch],
        )


def discard(settings: Settings, topic: str, letters: Sequence[DeadLetter], reason: str) -> Audit:
    """Discard letters: they are no longer listed, and stay in the topic until its retention passes."""
    log, audit = KafkaLog(settings), AuditLog(settings)
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    positions = [(letter.record.partition, letter.record.offset) for letter in letters]
    what = {"topic": topic, "positions": pack_offsets(positions)}
    ended = audit.write(run_id, "dead-letters.discard", "ended", reason, what, {"discarded": len(letters)})
    with KafkaWriter(settings, settings.redrive_group) as writer:
        writer.commit(topic, _first_open_offsets(log, audit, topic))
    return ended


def _first_open_offsets(log: KafkaLog, audit: AuditLog, topic: str) -> dict[int, int]:
    """Return the first open offset of each partition: everything before it has been handled."""
    handled = handled_positions(log, audit, topic)
    first_open = {}
    for partition, (offset, end) in log.bounds(topic).items():
        while offset < end and (partition, offset) in handled:
            offset += 1
        first_open[partition] = offset
    return first_open
