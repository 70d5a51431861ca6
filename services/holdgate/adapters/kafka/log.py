"""Topics read again, from an offset to an offset, by a process that may wait: replays and their like.

Nothing is joined and nothing committed: a range is read partition by partition, each to its end. Reading is
aiokafka's: 100,000 records with ten headers each took kafka-python 9.5 s.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as Place
from aiokafka.errors import KafkaError as AsyncKafkaError
from aiokafka.errors import OffsetOutOfRangeError, TopicAuthorizationFailedError
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import AuthorizationError, KafkaTimeoutError

from holdgate.adapters.kafka.consumer_stop import stop_consumer
from holdgate.adapters.kafka.security import security
from holdgate.core.records.kafka_record import Record
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

CHUNK_RECORDS = 500
"""Most records told at once, as many as a worker decides at once."""

ANSWER_SECONDS = 20.0
"""Without a record for so long before the end of a range, its broker is away."""

FETCH_WAIT_MS = 10
"""A fetch at the end of the log waits so long at the broker, and closing waits for the fetch."""

MAX_MESSAGE_BYTES = 10_485_760
"""Bytes of the largest record there is: without it a fetch would stand still before one."""


logging.getLogger("aiokafka").addHandler(logging.NullHandler())
"""As kafka-python does: what it warns of is raised too, and a command without a log says it in one line."""


class Bounds(NamedTuple):
    """The first offset that a partition still has, and the one behind its last."""

    first: int
    end: int


class Chunk(NamedTuple):
    """Records as they follow each other in a partition; `upto` is the offset to go on from."""

    records: list[Record]
    end_offset: int


class KafkaLog:
    """Topics by the names they have in `flow`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def bounds(self, topic: str) -> dict[int, Bounds]:
        """Where each partition of a topic begins and ends; raises `NotPossibleError` if it is not there."""
        with self._asking(topic) as (consumer, places):
            first, end = consumer.beginning_offsets(places), consumer.end_offsets(places)
            return {place.partition: Bounds(first[place], end[place]) for place in places}

    def offsets_at(self, topic: str, moment: datetime) -> dict[int, int | None]:
        """The offset of each partition's first record from a moment on; None where there is none."""
        with self._asking(topic) as (consumer, places):
            when = int(moment.timestamp() * 1000)
            found = consumer.offsets_for_times(dict.fromkeys(places, when))
            return {place.partition: at.offset if at else None for place, at in found.items()}

    def read(self, topic: str, partition: int, start: int, end: int) -> Iterator[Chunk]:
        """The records of a partition from `start` to before `end`, in chunks.

        The last chunk's `upto` is `end`, even where nothing stands there any more. Raises
        `NotPossibleError` where the log has dropped the start, KafkaTimeoutError where it stops to answer.
        """
        if start >= end:
            return
        place = Place(self._settings.topic(topic), partition)
        with asyncio.Runner() as runner, _told(place.topic):
            consumer = runner.run(_reader(self._settings, place, start))
            try:
                at = start
                while at < end:
                    records, upto = runner.run(_next(consumer, place))
                    if upto == at:
                        raise KafkaTimeoutError(f"{place.topic}:{partition}:{at} did not come")
                    inside = [_record(record) for record in records if record.offset < end]
                    at = upto
                    yield Chunk(inside, min(upto, end))
            finally:
                runner.run(stop_consumer(consumer))

    @contextmanager
    def _asking(self, topic: str) -> Iterator[tuple[KafkaConsumer, list[TopicPartition]]]:
        """A consumer that only asks about a topic, with its partitions."""
        name, options = self._settings.topic(topic), security(self._settings)
        with (
            _told(name),
            closing(
                KafkaConsumer(enable_auto_commit=False, bootstrap_timeout_ms=5_000, **options)
            ) as consumer,
        ):
            found = consumer.partitions_for_topic(name)
            if not found:
                raise OperatorError(
                    f"topic {name} does not exist here: are HOLDGATE_KAFKA and HOLDGATE_TOPIC_PREFIX right?"
                    " `holdgate topics create` makes it. Or this user may not DESCRIBE it: it is hidden then"
                )
            yield consumer, [TopicPartition(name, partition) for partition in sorted(found)]


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Say what is wrong with reading a topic in one line, and aiokafka's faults as kafka-python's."""
    try:
        yield
    except OffsetOutOfRangeError as error:
        raise OperatorError(
            f"{name} has dropped the offset that was to be read next: its retention has passed."
            " Begin later, as `--from earliest` does"
        ) from error
    except (AuthorizationError, TopicAuthorizationFailedError) as error:
        raise OperatorError(
            f"no permission to read {name}: this user needs READ and DESCRIBE on the topic"
        ) from error
    except AsyncKafkaError as error:
        raise KafkaTimeoutError(f"{type(error).__name__} while reading {name}") from error


async def _reader(settings: Settings, place: Place, start: int) -> AIOKafkaConsumer:
    consumer = AIOKafkaConsumer(
        enable_auto_commit=False,
        auto_offset_reset="none",
        fetch_max_wait_ms=FETCH_WAIT_MS,
        max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
        **security(settings),
    )
    try:
        await consumer.start()
    except BaseException:
        await stop_consumer(consumer)
        raise
    consumer.assign([place])
    consumer.seek(place, start)
    return consumer


async def _next(consumer: AIOKafkaConsumer, place: Place) -> tuple[list[Any], int]:
    """Records that came, and where to go on; nothing new after ANSWER_SECONDS."""
    found = await consumer.getmany(place, timeout_ms=int(ANSWER_SECONDS * 1000), max_records=CHUNK_RECORDS)
    return found.get(place, []), await consumer.position(place)


def _record(found: Any) -> Record:
    """A record as it came, as the worker sees it."""
    headers = tuple((name, value or b"") for name, value in found.headers)
    return Record(
        found.topic, found.partition, found.offset, found.timestamp / 1000, found.key, found.value, headers
    )
