"""faust-streaming 0.15.3, made to lose nothing.

What the stock library does and this changes: its consumer passes over what it dropped (`faust_consumer.py`);
an agent's message is acknowledged although the agent raised (streams here acknowledge nothing by
themselves); its producer is idempotent only in a mode that is broken (overridden); a worker that lost its
partitions' leader topic stalls (disabled).
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
"""After so long without a heartbeat a worker's partitions go to another; the default of 60 stalls them."""

METADATA_MS = 5_000
"""A broker that has just started may not know its topics yet; an assignment made then leaves every
partition to nobody ("Ignoring missing topic") until the leader asks again. Measured: after a broker's kill
three workers read nothing for two minutes, and would have for the default of five."""

MAX_REQUEST = 10_485_760
"""Bytes of the largest record written: a dead letter carries whatever the input topic let through."""

FETCH_BYTES = 262_144
"""Bytes asked of a partition at once; a larger record comes all the same (KIP-74). At 10 MB a worker that
screened nothing held 32 MB more of a backlog and was no faster."""


class IdempotentProducer(Producer):
    """The broker drops what a retry sends twice: measured, a paused leader otherwise logs both."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class CarefulTransport(Transport):
    """aiokafka with an idempotent producer and a consumer that passes nothing over."""

    Producer = IdempotentProducer
    Consumer = CarefulConsumer


def new_app(settings: Settings) -> faust.App:
    """Return an app for one worker: it declares no topic, acknowledges nothing unasked, and serves `http`.

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


def queued_events(app: faust.App, stream: Any, limit: int) -> Iterator[Event]:
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


def event_loops(app: faust.App) -> list[asyncio.AbstractEventLoop]:
    """The app's own, and its consumer's, which runs in a thread."""
    thread = getattr(app.consumer, "_thread", None)
    return [app.loop, *([thread.thread_loop] if thread else [])]


ANSWER_SECONDS = 10.0
"""A consumer's thread that does not tell its position for so long hangs."""


async def consumer_positions(app: faust.App) -> dict[int, int]:
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
