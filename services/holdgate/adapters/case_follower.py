"""Fill the projection of cases from Kafka: the command line once per command, pages all the time."""

from kafka import TopicPartition

from holdgate.adapters.kafka.log import KafkaLog, as_record, topic_partitions
from holdgate.adapters.kafka.position_reader import open_reader
from holdgate.adapters.sqlite.case_store import CaseStore
from holdgate.core.records.topics import REVIEW_EVENTS, REVIEW_EVIDENCE
from holdgate.runtime.settings import Settings, data_folder

CASES_FILE = "cases.sqlite"
FOLLOWED_RECORDS = 500
"""Records of a transaction: as many as a command reads at a time."""


def open_cases(settings: Settings) -> CaseStore:
    """Open the projection in HOLDGATE_DATA; one of another cluster or prefix is rebuilt."""
    return CaseStore(data_folder(settings) / CASES_FILE, f"{settings.kafka} {settings.topic_prefix}")


def catch_up(settings: Settings, store: CaseStore) -> int:
    """Add the records that the topics of review have now; return how many there were.

    Decisions are not read: `review.events` says which of them is in force. If a topic was created anew, the
    projection is. Raises `OperatorError` if a topic does not exist, and one of `KafkaFault`.
    """
    log, added = KafkaLog(settings), 0
    bounds = {topic: log.bounds(topic) for topic in (REVIEW_EVIDENCE.name, REVIEW_EVENTS.name)}
    for topic, partitions in bounds.items():
        if any(store.next_offset(topic, partition) > end for partition, (_, end) in partitions.items()):
            store.clear()
    for topic, partitions in bounds.items():
        for partition, (first, end) in partitions.items():
            start = max(first, store.next_offset(topic, partition))
            for chunk in log.read(topic, partition, start, end):
                store.add(topic, partition, chunk.records, chunk.end_offset)
                added += len(chunk.records)
    return added


class CaseFollower:
    """Reads both topics of review into the projection all the time, with one consumer.

    Every call may raise one of `KafkaFault`, and the first one `OperatorError` if a topic does not exist.
    """

    def __init__(self, settings: Settings, store: CaseStore) -> None:
        self._store = store
        self._topics = {settings.topic(topic.name): topic.name for topic in (REVIEW_EVIDENCE, REVIEW_EVENTS)}
        self._consumer = open_reader(settings)
        try:
            self._places: list[TopicPartition] = [
                place for name in self._topics for place in topic_partitions(self._consumer, name)
            ]
            self._consumer.assign(self._places)
            self._seek()
        except BaseException:
            self._consumer.close()
            raise

    def step(self, wait_ms: int) -> int:
        """Add the records that are there within a time; return how many."""
        added = 0
        for place, fetched in self._consumer.poll(timeout_ms=wait_ms, max_records=FOLLOWED_RECORDS).items():
            topic, records = self._topics[place.topic], [as_record(record) for record in fetched]
            if records[0].offset < self._store.next_offset(topic, place.partition):
                self._store.clear()  # the topic was created anew
                self._seek()
                return 0
            self._store.add(topic, place.partition, records, records[-1].offset + 1)
            added += len(records)
        return added

    def lag(self) -> int:
        """Return how many records of both topics are not in the projection yet."""
        ends = self._consumer.end_offsets(self._places)
        return sum(max(0, ends[place] - self._consumer.position(place)) for place in self._places)

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close()

    def _seek(self) -> None:
        ends = self._consumer.end_offsets(self._places)
        if any(self._next(place) > ends[place] for place in self._places):
            self._store.clear()
        firsts = self._consumer.beginning_offsets(self._places)
        for place in self._places:
            self._consumer.seek(place, max(firsts[place], self._next(place)))

    def _next(self, place: TopicPartition) -> int:
        return self._store.next_offset(self._topics[place.topic], place.partition)
