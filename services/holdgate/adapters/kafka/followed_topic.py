"""Follow all partitions of a topic from given offsets, without joining a group."""

from collections.abc import Mapping

from holdgate.adapters.kafka.log import as_record, topic_partitions
from holdgate.adapters.kafka.position_reader import open_reader
from holdgate.core.records.kafka_record import Record
from holdgate.runtime.settings import Settings


class FollowedTopic:
    """A topic of the contract, read to its moving end; partitions without an offset are read from the start.

    An offset that the log does not have counts as the first one that it has. Raises one of `KafkaFault` if
    the broker does not answer, and `OperatorError` if the topic does not exist.
    """

    def __init__(self, settings: Settings, topic: str, offsets: Mapping[int, int]) -> None:
        self._consumer = open_reader(settings)
        try:
            self._places = topic_partitions(self._consumer, settings.topic(topic))
            self._consumer.assign(self._places)
            self.seek(offsets)
        except BaseException:
            self._consumer.close()
            raise

    def seek(self, offsets: Mapping[int, int]) -> None:
        """Continue at these offsets, in partitions without one at the first record."""
        first, ends = self._consumer.beginning_offsets(self._places), self.end_offsets()
        for place in self._places:
            offset = offsets.get(place.partition, 0)
            is_known = first[place] <= offset <= ends[place.partition]
            self._consumer.seek(place, offset if is_known else first[place])

    def poll(self, seconds: float, most: int) -> list[Record]:
        """Return the next records, at most so many, in order within each partition."""
        polled = self._consumer.poll(timeout_ms=int(seconds * 1000), max_records=most)
        return [as_record(record) for records in polled.values() for record in records]

    def positions(self) -> dict[int, int]:
        """Return the next offset of each partition."""
        return {place.partition: self._consumer.position(place) for place in self._places}

    def end_offsets(self) -> dict[int, int]:
        """Return the offset after the last record of each partition."""
        ends = self._consumer.end_offsets(self._places)
        return {place.partition: ends[place] for place in self._places}

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close()
