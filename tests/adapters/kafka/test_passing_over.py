"""Records that a consumer drops are redelivered, on a real broker; the stock consumer loses them.

Each case stops the consumer's flow or moves it as a rebalance does, at the very moment that hurts.
"""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from faust.transport.drivers.aiokafka import Consumer, Transport
from faust.types import TP
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from chaos import recording
from holdgate.adapters.kafka.clients import open_client
from holdgate.adapters.kafka.faust_app import CarefulTransport, new_app
from holdgate.adapters.kafka.faust_consumer import CarefulConsumer, rewind
from holdgate.adapters.kafka.topic_admin import create_topics
from holdgate.core.records.topics import SUBMITTED
from holdgate.runtime.settings import Settings

RECORDS = 300
PATIENCE = 30.0

Meddle = Callable[[Any], None]
"""Provokes the moment, given the consumer."""


class Run:
    """One worker with one partition, whose agent records the offsets that it receives."""

    def __init__(self, settings: Settings, stock: bool) -> None:
        self.topic = settings.topic(SUBMITTED.name)
        self.place = TP(self.topic, 0)
        self.settings = settings
        self.given: list[int] = []
        self.app: Any = new_app(settings)
        self.app.conf.web_enabled = False
        transport = Transport if stock else CarefulTransport
        self.app.transport = transport(self.app.conf.broker_consumer, self.app)
        submitted = self.app.topic(
            self.topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
        )

        @self.app.agent(submitted, concurrency=1)
        async def noting(stream: Any) -> None:
            async for event in stream.noack().events():
                self.given.append(event.message.offset)
                event.ack()

    @contextlib.asynccontextmanager
    async def running(self, meddle: Meddle) -> AsyncIterator[None]:
        """The worker up, its consumer meddled with before it fetches anything."""
        meddle(self.app.consumer)
        task = asyncio.ensure_future(self.app.start())
        try:
            yield
        finally:
            await self.app.stop()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def committed(self) -> int:
        """Up to where the worker says that it is done."""
        found = recording.committed_offsets(
            self.settings.kafka, self.settings.topic_prefix, self.settings.group
        )
        return found.get(0, 0)

    async def until(self, offset: int) -> None:
        """Wait until that offset is given and what was given is committed."""
        for _ in range(int(PATIENCE / 0.1)):
            if self.given and max(self.given) >= offset and self.committed() > offset:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"given up to {max(self.given, default=None)}, committed {self.committed()}")


def _settings(kafka: str, prefix: str, folder: Path) -> Settings:
    return Settings(kafka=kafka, topic_prefix=prefix, partitions=1, group=f"{prefix}group", data=str(folder))


def _write(settings: Settings, number: int) -> None:
    producer = open_client(KafkaProducer, bootstrap_servers=settings.kafka)
    for value in range(number):
        producer.send(settings.topic(SUBMITTED.name), str(value).encode(), partition=0)
    producer.flush(timeout=30)
    producer.close()


def _once(consumer: Any, then: Callable[[Any, Any], Awaitable[None]]) -> None:
    """Run a function after the first fetch with records, before they are processed."""
    fetch, done = consumer._getmany, False

    async def fetching(**asked: Any) -> Any:
        nonlocal done
        records = await fetch(**asked)
        if records and not done:
            done = True
            await then(consumer, records)
        return records

    consumer._getmany = fetching


def flow_stops(consumer: Any) -> None:
    """Drop the first fetched records and seek to the committed offset, which does not exist."""

    async def then(consumer: Any, _: Any) -> None:
        consumer.stop_flow()
        asyncio.get_running_loop().call_later(0.5, consumer.resume_flow)

    _once(consumer, then)


def looking_ends(consumer: Any) -> None:
    """Stop after 100 of the fetched records, as when the flow stops; the others are dropped."""

    async def then(consumer: Any, _: Any) -> None:
        scheduler = consumer.scheduler
        iterate = scheduler.iterate

        def cut(records: Any) -> Any:
            scheduler.iterate = iterate
            return itertools.islice(iterate(records), 100)

        scheduler.iterate = cut

    _once(consumer, then)


def left_alone(_: Any) -> None:
    """Nothing happens."""


async def _lost(settings: Settings, stock: bool, meddle: Meddle, last: int) -> tuple[list[int], list[int]]:
    run = Run(settings, stock)
    async with run.running(meddle):
        await run.until(last)
    given = sorted(set(run.given))
    return given, [offset for offset in range(last + 1) if offset not in given]


@pytest.mark.kafka
@pytest.mark.parametrize("meddle", [flow_stops, looking_ends])
@pytest.mark.parametrize("stock", [True, False], ids=["stock", "ours"])
def test_dropped_records_are_redelivered(
    stock: bool, meddle: Meddle, kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    settings = _settings(kafka, topic_prefix, tmp_path)
    create_topics(settings)
    _write(settings, RECORDS)

    async def writing_on() -> tuple[list[int], list[int]]:
        task = asyncio.ensure_future(_lost(settings, stock, meddle, 2 * RECORDS - 1))
        await asyncio.sleep(4)
        await asyncio.to_thread(_write, settings, RECORDS)
        return await task

    given, lost = asyncio.run(writing_on())
    assert bool(lost) == stock, f"{len(given)} given, {len(lost)} passed over and committed"


@pytest.mark.kafka
def test_gaps_in_the_log_are_not_waited_for(kafka: str, topic_prefix: str, tmp_path: Path) -> None:
    """Transaction markers have offsets and no records; the first records have expired."""
    settings = _settings(kafka, topic_prefix, tmp_path)
    create_topics(settings)
    topic = settings.topic(SUBMITTED.name)
    producer: Any = open_client(KafkaProducer, bootstrap_servers=kafka, transactional_id=topic_prefix)
    producer.init_transactions()
    for _ in range(10):
        producer.begin_transaction()
        for value in range(4):
            producer.send(topic, str(value).encode(), partition=0)
        producer.commit_transaction()
    producer.close()
    admin = open_client(KafkaAdminClient, bootstrap_servers=kafka)
    admin.delete_records({TopicPartition(topic, 0): 6})
    admin.close()
    given, lost = asyncio.run(_lost(settings, False, left_alone, 48))
    assert given == [offset for offset in range(6, 50) if offset % 5 != 4]
    assert lost == [*range(5), *range(5, 49)][:6] + [offset for offset in range(6, 49) if offset % 5 == 4]


class _Moved:
    """aiokafka's consumer, which does not seek if nothing, or 0, is committed."""

    COMMITTED = {TP("t", 0): 7, TP("t", 1): None, TP("t", 2): 0}  # noqa: RUF012

    def __init__(self) -> None:
        self.at = dict.fromkeys(self.COMMITTED, 100)

    async def seek_to_committed(self) -> dict[TP, int | None]:
        self.at |= {place: offset for place, offset in self.COMMITTED.items() if offset}
        return self.COMMITTED

    def seek(self, place: TP, offset: int) -> None:
        self.at[place] = offset


def test_every_partition_is_rewound_and_its_offset_returned() -> None:
    consumer = _Moved()
    expected = {TP("t", 0): 7, TP("t", 1): 0, TP("t", 2): 0}
    assert asyncio.run(rewind(consumer)) == expected
    assert consumer.at == expected


def _tracking(start: int) -> Any:
    consumer: Any = object.__new__(CarefulConsumer)
    place = TP("t", 0)
    consumer._unacknowledged, consumer._gaps = {place: start}, {place: {}}
    consumer._acked, consumer._acked_index = {place: []}, {place: set()}
    return consumer


@pytest.mark.parametrize(
    ("start", "acknowledged", "gaps", "committed"),
    [
        (0, {0, 1, 2}, {}, 3),
        (0, {1, 2}, {}, None),  # 0 is in work, and nothing is committed yet
        (0, {0, 2}, {}, 1),
        (5, {6}, {}, None),
        (5, {5, 8}, {6: 8}, 9),
        (5, {8}, {6: 8}, None),
        (5, set(), {5: 9}, 9),
        (5, set(), {}, None),
    ],
)
def test_the_commit_ends_at_the_first_unacknowledged_record(
    start: int, acknowledged: set[int], gaps: dict[int, int], committed: int | None
) -> None:
    consumer = _tracking(start)
    consumer._acked_index[TP("t", 0)] |= acknowledged
    consumer._gaps[TP("t", 0)] |= gaps
    assert consumer._new_offset(TP("t", 0)) == committed
    assert consumer._new_offset(TP("t", 0)) is None


def test_a_worker_has_such_a_consumer(tmp_path: Path) -> None:
    app: Any = new_app(Settings(data=str(tmp_path)))
    assert app.transport.Consumer is CarefulConsumer
    assert issubclass(CarefulConsumer, Consumer)
