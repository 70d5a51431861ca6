"""What is wrong, worst first, by the limits of the alerts: each names its page in deploy/runbooks."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from holdgate.status.situation import Queue, Situation, Worker

Urgency = Literal["page", "ticket"]

SHARE_OF_DEADLINE = 0.5
AGEING, REDIS_FULL_SHARES = 0.75, 0.8
LETTERS_OLD_SECONDS = 86_400.0
FEW_LETTERS, LETTERS_NEW_SECONDS = 10, 3_600.0
"""More open dead letters than these, all of them younger: a sender, a list or the engine broke lately."""
STALLED_SECONDS = 30.0


class Problem(NamedTuple):
    """Something that is wrong: how urgent, what, and the alert whose page says what to do."""

    urgency: Urgency
    what: str
    alert: str


def problems(seen: Situation) -> list[Problem]:
    """What is wrong, what pages before what can wait; among these, what stops payments first."""
    found = [*_systems(seen), *_workers(seen), *_waiting(seen), *_lists(seen), *_left(seen)]
    return sorted(found, key=lambda problem: problem.urgency)


def _systems(seen: Situation) -> Iterator[Problem]:
    if seen.kafka is not None:
        yield Problem("page", f"Kafka: {seen.kafka}", "KafkaFaults")
    if seen.redis is not None:
        yield Problem("page", f"Redis: {seen.redis}", "RedisFaults")
    if seen.redis_evicted:
        yield Problem("page", f"Redis threw {seen.redis_evicted:,} keys away", "RedisEvictions")


def _workers(seen: Situation) -> Iterator[Problem]:
    if seen.kafka is None and not seen.workers:
        yield Problem("page", "no worker is in the group: no payment is decided", "NoWorkers")
    for worker in seen.workers:
        if worker.error is not None:
            yield Problem("ticket", f"worker {worker.address} does not answer: {worker.error}", "WorkerDown")
        elif worker.list_version is None:
            yield Problem("page", f"worker {worker.address} has no lists: it holds everything", "ListMissing")
        elif seen.list_version is not None and worker.list_version != seen.list_version:
            what = (
                f"worker {worker.address} screens with {worker.list_version}, current is {seen.list_version}"
            )
            yield Problem("page", what, "ListVersionSkew")
        if worker.canary_missed:
            what = f"worker {worker.address} does not find {worker.canary_missed} listed names"
            yield Problem("page", what, "CanaryMissed")
    if len({(worker.engine, worker.policy) for worker in _that_answer(seen)}) > 1:
        yield Problem("ticket", "workers decide by different engines or policies", "RulesSkew")


def _waiting(seen: Situation) -> Iterator[Problem]:
    deadlines = [limit for worker in seen.workers for limit in worker.deadlines.values()]
    limit = min(deadlines, default=None)
    if limit is not None and seen.oldest_seconds > SHARE_OF_DEADLINE * limit:
        what = f"a payment waits since {seen.oldest_seconds:.0f} s, the shortest deadline is {limit:.0f} s"
        yield Problem("page", what, "PaymentsWaiting")
    elif seen.oldest_seconds > STALLED_SECONDS:
        yield Problem("page", f"a payment waits since {seen.oldest_seconds:.0f} s", "NoProgress")


def _lists(seen: Situation) -> Iterator[Problem]:
    if seen.redis is None and seen.list_version is None:
        yield Problem("page", "no list snapshot is published", "ListMissing")
    for one in seen.lists:
        if one.exempt or one.limit_seconds is None:
            continue
        age = f"list {one.name} is {one.age_seconds / 3600:.0f} h old, the limit is"
        if one.age_seconds > one.limit_seconds:
            yield Problem("page", f"{age} {one.limit_seconds / 3600:.0f} h: all is held", "ListStale")
        elif one.age_seconds > AGEING * one.limit_seconds:
            yield Problem("ticket", f"{age} {one.limit_seconds / 3600:.0f} h", "ListAgeing")


def _left(seen: Situation) -> Iterator[Problem]:
    letters = seen.dead_letters or Queue(0, None)
    oldest = letters.oldest_seconds or 0.0
    if oldest > LETTERS_OLD_SECONDS:
        what = f"{letters.records:,} dead letters, the oldest of {oldest / 3600:.0f} h"
        yield Problem("ticket", what, "DeadLettersOld")
    elif letters.records > FEW_LETTERS and oldest < LETTERS_NEW_SECONDS:
        what = f"{letters.records:,} records could not be read or screened within {oldest / 60:.0f} min"
        yield Problem("page", what, "DeadLetterRate")
    memory, limit = seen.redis_memory_bytes, seen.redis_limit_bytes
    if memory is not None and limit and memory > REDIS_FULL_SHARES * limit:
        yield Problem("ticket", f"Redis is {memory / limit:.0%} full", "RedisFull")


def _that_answer(seen: Situation) -> list[Worker]:
    return [worker for worker in seen.workers if worker.error is None]
