"""Dead letters of any producer: the reason, the original position and the original headers.

Three header conventions are supported: Holdgate's own (text), that of Spring Kafka's
DeadLetterPublishingRecoverer (`kafka_dlt-*`, numbers as big-endian bytes), and that of Kafka Connect's
DeadLetterQueueReporter (`__connect.errors.*`, all text).
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from holdgate.core.records import topics
from holdgate.core.records.kafka_record import Header, Record

Convention = Literal["holdgate", "spring", "connect", "none"]

SPRING, CONNECT = "kafka_dlt-", "__connect.errors."
SPRING_OWN = (SPRING, "kafka_original-", "kafka_exception-", "springDeserializerException", "retry_topic-")
"""Prefixes of headers that Spring adds to dead letters and during retries."""

MAX_ATTEMPTS = 3
"""A dead letter that came back this often is quarantined: not redriven, for a person to look at."""

_ADDED = frozenset(
    {
        *(f"ce_{name}" for name in ("specversion", "id", "type", "source", "time")),
        topics.INPUT_TOPIC,
        topics.INPUT_PARTITION,
        topics.INPUT_OFFSET,
        topics.INPUT_TIMESTAMP,
        topics.REASON_CODE,
        topics.REASON_TEXT,
    }
)


class DeadLetter(NamedTuple):
    """A dead letter: `record` is the letter itself, `headers` are those of the original record.

    The original position is None as far as no header gives it; the timestamp is in Unix milliseconds. `text`
    may quote the record if another program wrote it.
    """

    record: Record
    convention: Convention
    reason: str
    text: str
    topic: str | None
    partition: int | None
    offset: int | None
    timestamp: int | None
    attempts: int
    headers: tuple[Header, ...]

    @property
    def quarantined(self) -> bool:
        """Whether it came back too often to be redriven."""
        return self.attempts >= MAX_ATTEMPTS

    @property
    def order(self) -> tuple[str, int, int]:
        """The original position, by which dead letters are redriven in order."""
        partition = self.partition if self.partition is not None else self.record.partition
        return self.topic or "", partition, self.offset if self.offset is not None else self.record.offset


def read_dead_letter(record: Record) -> DeadLetter:
    """Read a record of a dead letter topic; without a known convention its reason is `unknown`."""
    headers = dict(record.headers)
    if topics.REASON_CODE in headers:
        return _own(record, headers)
    if any(name.startswith(SPRING) for name in headers):
        return _spring(record, headers)
    if any(name.startswith(CONNECT) for name in headers):
        return _connect(record, headers)
    original = tuple(header for header in record.headers if header[0] != topics.REDRIVES)
    return DeadLetter(
        record, "none", "unknown", "no header says why", None, None, None, None, _attempts(headers), original
    )


def _own(record: Record, headers: Mapping[str, bytes]) -> DeadLetter:
    original = tuple(
        (name.removeprefix(topics.ORIGINAL) if name.removeprefix(topics.ORIGINAL) in _ADDED else name, value)
        for name, value in record.headers
        if name not in _ADDED and name not in (topics.REDRIVES, topics.REPLAY)
    )
    return DeadLetter(
        record,
        "holdgate",
        _text(headers, topics.REASON_CODE) or "unknown",
        _text(headers, topics.REASON_TEXT) or "",
        _text(headers, topics.INPUT_TOPIC),
        _decimal(headers, topics.INPUT_PARTITION),
        _decimal(headers, topics.INPUT_OFFSET),
        _decimal(headers, topics.INPUT_TIMESTAMP),
        _attempts(headers),
        original,
    )


def _spring(record: Record, headers: Mapping[str, bytes]) -> DeadLetter:
    thrown = _text(headers, f"{SPRING}exception-cause-fqcn") or _text(headers, f"{SPRING}exception-fqcn")
    return DeadLetter(
        record,
        "spring",
        _class(thrown),
        _text(headers, f"{SPRING}exception-message") or "",
        _text(headers, f"{SPRING}original-topic"),
        _binary(headers, f"{SPRING}original-partition"),
        _binary(headers, f"{SPRING}original-offset"),
        _binary(headers, f"{SPRING}original-timestamp"),
        _attempts(headers),
        _without(record, SPRING_OWN),
    )


def _connect(record: Record, headers: Mapping[str, bytes]) -> DeadLetter:
    stage = _text(headers, f"{CONNECT}stage")
    thrown = _class(_text(headers, f"{CONNECT}exception.class.name"))
    return DeadLetter(
        record,
        "connect",
        f"{thrown} in {stage}" if stage else thrown,
        _text(headers, f"{CONNECT}exception.message") or "",
        _text(headers, f"{CONNECT}topic"),
        _decimal(headers, f"{CONNECT}partition"),
        _decimal(headers, f"{CONNECT}offset"),
        None,
        _attempts(headers),
        _without(record, (CONNECT,)),
    )


def _without(record: Record, prefixes: tuple[str, ...]) -> tuple[Header, ...]:
    return tuple(
        (name, value)
        for name, value in record.headers
        if not name.startswith(prefixes) and name not in (topics.REDRIVES, topics.REPLAY)
    )


def _attempts(headers: Mapping[str, bytes]) -> int:
    return _decimal(headers, topics.REDRIVES) or 0


def _class(name: str | None) -> str:
    return name.rpartition(".")[2] if name else "unknown"


def _text(headers: Mapping[str, bytes], name: str) -> str | None:
    return headers[name].decode("utf-8", "replace") if name in headers else None


def _decimal(headers: Mapping[str, bytes], name: str) -> int | None:
    text = (_text(headers, name) or "").strip()
    return int(text) if text.removeprefix("-").isdecimal() and text.isascii() else None


def _binary(headers: Mapping[str, bytes], name: str) -> int | None:
    """Return a big-endian number of four or eight bytes, or a decimal text, which some producers write."""
    value = headers.get(name, b"")
    if len(value) in (4, 8) and not value.isdigit():
        return int.from_bytes(value, "big", signed=True)
    return _decimal(headers, name)
