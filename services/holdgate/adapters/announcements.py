"""`lists.published`, read by a worker: what was announced last."""

from datetime import datetime

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaTimeoutError

from holdgate.adapters.kafka import security
from holdgate.core.announcement import Announcement
from holdgate.flow import PUBLISHED
from holdgate.settings import Settings

ANSWER_MS = 10_000
"""Longest wait for a record that stands in the log."""

LATEST = 16
"""Offsets looked at, from the end: the last record is the newest announcement, if it can be read."""


async def newest(settings: Settings) -> datetime | None:
    """When the newest announced list was published; None if none was. Raises a `KafkaError`."""
    consumer = AIOKafkaConsumer(enable_auto_commit=False, auto_offset_reset="earliest", **security(settings))
    await consumer.start()
    try:
        place = TopicPartition(settings.topic(PUBLISHED.name), 0)
        consumer.assign([place])
        end = (await consumer.end_offsets([place]))[place]
        consumer.seek(place, max(0, end - LATEST))
        published: list[datetime] = []
        while await consumer.position(place) < end:
            found = await consumer.getmany(place, timeout_ms=ANSWER_MS)
            if not found:
                raise KafkaTimeoutError(f"no records of {place.topic} within {ANSWER_MS} ms")
            published += [moment for record in found[place] if (moment := _published_at(record.value))]
        return max(published, default=None)
    finally:
        await consumer.stop()


def _published_at(value: bytes | None) -> datetime | None:
    try:
        return msgspec.json.decode(value or b"", type=Announcement).published_at
    except msgspec.DecodeError:
        return None  # of another version of the contract: it does not bound what is believed
