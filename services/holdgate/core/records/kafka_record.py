"""Kafka records, and the headers of outgoing ones: CloudEvents, trace context, position of the input."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from holdgate.core.records import topics

Header = tuple[str, bytes]


class Record(NamedTuple):
    """A consumed record; `timestamp` is in Unix seconds."""

    topic: str
    partition: int
    offset: int
    timestamp: float
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header]

    @property
    def position(self) -> str:
        """`topic:partition:offset`, which identifies the record."""
        return f"{self.topic}:{self.partition}:{self.offset}"

    def header(self, name: str) -> str | None:
        """Return the last header with this name (lower case) as text; None if there is none."""
        for key, value in reversed(self.headers):
            if key.lower() == name:
                return value.decode("utf-8", "replace")
        return None


class Outgoing(NamedTuple):
    """A record to write; if `partition` is None, the key decides."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int | None
    headers: list[Header]


def decision_headers(
    record: Record, decision_id: str, now: datetime, follows: str | None = None, replay: str | None = None
) -> list[Header]:
    """Return the headers of a decision on a record, decided at `now`.

    A superseding decision also has the id of the decision that it follows, and of the replay run.
    """
    superseding = ((topics.FOLLOWS, follows), (topics.REPLAY, replay))
    return [
        *_cloud_event(topics.DECISIONS, decision_id, record.topic, now),
        ("content-type", b"application/json"),
        *_carried(record),
        *_input(record),
        *((name, value.encode()) for name, value in superseding if value is not None),
    ]


def dead_letter_headers(record: Record, code: str, text: str, now: datetime) -> list[Header]:
    """Return the headers of a dead letter: those of the record, then the reason and its position.

    A header of the record with the name of an added one is renamed `original_<name>`.
    """
    added = [
        *_cloud_event(topics.DEAD_LETTERS, record.position, record.topic, now),
        *_input(record),
        (topics.INPUT_TIMESTAMP, str(int(record.timestamp * 1000)).encode()),
        (topics.REASON_CODE, code.encode()),
        (topics.REASON_TEXT, text.encode("utf-8", "replace")),
    ]
    added_names = {name for name, _ in added}
    original = [
        (topics.ORIGINAL + name if name in added_names else name, value) for name, value in record.headers
    ]
    return original + added


def announcement_headers(version: str, now: datetime) -> list[Header]:
    """Return the headers of a snapshot's announcement."""
    return [*_cloud_event(topics.PUBLISHED, version, "lists", now), ("content-type", b"application/json")]


def review_event_headers(event_id: str, now: datetime) -> list[Header]:
    """Return the headers of a review event."""
    return [
        *_cloud_event(topics.REVIEW_EVENTS, event_id, "review", now),
        ("content-type", b"application/json"),
    ]


def evidence_headers(digest: str, media_type: str, now: datetime) -> list[Header]:
    """Return the headers of a value of evidence, which is of any media type."""
    return [
        *_cloud_event(topics.REVIEW_EVIDENCE, digest, "review", now),
        ("content-type", media_type.encode()),
    ]


def checkpoint_headers(event_id: str, now: datetime) -> list[Header]:
    """Return the headers of a checkpoint."""
    return [
        *_cloud_event(topics.CHECKPOINTS, event_id, "audit", now),
        ("content-type", b"text/plain; charset=utf-8"),
    ]


def audit_headers(run_id: str, now: datetime) -> list[Header]:
    """Return the headers of an audit record."""
    return [*_cloud_event(topics.AUDIT, run_id, "on-call", now), ("content-type", b"application/json")]


def _cloud_event(topic: topics.Topic, event_id: str, source: str, now: datetime) -> list[Header]:
    return [
        ("ce_specversion", topics.CE_VERSION.encode()),
        ("ce_id", event_id.encode("utf-8", "replace")),
        ("ce_type", topics.CE_TYPES[topic].encode()),
        ("ce_source", f"/holdgate/{source}".encode()),
        ("ce_time", now.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z").encode()),
    ]


def _carried(record: Record) -> list[Header]:
    return [(name, value) for name, value in record.headers if name.lower() in topics.CARRIED_HEADERS]


def _input(record: Record) -> list[Header]:
    return [
        (topics.INPUT_TOPIC, record.topic.encode()),
        (topics.INPUT_PARTITION, str(record.partition).encode()),
        (topics.INPUT_OFFSET, str(record.offset).encode()),
    ]
