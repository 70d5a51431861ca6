"""The worker's faust app: faust-streaming 0.15.3, changed so that it loses no record.

The stock library's consumer skips records that it dropped (see `faust_consumer.py`). It acknowledges a
message although its agent raised: streams here acknowledge nothing by themselves. Its producer is idempotent
only in a broken mode: overridden. A worker stalls without its partitions' leader topic: disabled.
"""

import asyncio
import ssl
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import faust
from faust.auth import SASLCredentials, SSLCredentials
from faust.events import Event
from faust.transport.drivers.aiokafka import Producer, Transport

from holdgate.adapters.kafka.faust_consumer import CarefulConsumer
from holdgate.core.records.kafka_record import Outgoing, Record
from holdgate.runtime.settings import Settings, data_folder, secret

SESSION_SECONDS = 10.0
"""Partitions of a worker are reassigned after this time without a heartbeat; the default is 60 s."""

METADATA_MS = 5_000
"""Interval of metadata refreshes. A broker that has just started may not know its topics yet, and an
assignment made then leaves every partition unassigned ("Ignoring missing topic") until the leader refreshes.
Measured: after a broker was killed, three workers read nothing for two minutes; the default interval is
five."""

MAX_REQUEST = 10_485_760
"""Bytes of the largest record written: a dead letter carries whatever the input topic accepted."""

FETCH_BYTES = 262_144
"""Bytes per partition and fetch; a larger record is still delivered (KIP-74). With 10 MB a worker that
screened nothing held 32 MB more of a backlog and was no faster."""


class IdempotentProducer(Producer):
    """A producer whose retries the broker deduplicates: a paused leader otherwise logs both (measured)."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class CarefulTransport(Transport):
    """aiokafka with an idempotent producer and a consumer that skips no record."""

    Producer = IdempotentProducer
    Consumer = CarefulConsumer


def new_app(settings: Settings) -> faust.App:
    """Return an app for one worker: it declares no topic, acknowledges nothing by itself, and serves `http`.

    faust creates its data folder without the parents, so the folder is created here first. Raises
    `SettingsError` if that fails.
    """
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
        consumer_max_fetch_size=FETCH_BYTES,
        datadir=str(data_folder(settings)),
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


def record_of(event: Event) -> Record:
    """Return the record of an event, unchanged."""
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


def queued_events(app: faust.App, stream: Any, limit: int) -> Iterator[Event]:
    """Yield up to `limit` events queued on the stream's channel, tracked as if the stream had yielded them.

    Events fetched before the last rebalance are left out: their partitions may belong to another worker.
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


def event_loops(app: faust.App) -> list[asyncio.AbstractEventLoop]:
    """Return the app's event loop and that of its consumer, which runs in a thread."""
    thread = getattr(app.consumer, "_thread", None)
    return [app.loop, *([thread.thread_loop] if thread else [])]


ANSWER_SECONDS = 10.0
"""A consumer whose thread does not report a position within this time is considered hung."""


async def consumer_positions(app: faust.App) -> dict[int, int]:
    """Return the consumer's position in each assigned partition; -1 if its thread does not answer."""
    positions = {}
    for place in app.consumer.assignment():
        try:
            position = await asyncio.wait_for(app.consumer.position(place), ANSWER_SECONDS)
        except TimeoutError:
            position = -1
        if position is not None:
            positions[place.partition] = position
    return positions


class FaustPublisher:
    """Writes with the app's producer and awaits every delivery. A failed call must not be repeated.

    A record whose delivery failed may still be in the log. After a restart the input is decided again, from
    the claims, to the same bytes.
    """

    def __init__(self, app: faust.App, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def publish(self, records: Sequence[Outgoing]) -> list[int]:
        """Write records in order; return their offsets once all of them are in the log."""
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
