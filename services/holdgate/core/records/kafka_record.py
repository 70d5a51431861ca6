"""Records read and written, and the headers of the latter: CloudEvents, the trace, where the input stood."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from holdgate.core.records import topics

Header = tuple[str, bytes]


class Record(NamedTuple):
    """A record of `payments.submitted` as it came; `timestamp` is in Unix seconds."""

    topic: str
    partition: int
    offset: int
    timestamp: float
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header]

    @property
    def position(self) -> str:
        """`topic:partition:offset`, the record's one unmistakable name."""
        return f"{self.topic}:{self.partition}:{self.offset}"

    def header(self, name: str) -> str | None:
        """The last header of a name, as text; None where there is none."""
        for found, value in reversed(self.headers):
            if found.lower() == name:
                return value.decode("utf-8", "replace")
        return None


class Outgoing(NamedTuple):
    """A record to be written; `partition` is None where the key decides."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int | None
    headers: list[Header]


def decision_headers(
    record: Record, decision_id: str, now: datetime, follows: str | None = None, replay: str | None = None
) -> list[Header]:
    """The headers of a decision on a record, decided at `now`; of one made again, also the decision that it
    follows and the run of the replay that made it."""
    again = ((topics.FOLLOWS, follows), (topics.REPLAY, replay))
    return [
        *_cloud_event(topics.DECISIONS, decision_id, record.topic, now),
        ("content-type", b"application/json"),
        *_carried(record),
        *_input(record),
        *((name, value.encode()) for name, value in again if value is not None),
    ]


def dead_letter_headers(record: Record, code: str, text: str, now: datetime) -> list[Header]:
    """The headers of a dead letter: the record's own, then why it is one and where it stood.

    A header of the record that has the name of an added one is kept under `original_<name>`.
    """
    added = [
        *_cloud_event(topics.DEAD_LETTERS, record.position, record.topic, now),
        *_input(record),
        (topics.INPUT_TIMESTAMP, str(int(record.timestamp * 1000)).encode()),
        (topics.REASON_CODE, code.encode()),
        (topics.REASON_TEXT, text.encode("utf-8", "replace")),
    ]
    taken = {name for name, _ in added}
    kept = [(topics.ORIGINAL + name if name in taken else name, value) for name, value in record.headers]
    return kept + added


def announcement_headers(version: str, now: datetime) -> list[Header]:
    """The headers of a snapshot's announcement."""
    return [*_cloud_event(topics.PUBLISHED, version, "lists", now), ("content-type", b"application/json")]


def audit_headers(run_id: str, now: datetime) -> list[Header]:
    """The headers of an audit record."""
    return [*_cloud_event(topics.AUDIT, run_id, "on-call", now), ("content-type", b"application/json")]


def _cloud_event(topic: topics.Topic, name: str, about: str, now: datetime) -> list[Header]:
    return [
        ("ce_specversion", topics.CE_VERSION.encode()),
        ("ce_id", name.encode("utf-8", "replace")),
        ("ce_type", topics.CE_TYPES[topic].encode()),
        ("ce_source", f"/holdgate/{about}".encode()),
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
