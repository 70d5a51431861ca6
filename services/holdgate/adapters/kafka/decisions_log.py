"""Read decisions back from Kafka, which keeps them whatever happens to Redis."""

import time
from collections.abc import AsyncGenerator
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from holdgate.adapters.kafka.consumer_stop import FETCH_WAIT_MS, stop_consumer
from holdgate.adapters.kafka.security import security
from holdgate.core.model.decision import Decision, from_json
from holdgate.core.records.topics import DECISIONS
from holdgate.runtime.settings import Settings

RANGE_RECORDS = 500
"""Maximum decisions per range, as many as a worker claims in one call."""

ANSWER_SECONDS = 10.0
"""Reading fails after this time without a record before the end of the log; the worker then tries again."""


class DecisionRange(NamedTuple):
    """Consecutive decisions of a partition; `end_offset` is the offset after the last one."""

    decisions: list[Decision]
    end_offset: int


class DecisionsLog:
    """The decisions topic, read partition by partition without joining a group."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def since(self, partition: int, start: int | None) -> AsyncGenerator[DecisionRange, None]:
        """Yield a partition's decisions from an offset to the current end, oldest first.

        Without an offset, or with one that this log never had, reading starts HOLDGATE_CLAIM_HOURS ago. The
        last range is empty and has the end offset. Raises TimeoutError if the log does not deliver its
        records.
        """
        consumer = AIOKafkaConsumer(
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=FETCH_WAIT_MS,
            **security(self._settings),
        )
        try:
            await consumer.start()
            place = TopicPartition(self._settings.topic(DECISIONS.name), partition)
            consumer.assign([place])
            [first] = (await consumer.beginning_offsets([place])).values()
            [end] = (await consumer.end_offsets([place])).values()
            if start is None or not first <= start <= end:
                oldest = int((time.time() - self._settings.claim_hours * 3600) * 1000)
                [offset] = (await consumer.offsets_for_times({place: oldest})).values()
                start = offset.offset if offset else end
            consumer.seek(place, start)
            while await consumer.position(place) < end:
                batches = await consumer.getmany(
                    place, timeout_ms=int(ANSWER_SECONDS * 1000), max_records=RANGE_RECORDS
                )
                if not batches:
                    raise TimeoutError(f"no records of {place.topic}:{partition} within {ANSWER_SECONDS} s")
                records = [record for batch in batches.values() for record in batch]
                yield DecisionRange([from_json(record.value) for record in records], records[-1].offset + 1)
            yield DecisionRange([], await consumer.position(place))
        finally:
            await stop_consumer(consumer)
