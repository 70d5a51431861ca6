"""What a run left behind: the topics as they stand, the lists that were current, the offsets seen meanwhile.

Nothing here or in the checker knows the code under test: it is read with another client and judged by the
contract alone.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

SUBMITTED, DECISIONS, DEAD_LETTERS = "payments.submitted", "screening.decisions", "screening.dead-letters"
KIND = "chaos-kind"
"""Header of each payment sent: what it is (`load.py`)."""


class Written(NamedTuple):
    """A record as it stands; `timestamp` is in Unix seconds."""

    partition: int
    offset: int
    timestamp: float
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, str]

    @property
    def place(self) -> tuple[int, int]:
        """Partition and offset."""
        return self.partition, self.offset

    @property
    def input_place(self) -> tuple[int, int]:
        """Where the input of a decision or dead letter stood, by its headers."""
        return int(self.headers["holdgate_partition"]), int(self.headers["holdgate_offset"])


class Currency(NamedTuple):
    """A time (Unix seconds) in which a list version was the current one, and whether it was fresh."""

    version: str
    start: float
    end: float
    fresh: bool


class Sample(NamedTuple):
    """The committed offsets of the input, and after that the ends of the decisions, by partition."""

    committed: Mapping[int, int]
    decisions_end: Mapping[int, int]


@dataclass
class Recording:
    """All that the checker judges by."""

    submitted: Sequence[Written]
    decisions: Sequence[Written]
    dead_letters: Sequence[Written]
    committed: Mapping[int, int]
    currencies: Sequence[Currency]
    listing: Mapping[str, bool]
    """For each list version whether it holds the person that the payments of kind `listed` go to."""
    samples: Sequence[Sample] = ()
    acknowledged: Sequence[tuple[int, int]] = ()
    """Where the payments stand that Kafka acknowledged to the payment system."""
    flip_seconds: float = 20.0
    """Within so long every worker has to screen with a new list."""
    bodies: dict[bytes, dict[str, Any]] = field(default_factory=dict, repr=False)

    def body(self, decision: Written) -> dict[str, Any]:
        """A decision, decoded once for equal bytes."""
        value = decision.value or b"{}"
        if value not in self.bodies:
            self.bodies[value] = json.loads(value)
        return self.bodies[value]


def read(bootstrap: str, prefix: str, group: str) -> dict[str, Any]:
    """Every record of the three topics from offset 0, and the group's offsets; fails on an empty input."""
    found: dict[str, Any] = {
        name: list(_read_topic(bootstrap, prefix + topic))
        for name, topic in (
            ("submitted", SUBMITTED),
            ("decisions", DECISIONS),
            ("dead_letters", DEAD_LETTERS),
        )
    }
    if not found["submitted"] or not found["decisions"]:
        raise ValueError("no payments or no decisions were read: there is nothing to judge")
    return found | {"committed": committed(bootstrap, prefix, group)}


def committed(bootstrap: str, prefix: str, group: str) -> dict[int, int]:
    """The offset that the group goes on from, by partition of the payments."""
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


def ends(bootstrap: str, topic: str) -> dict[int, int]:
    """The offset behind the last record, by partition."""
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap, bootstrap_timeout_ms=3_000, request_timeout_ms=5_000
    )
    try:
        places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        return {place.partition: end for place, end in consumer.end_offsets(places).items()}
    finally:
        consumer.close()


def _read_topic(bootstrap: str, topic: str) -> Iterator[Written]:
    """From offset 0 to the end as it is now; raises `TimeoutError` if the broker stops giving."""
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
                    yield Written(
                        record.partition,
                        record.offset,
                        record.timestamp / 1000,
                        record.key,
                        record.value,
                        headers,
                    )
    finally:
        consumer.close()
