"""The end of a topic: what is too much is skipped, and nothing of the rest is lost."""

from contextlib import closing

import pytest

from holdgate.adapters.kafka.topic_admin import create_topics, write
from holdgate.adapters.kafka.topic_tail import TopicTail
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.topics import DECISIONS
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings
from tests.support.rig import wait_until

pytestmark = pytest.mark.kafka


def test_it_begins_near_the_end_and_skips_what_is_too_much(kafka: str, topic_prefix: str) -> None:
    settings = Settings(kafka=kafka, topic_prefix=topic_prefix, partitions=1)
    with pytest.raises(OperatorError, match=r"screening\.decisions does not exist"):
        TopicTail(settings, DECISIONS.name, 3)
    create_topics(settings)

    def append(numbers: range) -> None:
        for number in numbers:
            write(settings, DECISIONS.name, b"key", str(number).encode(), [])

    append(range(5))
    with closing(TopicTail(settings, DECISIONS.name, 3)) as tail:
        values: list[bytes | None] = []
        skipped = 0

        def read_until(count: int) -> None:
            def has_read() -> bool:
                nonlocal skipped
                polled = tail.poll(0.2)
                records: list[Record] = polled.records
                values.extend(record.value for record in records)
                skipped += polled.skipped
                return len(values) >= count

            wait_until(has_read, f"{count} records")

        read_until(3)
        assert values == [b"2", b"3", b"4"]
        append(range(5, 10))
        read_until(6)
        assert values[3:] == [b"7", b"8", b"9"]
        assert skipped == 2
