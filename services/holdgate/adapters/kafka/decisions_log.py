"""Reading decisions back from Kafka, where they stand whatever becomes of Redis."""

import time
from collections.abc import AsyncGenerator
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from holdgate.adapters.kafka.consumer_stop import stop_consumer
from holdgate.adapters.kafka.security import security
from holdgate.core.model.decision import Decision, from_json
from holdgate.core.records.topics import DECISIONS
from holdgate.runtime.settings import Settings

CHUNK_RECORDS = 500
"""Most decisions told at once."""

ANSWER_SECONDS = 10.0
"""Without a record for so long before the end of the log, reading has failed."""

FETCH_WAIT_MS = 10
"""A fetch at the end of the log waits so long at the broker, and stopping waits for the fetch: with the
default of 500 a partition without anything to restore took 0.5 s."""


class DecisionRange(NamedTuple):
    """Decisions as they follow each other in a partition; `upto` is the offset behind the last."""

    decisions: list[Decision]
    end_offset: int


class DecisionsLog:
    """The decisions topic, read partition by partition, without joining any group."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def since(self, partition: int, start: int | None) -> AsyncGenerator[DecisionRange, None]:
        """What stands in a partition from an offset to the end as it is now, oldest first.

        Without an offset, or with one that this log never had, from as long ago as claims stand. The last
        stretch tells where the end is, even where nothing stands. Raises TimeoutError if the log does not
        give what it has.
        """
        consumer = AIOKafkaConsumer(
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=FETCH_WAIT_MS,
            **security(self._settings),
        )
        await consumer.start()
        try:
            place = TopicPartition(self._settings.topic(DECISIONS.name), partition)
            consumer.assign([place])
            [first] = (await consumer.beginning_offsets([place])).values()
            [end] = (await consumer.end_offsets([place])).values()
            if start is None or not first <= start <= end:
                oldest = int((time.time() - self._settings.claim_hours * 3600) * 1000)
                [found] = (await consumer.offsets_for_times({place: oldest})).values()
                start = found.offset if found else end
            consumer.seek(place, start)
            while await consumer.position(place) < end:
                batches = await consumer.getmany(
                    place, timeout_ms=int(ANSWER_SECONDS * 1000), max_records=CHUNK_RECORDS
                )
                if not batches:
                    raise TimeoutError(f"no records of {place.topic}:{partition} within {ANSWER_SECONDS} s")
                records = [record for records in batches.values() for record in records]
                yield DecisionRange([from_json(record.value) for record in records], records[-1].offset + 1)
            yield DecisionRange([], await consumer.position(place))
        finally:
            await stop_consumer(consumer)
