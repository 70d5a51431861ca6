"""faust-streaming 0.15.3, made to lose nothing.

What the stock library does and this changes: a partition of which nothing was committed yet is not
rewound; an agent's message is acknowledged although the agent
raised (streams here acknowledge nothing by themselves); its producer is idempotent only in a mode that
is broken (overridden); a worker that lost its partitions' leader topic stalls (disabled).
"""

import asyncio
import ssl
from collections.abc import Iterator, Mapping, Sequence
from types import CoroutineType
from typing import Any

import faust
from faust.auth import SASLCredentials, SSLCredentials
from faust.events import Event
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Producer, Transport
from faust.types import TP

from holdgate.core.records import Outgoing, Record
from holdgate.settings import Settings, secret

SESSION_SECONDS = 10.0
"""After so long without a heartbeat a worker's partitions go to another; the default of 60 stalls them."""

METADATA_MS = 5_000
"""A broker that has just started may not know its topics yet; an assignment made then leaves every
partition to nobody ("Ignoring missing topic") until the leader asks again. Measured: after a broker's kill
three workers read nothing for two minutes, and would have for the default of five."""

MAX_REQUEST = 10_485_760
"""Bytes of the largest record written: a dead letter carries whatever the input topic let through."""


class IdempotentProducer(Producer):
    """The broker drops what a retry sends twice: measured, a paused leader otherwise logs both."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class RewindingThread(AIOKafkaConsumerThread):
    """Goes back to the start where nothing was committed.

    faust drops what it fetched while its flow was stopped and seeks back to what was committed; aiokafka
    leaves a partition without a committed offset where it is, behind what was dropped. In a fault run that
    restarted the workers of a new topic at once, 3,102 records at the start of partitions were passed over.
    """

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek every assigned partition to the offset that it goes on from."""
        found: Mapping[TP, int] = await self.call_thread(self._rewind)
        return found

    async def _rewind(self) -> Mapping[TP, int]:
        return await rewind(self._ensure_consumer())


async def rewind(consumer: Any) -> Mapping[TP, int]:
    """Seek a consumer to what is committed, or to 0; where 0 is gone, `earliest` finds the first."""
    found: Mapping[TP, int] = await consumer.seek_to_committed()
    for place, offset in found.items():
        if not offset or offset < 0:
            consumer.seek(place, 0)
    return found


class RewindingConsumer(Consumer):
    """aiokafka's consumer in such a thread.

    faust hands every record over in two tasks, one of which waits for the flow to be stopped meanwhile. What
    cannot wait needs neither, and more of what waits is decided together: 20,000 payments that waited took
    129 us of CPU each instead of 217, screening aside.
    """

    def _new_consumer_thread(self) -> RewindingThread:
        return RewindingThread(self, loop=self.loop, beacon=self.beacon)

    async def wait_first(self, *waited: Any, timeout: Any = None) -> Any:  # noqa: ASYNC109 - faust's own
        """Wait for the first of some; handing a record over while nothing stops it is not waited for."""
        if len(waited) == 2 and _hands_over(waited[0]) and self._is_free():
            waited[1].close()
            return await waited[0]
        return await super().wait_first(*waited, timeout=timeout)

    def _is_free(self) -> bool:
        """Whether handing over ends at once: no stopped flow, no full queue, no producer that lags."""
        app = self.app
        return (
            app.flow_control.is_active()
            and not self.suspend_flow.is_set()
            and not app.producer.buffer.size
            and not any(topic.queue.full() for topic in app.topics)
        )


def _hands_over(waited: object) -> bool:
    """Whether it is the conductor's handling of a record."""
    return isinstance(waited, CoroutineType) and waited.cr_code.co_name == "on_message"


class CarefulTransport(Transport):
    """aiokafka with an idempotent producer and a consumer that passes nothing over."""

    Producer = IdempotentProducer
    Consumer = RewindingConsumer


def new_app(settings: Settings) -> faust.App:
    """An app for one worker: nothing declared, nothing acknowledged unasked, its web server on `http`."""
    host, port = settings.http_address
    app = faust.App(
        settings.group,
        broker=[f"kafka://{server}" for server in settings.kafka.split(",")],
        broker_credentials=_credentials(settings),
        broker_session_timeout=SESSION_SECONDS,
        broker_heartbeat_interval=SESSION_SECONDS / 3,
        broker_commit_interval=0.5,
        consumer_auto_offset_reset="earliest",
        consumer_metadata_max_age_ms=METADATA_MS,
        producer_acks=-1,
        producer_max_request_size=MAX_REQUEST,
        consumer_max_fetch_size=MAX_REQUEST,
        datadir=settings.data,
        store="memory://",
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=True,
        web_bind=host,
        web_host=host,
        web_port=port,
        worker_redirect_stdouts=False,
        stream_buffer_maxsize=max(4096, settings.batch * 2),
    )
    app.producer_transport = CarefulTransport(app.conf.broker_producer, app)
    app.transport = CarefulTransport(app.conf.broker_consumer, app)
    return app


def record(event: Event) -> Record:
    """What an event carries, as it came."""
    message = event.message
    headers = message.headers.items() if isinstance(message.headers, Mapping) else message.headers or ()
    return Record(
        message.topic,
        message.partition,
        message.offset,
        message.timestamp,
        message.key,
        message.value,
        tuple((name, value or b"") for name, value in headers),
    )


def queued(app: faust.App, stream: Any, limit: int) -> Iterator[Event]:
    """Up to `limit` events that already wait on the stream's channel, tracked as if the stream gave them.

    Events fetched before the last rebalance are left out: their partitions may be another's by now.
    """
    queue = stream.channel.queue
    while limit > 0 and not queue.empty():
        event: Event = queue.get_nowait()
        message = event.message
        if message.generation_id != app.consumer_generation_id:
            continue
        if not message.tracked:
            message.tracked = True
            app.consumer.track_message(message)
        limit -= 1
        yield event


ANSWER_SECONDS = 10.0
"""A consumer's thread that does not tell its position for so long hangs."""


async def positions(app: faust.App) -> dict[int, int]:
    """Where the consumer stands in each of its partitions; -1 where it does not answer."""
    found = {}
    for place in app.consumer.assignment():
        try:
            at = await asyncio.wait_for(app.consumer.position(place), ANSWER_SECONDS)
        except TimeoutError:
            at = -1
        if at is not None:
            found[place.partition] = at
    return found


class FaustPublisher:
    """Writes with the app's producer and awaits every delivery. Not to be repeated after a failure.

    A failed delivery may still stand in the log; the records are decided again after a restart, from the
    claims, to the same bytes.
    """

    def __init__(self, app: faust.App, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def publish(self, records: Sequence[Outgoing]) -> list[int]:
        """Write the records in their order; returns their offsets when all of them stand in the log."""
        producer = self._app.producer
        deliveries = [
            await producer.send(
                self._settings.topic(record.topic),
                record.key,
                record.value,
                record.partition,
                None,
                record.headers,
            )
            for record in records
        ]
        return [delivery.offset for delivery in await asyncio.gather(*deliveries)]


def _credentials(settings: Settings) -> SASLCredentials | SSLCredentials | None:
    context = ssl.create_default_context(cafile=settings.kafka_ca_file) if settings.kafka_ca_file else None
    if settings.kafka_user and settings.kafka_password_file:
        return SASLCredentials(
            username=settings.kafka_user,
            password=secret(settings.kafka_password_file),
            mechanism="SCRAM-SHA-512",
            ssl_context=context,
        )
    return SSLCredentials(context) if context else None
