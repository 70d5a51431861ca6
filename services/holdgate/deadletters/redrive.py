"""Dead letters sent again: first said, then done, each as it was but for what made it fail."""

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
    """A letter as it would be sent. `fails` is the reason code it would come back with, None if it is read;
    what is quarantined is not sent."""

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
    """What would be sent, in the order in which it stood; `headers` take the place of those of their names.

    Raises `NotPossibleError` for a letter that does not say where it came from, where `to` does not either.
    """
    return [
        _resent(letter, topic_prefix, headers, key_from_payment, to)
        for letter in sorted(letters, key=lambda letter: letter.order)
    ]


def _resent(
    letter: DeadLetter, topic_prefix: str, headers: Mapping[str, str], key_from_payment: bool, to: str | None
) -> PreparedLetter:
    record = letter.record
    topic = to or (letter.topic or "").removeprefix(topic_prefix)
    if not topic:
        raise OperatorError(f"dead letter {position_of(letter)} does not say where it came from: say --to")
    key = record.key
    if key_from_payment:
        found = canonical.find_payment_id(record.value or b"")
        key = found.encode() if found is not None else key
    added: list[Header] = [(name, value.encode()) for name, value in headers.items()]
    kept = [(name, value) for name, value in letter.headers if name.lower() not in headers]
    marks: list[Header] = [
        (topics.REDRIVES, str(letter.attempts + 1).encode()),
        (topics.REDRIVEN, record.position.encode()),
    ]
    kept = [found for found in kept if found[0] != topics.REDRIVEN]
    outgoing = Outgoing(topic, key, record.value, letter.partition, [*kept, *added, *marks])
    return PreparedLetter(letter, outgoing, _fails(record, outgoing))


def _fails(record: Record, outgoing: Outgoing) -> str | None:
    if outgoing.value is None:
        return None
    again = record._replace(headers=outgoing.headers)
    try:
        intake.read(outgoing.value, outgoing.key, again.header("content-type"), again.header("rail"))
    except InvalidEventError as error:
        return error.code
    return None


def redrive(settings: Settings, topic: str, resent: Sequence[PreparedLetter], reason: str) -> Audit:
    """Send them, say in the own group how far the topic is handled, and audit it.

    Raises `NotPossibleError` where Kafka does not permit it; what stands by then is audited as sent.
    """
    log, audit = KafkaLog(settings), AuditLog(settings)
    targets = {one.outgoing.topic for one in resent}
    if len(targets) != 1:
        raise OperatorError(f"these came from {', '.join(sorted(targets))}: redrive one topic at a time")
    [target] = targets
    there = log.bounds(target)
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    positions = [(one.letter.record.partition, one.letter.record.offset) for one in resent]
    ends = ",".join(f"{partition}:{bounds.end}" for partition, bounds in there.items())
    what = {"topic": topic, "to": target, "ends": ends, "positions": pack_offsets(positions)}
    begun = audit.write(run_id, "dead-letters.redrive", "started", reason, what)
    with KafkaWriter(settings, settings.redrive_group) as writer:
        try:
            _publish(writer, resent, run_id, there)
        except OperatorError:
            stand = sent_positions(log, begun)
            went = what | {"positions": pack_offsets(stand)}
            counts = {"redriven": len(stand)}
            audit.write(run_id, "dead-letters.redrive", "ended", reason, went, counts, "refused")
            raise
        ended = audit.write(run_id, "dead-letters.redrive", "ended", reason, what, {"redriven": len(resent)})
        writer.commit(topic, _handled_upto(log, audit, topic))
    return ended


def _publish(
    writer: KafkaWriter, resent: Sequence[PreparedLetter], run_id: str, partitions: Container[int | None]
) -> None:
    mark: Header = (topics.REPLAY, run_id.encode())
    for start in range(0, len(resent), BATCH_RECORDS):
        some = resent[start : start + BATCH_RECORDS]
        writer.publish(
            [
                one.outgoing._replace(
                    headers=[*one.outgoing.headers, mark],
                    partition=one.outgoing.partition if one.outgoing.partition in partitions else None,
                )
                for one in some
            ],
            [one.letter.timestamp for one in some],
        )


def discard(settings: Settings, topic: str, letters: Sequence[DeadLetter], reason: str) -> Audit:
    """Give letters up: they are listed no more, and stay in the topic as long as it keeps them."""
    log, audit = KafkaLog(settings), AuditLog(settings)
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    positions = [(letter.record.partition, letter.record.offset) for letter in letters]
    what = {"topic": topic, "positions": pack_offsets(positions)}
    ended = audit.write(run_id, "dead-letters.discard", "ended", reason, what, {"discarded": len(letters)})
    with KafkaWriter(settings, settings.redrive_group) as writer:
        writer.commit(topic, _handled_upto(log, audit, topic))
    return ended


def _handled_upto(log: KafkaLog, audit: AuditLog, topic: str) -> dict[int, int]:
    """Of each partition the first offset that is open: what lies before it is nobody's work any more."""
    done = handled_positions(log, audit, topic)
    upto = {}
    for partition, bounds in log.bounds(topic).items():
        at = bounds.first
        while at < bounds.end and (partition, at) in done:
            at += 1
        upto[partition] = at
    return upto
