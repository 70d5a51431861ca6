"""The recording of a run: its topics, the lists that were current, and offsets sampled during the run.

Neither this module nor the checker uses the code under test: they read records with another client and check
them against the contract only.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from holdgate.adapters.kafka.clients import open_client

SUBMITTED, DECISIONS, DEAD_LETTERS = "payments.submitted", "screening.decisions", "screening.dead-letters"
REVIEW_EVENTS = "review.events"
KIND_HEADER = "chaos-kind"
"""Header with the kind of each payment sent (see `load.py`)."""


ContentKey = tuple[str, str]
"""payment_id and content hash."""


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
    """Committed offsets of the input and, read after them, end offsets of the decisions, by partition."""

    committed: Mapping[int, int]
    decisions_end: Mapping[int, int]


@dataclass
class Recording:
    """The input of the checker."""

    submitted: Sequence[StoredRecord]
    decisions: Sequence[StoredRecord]
    dead_letters: Sequence[StoredRecord]
    committed: Mapping[int, int]
    list_windows: Sequence[ListWindow]
    holds_listed_person: Mapping[str, bool]
    """Whether a list version contains the creditor of the payments of kind `listed`."""
    offset_samples: Sequence[OffsetSample] = ()
    acknowledged: Sequence[tuple[int, int]] = ()
    """Positions of the payments that Kafka acknowledged to the payment system."""
    review_events: Sequence[StoredRecord] = ()
    """Empty if nobody reviewed."""
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
    """Return every record of the four topics and the group's committed offsets.

    Raises `ValueError` if there are no payments or no decisions.
    """
    records: dict[str, Any] = {
        name: list(_read_topic(bootstrap, prefix + topic))
        for name, topic in (
            ("submitted", SUBMITTED),
            ("decisions", DECISIONS),
            ("dead_letters", DEAD_LETTERS),
            ("review_events", REVIEW_EVENTS),
        )
    }
    if not records["submitted"] or not records["decisions"]:
        raise ValueError("no payments or no decisions were read, so there is nothing to check")
    return records | {"committed": committed_offsets(bootstrap, prefix, group)}


def committed_offsets(bootstrap: str, prefix: str, group: str) -> dict[int, int]:
    """Return the committed offset per partition of the payments."""
    admin = open_client(
        KafkaAdminClient, bootstrap_servers=bootstrap, bootstrap_timeout_ms=3_000, request_timeout_ms=5_000
    )
    try:
        [offsets] = admin.list_group_offsets({group: None}).values()
    finally:
        admin.close()
    return {
        partition.partition: committed.offset
        for partition, committed in offsets.items()
        if partition.topic == prefix + SUBMITTED and committed.offset >= 0
    }


def end_offsets(bootstrap: str, topic: str) -> dict[int, int]:
    """Return the end offset per partition."""
    consumer = open_client(
        KafkaConsumer, bootstrap_servers=bootstrap, bootstrap_timeout_ms=3_000, request_timeout_ms=5_000
    )
    try:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        return {partition.partition: end for partition, end in consumer.end_offsets(partitions).items()}
    finally:
        consumer.close()


def _read_topic(bootstrap: str, topic: str) -> Iterator[StoredRecord]:
    """Yield every record up to the current end offset; raise `TimeoutError` after 20 s without a record."""
    consumer = open_client(
        KafkaConsumer,
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=5_000,
        max_partition_fetch_bytes=10_000_000,
    )
    try:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        consumer.assign(partitions)
        for partition in partitions:
            consumer.seek(partition, 0)
        ends = consumer.end_offsets(partitions)
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            batches = consumer.poll(timeout_ms=20_000)
            if not batches:
                raise TimeoutError(f"{topic}: no record within 20 s before the end offsets {ends}")
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
