"""The topics of review: append events, store and find evidence."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from typing import NamedTuple

from kafka.partitioner.default import murmur2

from holdgate.adapters.kafka.position_reader import PositionReader
from holdgate.adapters.kafka.writer import KafkaWriter
from holdgate.core.records.kafka_record import (
    Header,
    Outgoing,
    Record,
    evidence_headers,
    review_event_headers,
)
from holdgate.core.records.topics import REVIEW_EVENTS, REVIEW_EVIDENCE
from holdgate.core.review.case_facts import UNKNOWN_MEDIA_TYPE
from holdgate.core.review.event import ReviewEvent, encode_event, event_key
from holdgate.core.review.event_contents import LogPosition
from holdgate.runtime.settings import Settings

EVENTS_PARTITION = 0
"""`review.events` has one partition: its order settles every race."""


class EvidenceItem(NamedTuple):
    """A value to keep, with its media type and the headers that it is kept with."""

    value: bytes
    media_type: str
    headers: tuple[Header, ...] = ()

    @property
    def digest(self) -> str:
        """The SHA-256 of the value, which is its key."""
        return hashlib.sha256(self.value).hexdigest()


def evidence_partition(digest: str, partitions: int) -> int:
    """Return the partition of a value: that of Kafka's own clients, so that all writers choose the same."""
    return int(murmur2(digest.encode()) & 0x7FFFFFFF) % partitions


class ReviewLog:
    """Writes both topics, and reads single values of evidence.

    Every call may raise one of `KafkaFault`, and `OperatorError` without permission.
    """

    def __init__(self, settings: Settings) -> None:
        self._topic = settings.topic(REVIEW_EVIDENCE.name)
        with ExitStack() as exits:
            self._writer = exits.enter_context(KafkaWriter(settings))
            self._reader = exits.enter_context(closing(PositionReader(settings)))
            self._partitions = self._reader.count_partitions(self._topic)
            self._exits = exits.pop_all()

    def append(self, events: Sequence[ReviewEvent]) -> list[int]:
        """Append events in order; return their offsets once they are in the log."""
        return self._writer.publish(
            [
                Outgoing(
                    REVIEW_EVENTS.name,
                    event_key(event).encode(),
                    encode_event(event),
                    EVENTS_PARTITION,
                    review_event_headers(event.event_id, event.at),
                )
                for event in events
            ]
        )

    def put_evidence(self, items: Sequence[EvidenceItem]) -> dict[str, LogPosition]:
        """Store values, equal ones once; return where each is, by its SHA-256."""
        now = datetime.now(UTC)
        by_digest = {item.digest: item for item in items}
        records = [
            Outgoing(
                REVIEW_EVIDENCE.name,
                digest.encode(),
                item.value,
                evidence_partition(digest, self._partitions),
                [*evidence_headers(digest, item.media_type, now), *item.headers],
            )
            for digest, item in by_digest.items()
        ]
        offsets = self._writer.publish(records)
        return {
            digest: LogPosition(record.partition or 0, offset)
            for digest, record, offset in zip(by_digest, records, offsets, strict=True)
        }

    def erase_evidence(self, digests: Sequence[str]) -> None:
        """Replace values by null. Kafka removes them from its disks when it compacts the topic."""
        now = datetime.now(UTC)
        self._writer.publish(
            [
                Outgoing(
                    REVIEW_EVIDENCE.name,
                    digest.encode(),
                    None,
                    evidence_partition(digest, self._partitions),
                    evidence_headers(digest, UNKNOWN_MEDIA_TYPE, now),
                )
                for digest in digests
            ]
        )

    def find_evidence(self, digest: str, at: LogPosition | None) -> Record | None:
        """Return the record of a value; None if it was erased or never there.

        `at` is where it was written. If a later record of the same key replaced it, that one is found by
        reading on; without `at` the partition is read from its start.
        """
        partition = evidence_partition(digest, self._partitions) if at is None else at.partition
        key, start = digest.encode(), 0 if at is None else at.offset
        if at is not None:
            found = self._reader.fetch(self._topic, partition, (at.offset,)).get(at.offset)
            if found is not None and found.key == key:
                return _checked(found, digest)
        for record in self._reader.read(self._topic, partition, start):
            if record.key == key:
                return _checked(record, digest)
        return None

    def find_all_evidence(self, wanted: Mapping[str, LogPosition | None]) -> dict[str, Record]:
        """Return the records of many values by digest, as `find_evidence` does; the missing ones are absent.

        Values that were written one after the other are read together.
        """
        offsets: defaultdict[int, list[int]] = defaultdict(list)
        for at in wanted.values():
            if at is not None:
                offsets[at.partition].append(at.offset)
        found: dict[str, Record] = {}
        for partition, positions in offsets.items():
            for record in self._reader.fetch(self._topic, partition, positions).values():
                digest = (record.key or b"").decode("utf-8", "replace")
                if (checked := _checked(record, digest)) is not None:
                    found[digest] = checked
        for digest in wanted.keys() - found.keys():
            if (record_found := self.find_evidence(digest, wanted[digest])) is not None:
                found[digest] = record_found
        return found

    def publish(self, records: Sequence[Outgoing]) -> list[int]:
        """Write records of other topics; return their offsets once they are in the log."""
        return self._writer.publish(records)

    def fetch(self, topic: str, partition: int, offsets: Sequence[int]) -> dict[int, Record]:
        """Return records of any topic, which has the name that it has on the cluster, by offset."""
        return self._reader.fetch(topic, partition, offsets)

    def close(self) -> None:
        """Close the connections."""
        self._exits.close()


def _checked(record: Record, digest: str) -> Record | None:
    """Return a record whose value has this digest: an altered or erased one is not the evidence."""
    value = record.value
    return record if value is not None and hashlib.sha256(value).hexdigest() == digest else None
