"""Read topics from one offset to another, in a process that may block: replays and other commands.

No group is joined and nothing is committed; each partition is read to the end of its range. Reading uses
aiokafka: kafka-python took 9.5 s for 100,000 records with ten headers each.
"""

import asyncio
import logging
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as AsyncTopicPartition
from aiokafka.errors import KafkaError as AsyncKafkaError
from aiokafka.errors import OffsetOutOfRangeError, TopicAuthorizationFailedError
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import AuthorizationError, KafkaTimeoutError

from holdgate.adapters.kafka.clients import open_client
from holdgate.adapters.kafka.consumer_stop import FETCH_WAIT_MS, stop_consumer
from holdgate.adapters.kafka.security import security
from holdgate.core.records.kafka_record import Record
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

CHUNK_RECORDS = 500
"""Maximum records per chunk, as many as a worker decides in a batch."""

ANSWER_SECONDS = 20.0
"""Reading fails after this time without a record before the end of the range: a command may wait longer for a
broker that restarts than a worker does."""

MAX_MESSAGE_BYTES = 10_485_760
"""Bytes of the largest record: a fetch with a smaller limit never gets past such a record."""


logging.getLogger("aiokafka").addHandler(logging.NullHandler())
"""As kafka-python does: aiokafka also raises what it warns of, and a command reports that in one line."""


class Bounds(NamedTuple):
    """The first offset that a partition still has, and the offset after its last record."""

    first: int
    end: int


class Chunk(NamedTuple):
    """Consecutive records of a partition; `end_offset` is the offset to continue from."""

    records: list[Record]
    end_offset: int


class KafkaLog:
    """Reads topics by the names they have in the contract, without HOLDGATE_TOPIC_PREFIX."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def bounds(self, topic: str) -> dict[int, Bounds]:
        """Return the bounds of each partition; raise `OperatorError` if the topic does not exist."""
        with self._metadata_consumer(topic) as (consumer, partitions):
            first, end = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
            return {place.partition: Bounds(first[place], end[place]) for place in partitions}

    def offsets_at(self, topic: str, moment: datetime) -> dict[int, int | None]:
        """Return the offset of each partition's first record at or after a time; None if there is none."""
        with self._metadata_consumer(topic) as (consumer, partitions):
            timestamp = int(moment.timestamp() * 1000)
            offsets = consumer.offsets_for_times(dict.fromkeys(partitions, timestamp))
            return {place.partition: found.offset if found else None for place, found in offsets.items()}

    def read(self, topic: str, partition: int, start: int, end: int) -> Generator[Chunk]:
        """Yield the records of a partition from `start` to before `end`, in chunks.

        The last chunk's `end_offset` is `end`, even if no record is left there. Raises `OperatorError` if the
        log no longer has `start`, and KafkaTimeoutError if the broker stops answering.
        """
        if start >= end:
            return
        place = AsyncTopicPartition(self._settings.topic(topic), partition)
        with asyncio.Runner() as runner, _translated_errors(place.topic):
            consumer = runner.run(_start_consumer(self._settings, place, start))
            try:
                offset = start
                while offset < end:
                    records, next_offset = runner.run(_fetch(consumer, place))
                    if next_offset == offset:
                        raise KafkaTimeoutError(
                            f"{place.topic}:{partition}:{offset} was not read within {ANSWER_SECONDS:.0f} s"
                        )
                    chunk = [as_record(record) for record in records if record.offset < end]
                    offset = next_offset
                    yield Chunk(chunk, min(next_offset, end))
            finally:
                runner.run(stop_consumer(consumer))

    @contextmanager
    def _metadata_consumer(self, topic: str) -> Iterator[tuple[Any, list[TopicPartition]]]:
        """Open a consumer for questions about a topic, and list the topic's partitions."""
        name, options = self._settings.topic(topic), security(self._settings)
        with (
            _translated_errors(name),
            closing(
                open_client(KafkaConsumer, enable_auto_commit=False, bootstrap_timeout_ms=5_000, **options)
            ) as consumer,
        ):
            yield consumer, topic_partitions(consumer, name)


def topic_partitions(consumer: Any, name: str) -> list[TopicPartition]:
    """Return the partitions of a topic by its name on the cluster; raise `OperatorError` if there is none."""
    partitions = consumer.partitions_for_topic(name)
    if not partitions:
        raise OperatorError(
            f"topic {name} does not exist, or this user lacks DESCRIBE on it: check HOLDGATE_KAFKA"
            " and HOLDGATE_TOPIC_PREFIX, or create it with `holdgate topics create`"
        )
    return [TopicPartition(name, partition) for partition in sorted(partitions)]


@contextmanager
def _translated_errors(name: str) -> Iterator[None]:
    """Raise permanent errors as one-line OperatorErrors, and aiokafka's other errors as kafka-python's."""
    try:
        yield
    except OffsetOutOfRangeError as error:
        raise OperatorError(
            f"{name} no longer has the next offset to read: its retention has passed; start later,"
            " for example with --from earliest"
        ) from error
    except (AuthorizationError, TopicAuthorizationFailedError) as error:
        raise OperatorError(
            f"no permission to read {name}: this user needs READ and DESCRIBE on the topic"
        ) from error
    except AsyncKafkaError as error:
        raise KafkaTimeoutError(f"{type(error).__name__} while reading {name}") from error


async def _start_consumer(settings: Settings, place: AsyncTopicPartition, start: int) -> AIOKafkaConsumer:
    consumer = AIOKafkaConsumer(
        enable_auto_commit=False,
        auto_offset_reset="none",
        fetch_max_wait_ms=FETCH_WAIT_MS,
        max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
        **security(settings),
    )
    try:
        await consumer.start()
        consumer.assign([place])
        consumer.seek(place, start)
    except BaseException:
        await stop_consumer(consumer)
        raise
    return consumer


async def _fetch(consumer: AIOKafkaConsumer, place: AsyncTopicPartition) -> tuple[list[Any], int]:
    """Return the next records and the offset after them; after ANSWER_SECONDS, none and the same offset."""
    records = await consumer.getmany(place, timeout_ms=int(ANSWER_SECONDS * 1000), max_records=CHUNK_RECORDS)
    return records.get(place, []), await consumer.position(place)


def as_record(fetched: Any) -> Record:
    """Return a record of either client in the form in which the worker sees it."""
    headers = tuple((name, value or b"") for name, value in fetched.headers)
    return Record(
        fetched.topic,
        fetched.partition,
        fetched.offset,
        fetched.timestamp / 1000,
        fetched.key,
        fetched.value,
        headers,
    )
