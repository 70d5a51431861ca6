"""The newest records of a topic, however many are written: what is too much to read is skipped."""

from typing import NamedTuple

from kafka import KafkaConsumer

from holdgate.adapters.kafka.clients import open_client
from holdgate.adapters.kafka.log import as_record, topic_partitions
from holdgate.adapters.kafka.security import security
from holdgate.core.records.kafka_record import Record
from holdgate.runtime.settings import Settings

TAIL_FETCH_BYTES = 64 * 1024
"""Bytes of a partition that are fetched at a time; a longer record is still delivered whole."""


class TailRecords(NamedTuple):
    """The next records, and how many before them were skipped."""

    records: list[Record]
    skipped: int


class TopicTail:
    """Reads a topic's end without a group, at most so many records of a partition behind it.

    Raises one of `topic_admin.KafkaFault`, and `OperatorError` if the topic does not exist.
    """

    def __init__(self, settings: Settings, topic: str, most: int) -> None:
        self._most = most
        self._consumer = open_client(
            KafkaConsumer,
            **security(settings),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=100,
            max_partition_fetch_bytes=TAIL_FETCH_BYTES,
            bootstrap_timeout_ms=5_000,
        )
        try:
            self._places = topic_partitions(self._consumer, settings.topic(topic))
            self._consumer.assign(self._places)
            first, ends = self._consumer.beginning_offsets(self._places), self._ends()
            for place in self._places:
                self._consumer.seek(place, max(first[place], ends[place] - most))
        except BaseException:
            self._consumer.close()
            raise

    def poll(self, seconds: float) -> TailRecords:
        """Return the next records in the order of their time; wait for the first at most so long."""
        skipped, ends = 0, self._ends()
        for place in self._places:
            behind = ends[place] - self._consumer.position(place)
            if behind > self._most:
                self._consumer.seek(place, ends[place] - self._most)
                skipped += behind - self._most
        polled = self._consumer.poll(
            timeout_ms=int(seconds * 1000), max_records=self._most * len(self._places)
        )
        records = [as_record(record) for records in polled.values() for record in records]
        return TailRecords(sorted(records, key=lambda record: record.timestamp), skipped)

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close()

    def _ends(self) -> dict[object, int]:
        ends: dict[object, int] = self._consumer.end_offsets(self._places)
        return ends
