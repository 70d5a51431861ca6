"""Checks before a worker starts, and while it stops: Redis answers, Kafka answers, and the topics exist."""

import asyncio
from collections.abc import Callable

import structlog

from holdgate.adapters.kafka import offsets
from holdgate.adapters.redis.snapshot_store import RedisFault, WorkerStore
from holdgate.core.records.topics import DECISIONS, SUBMITTED, TOPICS
from holdgate.runtime.settings import Settings

log = structlog.get_logger()

WORKER_TOPICS = [topic.name for topic in TOPICS if "screening" in (*topic.written_by, *topic.read_by)]
"""The topics a worker uses. It may lack permission to see others."""

WAIT_SECONDS = 3.0
"""Seconds between two checks; each failed check is logged."""

ANSWER_SECONDS = 4.0
"""Within this time Redis and Kafka have to answer a worker that stops; both normally take milliseconds."""


async def wait_for(settings: Settings, waiting: Callable[[str], None]) -> None:
    """Return when Redis answers and Kafka has the topics; until then, log why not and call `waiting`."""
    while True:
        problems = await _problems(settings)
        if not problems:
            return
        for problem in problems:
            log.warning("waiting to start", wanting=problem)
        waiting("Redis and Kafka")
        await asyncio.sleep(WAIT_SECONDS)


def outage(settings: Settings) -> str | None:
    """Return what is wrong with Redis or Kafka, or None. Blocks for some seconds: for a thread of its own."""

    async def problems() -> list[str]:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await _problems(settings)

    try:
        return "; ".join(asyncio.run(problems())) or None
    except TimeoutError:
        return f"Redis or Kafka did not answer within {ANSWER_SECONDS:.0f} s"


async def _problems(settings: Settings) -> list[str]:
    return [problem for problem in (await _redis(settings), await _kafka(settings)) if problem]


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
    if missing := [settings.topic(name) for name in WORKER_TOPICS if name not in counts]:
        return f"topics {', '.join(missing)} do not exist: run `holdgate topics create`"
    if counts[DECISIONS.name] < counts[SUBMITTED.name]:
        return (
            f"{settings.topic(DECISIONS.name)} has {counts[DECISIONS.name]} partitions and"
            f" {settings.topic(SUBMITTED.name)} has {counts[SUBMITTED.name]}; a decision goes to its input's"
            " partition number, so give both the same number"
        )
    return None
