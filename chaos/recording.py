"""The recording of a run: its topics, the lists that were current, and offsets sampled meanwhile.

Neither this module nor the checker uses the code under test: records are read with another client and
checked against the contract alone.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

SUBMITTED, DECISIONS, DEAD_LETTERS = "payments.submitted", "screening.decisions", "screening.dead-letters"
KIND_HEADER = "chaos-kind"
"""Header with the kind of each payment sent (see `load.py`)."""


class StoredRecord(NamedTuple):
    """A record in a topic. `timestamp` is in Unix seconds."""

    partition: int
    offset: int
    timestamp: float
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, str]

    @property
    def position(self) -> tuple[int, int]:
        """Partition and offset."""
        return self.partition, self.offset

    @property
    def input_position(self) -> tuple[int, int]:
        """The position of the input of a decision or dead letter, from its headers."""
        return int(self.headers["holdgate_partition"]), int(self.headers["holdgate_offset"])


class ListWindow(NamedTuple):
    """The time (in Unix seconds) during which a list version was current, and whether it was fresh."""

    version: str
    start: float
    end: float
    fresh: bool


class OffsetSample(NamedTuple):
    """Committed offsets of the input and then end offsets of the decisions, by partition."""

    committed: Mapping[int, int]
    decisions_end: Mapping[int, int]


@dataclass
class Recording:
    """Everything that the checker uses."""

    submitted: Sequence[StoredRecord]
    decisions: Sequence[StoredRecord]
    dead_letters: Sequence[StoredRecord]
    committed: Mapping[int, int]
    list_windows: Sequence[ListWindow]
    holds_listed_person: Mapping[str, bool]
    """By list version: whether it contains the person whom payments of kind `listed` go to."""
    offset_samples: Sequence[OffsetSample] = ()
    acknowledged: Sequence[tuple[int, int]] = ()
    """Positions of the payments that Kafka acknowledged to the payment system."""
    max_swap_seconds: float = 20.0
    """Every worker must use a new list within this time."""
    bodies: dict[bytes, dict[str, Any]] = field(default_factory=dict, repr=False)

    def body(self, decision: StoredRecord) -> dict[str, Any]:
        """Return the decoded decision; equal bytes are decoded once."""
        value = decision.value or b"{}"
        if value not in self.bodies:
            self.bodies[value] = json.loads(value)
        return self.bodies[value]


def read_topics(bootstrap: str, prefix: str, group: str) -> dict[str, Any]:
    """Return every record of the three topics and the group's committed offsets.

    Raises `ValueError` if there are no payments or no decisions.
    """
    found: dict[str, Any] = {
        name: list(_read_topic(bootstrap, prefix + topic))
        for name, topic in (
            ("submitted", SUBMITTED),
            ("decisions", DECISIONS),
            ("dead_letters", DEAD_LETTERS),
        )
    }
    if not found["submitted"] or not found["decisions"]:
        raise ValueError("no payments or no decisions were read, so there is nothing to check")
    return found | {"committed": committed_offsets(bootstrap, prefix, group)}


def committed_offsets(bootstrap: str, prefix: str, group: str) -> dict[int, int]:
    """Return the committed offset per partition of the payments."""
    admin = KafkaAdminClient(
        bootstrap_servers=bootstrap, bootstrap_timeout_ms=3_000, request_timeout_ms=5_000
    )
    try:
        [offsets] = admin.list_group_offsets({group: None}).values()
    finally:
        admin.close()
    return {
        place.partition: known.offset
        for place, known in offsets.items()
        if place.topic == prefix + SUBMITTED and known.offset >= 0
    }


def end_offsets(bootstrap: str, topic: str) -> dict[int, int]:
    """Return the end offset per partition."""
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap, bootstrap_timeout_ms=3_000, request_timeout_ms=5_000
    )
    try:
        places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        return {place.partition: end for place, end in consumer.end_offsets(places).items()}
    finally:
        consumer.close()


def _read_topic(bootstrap: str, topic: str) -> Iterator[StoredRecord]:
    """Yield every record up to the current end offset; raise `TimeoutError` after 20 s without a record."""
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=5_000,
        max_partition_fetch_bytes=10_000_000,
    )
    try:
        places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        consumer.assign(places)
        for place in places:
            consumer.seek(place, 0)
        last = consumer.end_offsets(places)
        while any(consumer.position(place) < last[place] for place in places):
            batches = consumer.poll(timeout_ms=20_000)
            if not batches:
                raise TimeoutError(f"{topic}: no record within 20 s before the end {last}")
            for records in batches.values():
                for record in records:
                    headers = {name: value.decode("utf-8", "replace") for name, value in record.headers}
                    yield StoredRecord(
                        record.partition,
                        record.offset,
                        record.timestamp / 1000,
                        record.key,
                        record.value,
                        headers,
                    )
    finally:
        consumer.close()
