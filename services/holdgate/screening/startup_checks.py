"""What a worker needs before it starts: Redis that answers, Kafka that answers, and its topics."""

import asyncio

import structlog

from holdgate.adapters.kafka import offsets
from holdgate.adapters.redis.snapshot_store import RedisFault, WorkerStore
from holdgate.core.records.topics import DECISIONS, SUBMITTED, TOPICS
from holdgate.runtime.settings import Settings

log = structlog.get_logger()

OWN = [topic.name for topic in TOPICS if "screening" in (*topic.written_by, *topic.read_by)]
"""The topics that a worker has to see: of others it may not even be allowed to know."""

WAIT_SECONDS = 3.0
"""Between two looks, each of which is said."""


async def wait_for(settings: Settings) -> None:
    """Return when Redis answers and Kafka has the topics; until then say what is missing."""
    while True:
        wanting = [what for what in (await _redis(settings), await _kafka(settings)) if what]
        if not wanting:
            return
        for what in wanting:
            log.warning("waiting to start", wanting=what)
        await asyncio.sleep(WAIT_SECONDS)


async def _redis(settings: Settings) -> str | None:
    store = WorkerStore(settings)
    try:
        await store.ping()
    except RedisFault as error:
        return f"Redis does not answer at HOLDGATE_REDIS ({type(error).__name__}): is it running?"
    finally:
        await store.close()
    return None


async def _kafka(settings: Settings) -> str | None:
    try:
        counts = await offsets.partition_counts(settings)
    except offsets.AiokafkaFault as error:
        return f"Kafka does not answer at {settings.kafka} ({type(error).__name__}): is it running?"
    if missing := [settings.topic(name) for name in OWN if name not in counts]:
        return f"topics {', '.join(missing)} do not exist: run `holdgate topics create`"
    if counts[DECISIONS.name] < counts[SUBMITTED.name]:
        return (
            f"{settings.topic(DECISIONS.name)} has {counts[DECISIONS.name]} partitions and"
            f" {settings.topic(SUBMITTED.name)} has {counts[SUBMITTED.name]}: a decision goes to its input's"
            " partition number, so give it as many"
        )
    return None
