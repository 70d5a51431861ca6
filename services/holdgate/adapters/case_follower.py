"""Fill the projection of cases from Kafka: the command line once per command, pages again and again."""

from holdgate.adapters.kafka.log import KafkaLog
from holdgate.adapters.sqlite.case_store import CaseStore
from holdgate.core.records.topics import REVIEW_EVENTS, REVIEW_EVIDENCE
from holdgate.runtime.settings import Settings, data_folder

CASES_FILE = "cases.sqlite"


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
