"""Collect the state of Kafka, Redis and the workers; a system that does not answer is reported as such."""

import time
import urllib.request
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

import msgspec
from msgspec import Struct
from prometheus_client.parser import text_string_to_metric_families

from holdgate.adapters.kafka import topic_admin
from holdgate.adapters.kafka.watch import Backlog, GroupMember, KafkaWatch
from holdgate.adapters.redis.snapshot_store import RedisFault
from holdgate.adapters.redis.watch import RedisState, RedisWatch
from holdgate.runtime.settings import Settings

ANSWER_SECONDS = 3.0
"""Longest wait for a worker's metrics."""


class Queue(Struct, frozen=True):
    """Waiting records, and the age of the oldest in seconds; None if no record waits."""

    records: int
    oldest_seconds: float | None


class Worker(Struct, frozen=True):
    """A worker: where it is, and its partitions according to Kafka; the rest is from its metrics.

    If these cannot be read, `error` is set and the rest is not.
    """

    address: str
    error: str | None = None
    assigned: tuple[int, ...] = ()
    partitions: int = 0
    oldest_seconds: float = 0.0
    list_version: str | None = None
    engine: str | None = None
    policy: str | None = None
    started_seconds: float | None = None
    memory_bytes: int | None = None
    canary_missed: int = 0
    dead_letters_left: int | None = None
    list_limits: dict[str, float] = {}
    exempt: tuple[str, ...] = ()
    deadlines: dict[str, float] = {}
    retries: dict[str, int] = {}


class ListAge(Struct, frozen=True):
    """A list of the current snapshot; the age limit comes from the workers' policy, None if none answers."""

    name: str
    entries: int
    age_seconds: float
    limit_seconds: float | None
    exempt: bool


class Situation(Struct, frozen=True):
    """The state of everything at one time. `kafka` and `redis` are the error if they did not answer.

    What only a system that did not answer knows is None.
    """

    at: datetime
    kafka: str | None
    redis: str | None
    payments: dict[int, Queue] | None
    dead_letters: Queue | None
    workers: tuple[Worker, ...] | None
    list_version: str | None
    published_at: datetime | None
    lists: tuple[ListAge, ...] | None
    redis_memory_bytes: int | None
    redis_limit_bytes: int | None
    redis_evicted: int | None

    @property
    def waiting(self) -> int | None:
        """Payments without a decision; None if Kafka does not say."""
        return None if self.payments is None else sum(queue.records for queue in self.payments.values())

    @property
    def oldest_seconds(self) -> float | None:
        """Seconds that the oldest of them has been waiting, in Kafka or in a worker; 0 if none waits."""
        if self.payments is None:
            return None
        ages = [queue.oldest_seconds or 0.0 for queue in self.payments.values()]
        return max([*ages, *(worker.oldest_seconds for worker in self.workers or ())], default=0.0)


Read = Callable[[str], str]
"""Reads the metrics of a worker by host and port; raises OSError or ValueError."""


def read_metrics(address: str) -> str:
    """Return the text of a worker's metrics."""
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=ANSWER_SECONDS) as answer:
        return str(answer.read().decode())


def gather(settings: Settings, read: Read = read_metrics) -> Situation:
    """Query Kafka, Redis and every worker; a system that does not answer becomes an error in the result."""
    now = time.time()
    payments: dict[int, Backlog] = {}
    letters: dict[int, Backlog] = {}
    members: list[GroupMember] | None = None
    kafka_error, redis_error, state = None, None, None
    try:
        with KafkaWatch(settings) as watch:
            payments, letters, members = watch.payments(), watch.dead_letters(), watch.workers()
        if not payments:
            kafka_error = "the topics do not exist: run `holdgate topics create`"
    except topic_admin.KafkaFault as error:
        kafka_error = f"{type(error).__name__}: {error}"
    try:
        with closing(RedisWatch(settings)) as redis:
            state = redis.read_state()
    except (*RedisFault, msgspec.DecodeError) as error:
        redis_error = f"{type(error).__name__}: {error}"
    workers = None if members is None else tuple(ask(member, read, now) for member in members)
    pointer = state.pointer if state else None
    return Situation(
        at=datetime.fromtimestamp(now, UTC),
        kafka=kafka_error,
        redis=redis_error,
        payments=(
            {partition: _queue([waiting], now) for partition, waiting in sorted(payments.items())}
            if payments
            else None
        ),
        dead_letters=_queue(list(letters.values()), now) if letters else None,
        workers=workers,
        list_version=pointer.version if pointer else None,
        published_at=pointer.published_at if pointer else None,
        lists=_lists(state, workers or (), now),
        redis_memory_bytes=state.memory if state else None,
        redis_limit_bytes=state.memory_limit if state else None,
        redis_evicted=state.evicted if state else None,
    )


def ask(member: GroupMember, read: Read, now: float) -> Worker:
    """Return a worker from its metrics, or with the error if they cannot be read."""
    address = member.address or member.host
    if member.address is None:
        return Worker(address, "it names no web server, so it is no Holdgate worker", member.partitions)
    try:
        families = {family.name: family for family in text_string_to_metric_families(read(address))}
    except (OSError, ValueError) as error:
        return Worker(address, f"{type(error).__name__}: {error}", member.partitions)

    def samples(name: str) -> list[tuple[dict[str, str], float]]:
        family = families.get(name)
        return [(sample.labels, sample.value) for sample in family.samples] if family else []

    def value(name: str) -> float | None:
        return next((number for _, number in samples(name)), None)

    def by(name: str, label: str) -> dict[str, float]:
        return {labels[label]: number for labels, number in samples(name)}

    built = next((labels for labels, _ in samples("holdgate_build_info")), {})
    started, memory, left = (
        value("process_start_time_seconds"),
        value("process_resident_memory_bytes"),
        value("holdgate_dead_letters_left"),
    )
    return Worker(
        address,
        assigned=member.partitions,
        partitions=int(value("holdgate_partitions_assigned") or 0),
        oldest_seconds=value("holdgate_oldest_unscreened_seconds") or 0.0,
        list_version=next(iter(by("holdgate_list_info", "version")), None),
        engine=built.get("engine"),
        policy=built.get("policy"),
        started_seconds=now - started if started else None,
        memory_bytes=int(memory) if memory else None,
        canary_missed=int(value("holdgate_canary_missed") or 0),
        dead_letters_left=int(left) if left is not None else None,
        list_limits=by("holdgate_list_age_limit_seconds", "list"),
        exempt=tuple(name for name, on in by("holdgate_list_freshness_exempt", "list").items() if on),
        deadlines=by("holdgate_rail_deadline_seconds", "rail"),
        retries={system: int(number) for system, number in by("holdgate_retries", "system").items()},
    )


def _queue(waiting: list[Backlog], now: float) -> Queue:
    oldest = min((backlog.oldest for backlog in waiting if backlog.oldest is not None), default=None)
    return Queue(sum(backlog.records for backlog in waiting), max(0.0, now - oldest) if oldest else None)


def _lists(state: RedisState | None, workers: tuple[Worker, ...], now: float) -> tuple[ListAge, ...] | None:
    if state is None:
        return None
    if state.pointer is None:
        return ()
    limits = {name: limit for worker in workers for name, limit in worker.list_limits.items()}
    exempt = {name for worker in workers for name in worker.exempt}
    return tuple(
        ListAge(
            name,
            state.pointer.entries.get(name, 0),
            now - as_of.timestamp(),
            limits.get(name),
            name in exempt,
        )
        for name, as_of in sorted(state.pointer.as_of.items())
    )
