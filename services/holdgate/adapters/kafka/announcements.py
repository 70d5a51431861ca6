"""Read `lists.published` in a worker: when the newest announced list was published."""

import asyncio
from datetime import datetime

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaTimeoutError

from holdgate.adapters.kafka.consumer_stop import stop_consumer
from holdgate.adapters.kafka.security import security
from holdgate.core.lists.announcement import Announcement
from holdgate.core.records.topics import PUBLISHED
from holdgate.runtime.settings import Settings

ANSWER_SECONDS = 3.0
"""Longest wait for an answer. Payments wait meanwhile, and the worker asks again. Without this limit the
client waits 40 s for a paused broker; by then the payments were held."""

LATEST = 16
"""Records read from the end of the topic: the last one is the newest announcement, if it can be decoded."""


async def newest(settings: Settings) -> datetime | None:
    """Return when the newest announced list was published; None if none was. Raises a `KafkaError`."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await _newest(settings)
    except TimeoutError as error:
        raise KafkaTimeoutError(f"lists.published was not read within {ANSWER_SECONDS:.0f} s") from error


async def _newest(settings: Settings) -> datetime | None:
    consumer = AIOKafkaConsumer(
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=int(ANSWER_SECONDS * 1000),
        **security(settings),
    )
    try:
        await consumer.start()
        place = TopicPartition(settings.topic(PUBLISHED.name), 0)
        consumer.assign([place])
        end = (await consumer.end_offsets([place]))[place]
        consumer.seek(place, max(0, end - LATEST))
        published: list[datetime] = []
        while await consumer.position(place) < end:
            for record in (await consumer.getmany(place, timeout_ms=500)).get(place, []):
                if (moment := published_at(record.value)) is not None:
                    published.append(moment)
        return max(published, default=None)
    finally:
        await stop_consumer(consumer)


def published_at(value: bytes | None) -> datetime | None:
    """Return when the list of an announcement was published; None if the record is not an announcement."""
    try:
        return msgspec.json.decode(value or b"", type=Announcement).published_at
    except msgspec.DecodeError:
        return None  # from another version of the contract: it does not limit which lists are trusted
