"""Read single records by their offsets, many at a time."""

from collections.abc import Iterable, Iterator
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaTimeoutError, UnknownTopicOrPartitionError

from holdgate.adapters.kafka.clients import open_client
from holdgate.adapters.kafka.log import MAX_MESSAGE_BYTES, as_record, topic_partitions
from holdgate.adapters.kafka.security import security
from holdgate.core.records.kafka_record import Record
from holdgate.runtime.settings import Settings

MAX_SKIPPED_RECORDS = 50
"""Records between two wanted ones that are read over rather than skipped by a seek."""

READ_SECONDS = 20.0
"""Reading fails after this time without a record."""


def open_reader(settings: Settings) -> Any:
    """Return a consumer of assigned partitions, without a group."""
    return open_client(
        KafkaConsumer,
        **security(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=100,
        max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
        bootstrap_timeout_ms=5_000,
    )


class PositionReader:
    """A consumer that reads given offsets. Topics have the names that they have on the cluster."""

    def __init__(self, settings: Settings) -> None:
        self._consumer = open_reader(settings)

    def count_partitions(self, topic: str) -> int:
        """Return the number of partitions of a topic; raise `OperatorError` if it does not exist."""
        return len(topic_partitions(self._consumer, topic))

    def fetch(self, topic: str, partition: int, offsets: Iterable[int]) -> dict[int, Record]:
        """Return the records at these offsets; those that the log no longer has, or never had, are absent.

        Raises one of `KafkaFault` if the broker does not answer.
        """
        place = TopicPartition(topic, partition)
        found: dict[int, Record] = {}
        try:
            first, end = self._bounds(place)
        except UnknownTopicOrPartitionError:
            return found
        wanted = sorted({offset for offset in offsets if first <= offset < end})
        for group in _groups(wanted):
            members = set(group)
            for record in self.read(topic, partition, group[0], group[-1] + 1):
                if record.offset in members:
                    found[record.offset] = record
        return found

    def read(self, topic: str, partition: int, start: int, end: int | None = None) -> Iterator[Record]:
        """Yield the records of a partition from `start` to before `end`, by default the end of the log."""
        place = TopicPartition(topic, partition)
        if end is None:
            _, end = self._bounds(place)
        self._consumer.assign([place])
        self._consumer.seek(place, start)
        while (position := self._consumer.position(place)) < end:
            fetched = self._consumer.poll(timeout_ms=int(READ_SECONDS * 1000), max_records=end - position)
            for record in fetched.get(place, ()):
                if record.offset < end:
                    yield as_record(record)
            if self._consumer.position(place) == position:
                raise KafkaTimeoutError(f"{topic}:{partition}:{position} was not read")

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close()

    def _bounds(self, place: TopicPartition) -> tuple[int, int]:
        [first] = self._consumer.beginning_offsets([place]).values()
        [end] = self._consumer.end_offsets([place]).values()
        return first, end


def _groups(offsets: list[int]) -> Iterator[list[int]]:
    """Yield sorted offsets in groups between whose members no gap is larger than `MAX_SKIPPED_RECORDS`."""
    group: list[int] = []
    for offset in offsets:
        if group and offset - group[-1] > MAX_SKIPPED_RECORDS:
            yield group
            group = []
        group.append(offset)
    if group:
        yield group
