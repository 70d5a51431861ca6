"""Reading decisions back from Kafka, where they stand whatever becomes of Redis."""

from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from holdgate.adapters.kafka import security
from holdgate.core.decision import Decision, from_json
from holdgate.flow import DECISIONS, INPUT_OFFSET, SUBMITTED
from holdgate.settings import Settings

FIRST_WINDOW = 1_000
"""Decisions looked at first, from the end; the window doubles until it reaches back far enough."""


class DecisionsLog:
    """The decisions topic, read partition by partition, without joining any group."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def uncommitted(self, partition: int) -> list[Decision]:
        """What was decided of records that may come again, oldest first.

        These are the decisions of a partition whose input stands at or after the offset that the workers
        committed, and all that were written after the first of them.
        """
        consumer = AIOKafkaConsumer(
            group_id=self._settings.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            **security(self._settings),
        )
        await consumer.start()
        try:
            submitted = TopicPartition(self._settings.topic(SUBMITTED.name), partition)
            decided = TopicPartition(self._settings.topic(DECISIONS.name), partition)
            committed = await consumer.committed(submitted) or 0
            consumer.assign([decided])
            [first] = (await consumer.beginning_offsets([decided])).values()
            [end] = (await consumer.end_offsets([decided])).values()
            window = FIRST_WINDOW
            while True:
                start = max(first, end - window)
                found = await _read(consumer, decided, start, end)
                if start == first or any(_input_offset(record) < committed for record in found):
                    return [from_json(record.value) for record in _after(found, committed)]
                window *= 2
        finally:
            await consumer.stop()


async def _read(consumer: Any, partition: TopicPartition, start: int, end: int) -> list[Any]:
    """The records from `start` to before `end`; raises TimeoutError if the log does not give them."""
    consumer.seek(partition, start)
    found: list[Any] = []
    while await consumer.position(partition) < end:
        batches = await consumer.getmany(partition, timeout_ms=10_000)
        if not batches:
            raise TimeoutError(f"no records of {partition.topic}:{partition.partition} within 10 s")
        found += [record for records in batches.values() for record in records if record.offset < end]
    return found


def _after(found: list[Any], committed: int) -> list[Any]:
    """From the record behind the last one whose input is committed for good, seen from the end."""
    last = max((place for place, record in enumerate(found) if _input_offset(record) < committed), default=-1)
    return found[last + 1 :]


def _input_offset(record: Any) -> int:
    return next((int(value) for name, value in record.headers if name == INPUT_OFFSET), -1)
