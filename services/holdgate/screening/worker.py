"""The screening worker: a faust agent that decides micro-batches and acknowledges what stands decided.

Exits 0 after a SIGTERM, 1 after a crash; whoever runs it starts it again.
"""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import faust
import structlog
from aiohttp.web import Response
from faust.types import TP
from mode.supervisors import CrashingSupervisor
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from holdgate.adapters import kafka
from holdgate.adapters.faust import FaustPublisher, new_app, queued, record
from holdgate.adapters.redis import Fault, WorkerStore
from holdgate.core import policy as policies
from holdgate.core.decision import Versions
from holdgate.core.policy import Policy
from holdgate.flow import DECISIONS, SUBMITTED, TOPICS
from holdgate.health import Health
from holdgate.logs import configure
from holdgate.metrics import Metrics
from holdgate.screening.gate import Gate
from holdgate.screening.lists import Lists
from holdgate.screening.patience import until_done
from holdgate.settings import Settings

log = structlog.get_logger()

WAIT_SECONDS = 3.0
"""Between two looks for Kafka and Redis at the start, each said."""


class PatientClaims:
    """Claims in Redis that return only with an answer: a fault is waited out."""

    def __init__(self, store: WorkerStore, metrics: Metrics) -> None:
        self._store = store
        self._retried = metrics.retries.labels("redis").inc

    async def claim(self, claims: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """Claim each (key, claim); returns what stands."""
        return await until_done(lambda: self._store.claim(claims), Fault, "Redis", self._retried)

    async def versions(self, name: bytes) -> Versions:
        """The versions that a claim names; raises LookupError if Redis lost them and kept the claim."""
        found = await until_done(lambda: self._store.versions(name), Fault, "Redis", self._retried)
        if found is None:
            raise LookupError(
                f"Redis holds a claim of the versions {name.hex()} but not dec:versions:{name.hex()}"
            )
        return found


def read_policy(path: str) -> Policy:
    """The policy file; raises `PolicyError` naming what is wrong."""
    try:
        text = Path(path).read_bytes()
    except OSError as error:
        raise policies.PolicyError(
            f"{path}: {error.strerror}; set HOLDGATE_POLICY to a policy file"
        ) from error
    return policies.from_toml(text, path)


def run(settings: Settings) -> NoReturn:
    """Run a worker until it is told to stop; ends the process."""
    configure(settings.log_level)
    policy = read_policy(settings.policy)
    asyncio.run(_wait_for_neighbours(settings))
    app = build(settings, policy)
    worker = faust.Worker(
        app, loglevel=settings.log_level, loghandlers=[], quiet=True, override_logging=False
    )
    worker.execute_from_commandline()


def build(settings: Settings, policy: Policy) -> faust.App:
    """The worker's app: agent, lists, and web pages."""
    app = new_app(settings)
    metrics = Metrics()
    health = Health(settings.health_file)
    store = WorkerStore(settings)
    lists = Lists(store, policy, metrics, settings.list_grace_seconds)
    gate = Gate(policy, lists, PatientClaims(store, metrics), FaustPublisher(app, settings), metrics)
    submitted = app.topic(
        settings.topic(SUBMITTED.name),
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
    )
    busy = False

    @app.agent(submitted, name="screening", concurrency=1, supervisor_strategy=CrashingSupervisor)
    async def screening(stream: Any) -> None:
        nonlocal busy
        unacknowledged = stream.noack()
        async for first in unacknowledged.events():
            busy = True
            while lists.waiting:
                await asyncio.sleep(0.1)
            batch = [first, *queued(app, unacknowledged, settings.batch - 1)]
            records = [record(event) for event in batch]
            metrics.oldest.set(max(0.0, time.time() - min(entry.timestamp for entry in records)))
            await gate.decide(records)
            for event in batch:
                event.ack()
            metrics.oldest.set(0)
            health.progress()
            busy = False

    @app.task
    async def follow_lists() -> None:
        await lists.follow()

    @app.timer(interval=1.0)
    async def idle_progress() -> None:
        if not busy:
            health.progress()

    @app.on_partitions_assigned.connect
    async def on_assigned(_app: faust.App, assigned: set[TP], **_: Any) -> None:
        health.assigned = True
        log.info("partitions assigned", partitions=sorted(tp.partition for tp in assigned))

    @app.on_partitions_revoked.connect
    async def on_revoked(_app: faust.App, revoked: set[TP], **_: Any) -> None:
        health.assigned = False

    @app.page("/metrics")
    async def show_metrics(_page: Any, _request: Any) -> Response:
        body = generate_latest(metrics.registry)
        return Response(body=body, headers={"content-type": CONTENT_TYPE_LATEST})

    @app.page("/health/live")
    async def live(_page: Any, _request: Any) -> Response:
        return _answer(health.alive, f"last progress {health.idle_seconds:.1f} s ago")

    @app.page("/health/ready")
    async def ready(_page: Any, _request: Any) -> Response:
        wanting = [
            what
            for what, there in (
                ("no partitions assigned", health.assigned),
                (lists.missing(), lists.screener is not None),
            )
            if not there
        ]
        return _answer(not wanting, "; ".join(wanting) or "ready")

    return app


def _answer(good: bool, text: str) -> Response:
    return Response(text=text + "\n", status=200 if good else 503)


async def _wait_for_neighbours(settings: Settings) -> None:
    """Return when Redis answers and Kafka has the topics; say every few seconds what is missing."""
    while True:
        wanting = [what for what in (await _redis_wanting(settings), _kafka_wanting(settings)) if what]
        if not wanting:
            return
        for what in wanting:
            log.warning(f"waiting: {what}")
        await asyncio.sleep(WAIT_SECONDS)


async def _redis_wanting(settings: Settings) -> str | None:
    store = WorkerStore(settings)
    try:
        await store.ping()
    except Fault as error:
        return f"Redis does not answer at HOLDGATE_REDIS ({type(error).__name__})"
    finally:
        await store.close()
    return None


def _kafka_wanting(settings: Settings) -> str | None:
    try:
        counts = kafka.partition_counts(settings)
    except kafka.Fault as error:
        return f"Kafka does not answer at {settings.kafka} ({type(error).__name__})"
    if missing := [settings.topic(topic.name) for topic in TOPICS if topic.name not in counts]:
        return f"topics {', '.join(missing)} do not exist: run `holdgate topics create`"
    if counts[DECISIONS.name] < counts[SUBMITTED.name]:
        return (
            f"{settings.topic(DECISIONS.name)} has {counts[DECISIONS.name]} partitions and"
            f" {settings.topic(SUBMITTED.name)} {counts[SUBMITTED.name]}: a decision goes to its input's"
            " partition number, so give it as many"
        )
    return None
