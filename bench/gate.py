"""A real gate to measure: Kafka and Redis of its own, the measured list, open-loop sending and reading."""

import contextlib
import gc
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from typing import Any, NamedTuple

import psutil

from bench.lists import built
from bench.workload import Made
from chaos.workers import MODULES
from deploy.local.daemon import Daemon
from deploy.local.kafka_broker import Kafka
from deploy.local.redis_server import Redis
from deploy.local.sandbox import sandbox
from holdgate.core.records.topics import DECISIONS, INPUT_OFFSET, INPUT_PARTITION, SUBMITTED
from holdgate.lists.publication import BuiltSnapshot
from tests.support.rig import PARTITIONS, Rig, Worker, closing, wait_until

PATIENCE = 120.0
"""Seconds for every decision to come: many times what they take."""


class Decided(NamedTuple):
    """A decision in the log: of which payment, its record's time in Unix seconds, and its JSON.

    `place` is partition and offset of its input.
    """

    payment_id: str
    at: float
    value: bytes
    place: tuple[int, int]


class Gate:
    """Topics, lists and clients of a bench. The clients are Kafka's in C: what they take of the machine, the
    worker beside them lacks."""

    def __init__(self, rig: Rig, lists: BuiltSnapshot, servers: Mapping[str, Daemon]) -> None:
        from confluent_kafka import Consumer, Producer, TopicPartition

        self.rig = rig
        self.lists = lists
        self.servers = servers
        shared = {"bootstrap.servers": rig.settings.kafka, "log_level": 0}
        self._producer = Producer({**shared, "acks": "all", "linger.ms": 2})
        self._consumer = Consumer({**shared, "group.id": "bench-reader", "enable.auto.commit": False})
        topic = rig.settings.topic(DECISIONS.name)
        self._consumer.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])

    def close(self) -> None:
        """End the clients."""
        self._producer.flush(PATIENCE)
        self._consumer.close()

    def worker(self, *words: str) -> Worker:
        """Start a worker that accounts for its CPU; `nothing` gives it a screener that does nothing."""
        return self.rig.worker((sys.executable, "-m", "bench.accounted", *words))

    def await_shared(self, workers: Sequence[Worker]) -> None:
        """Return when each of the workers has its part of the partitions."""
        share = float(PARTITIONS // len(workers))
        wait_until(
            lambda: all(worker.metrics()["holdgate_partitions_assigned"] == share for worker in workers),
            "partitions shared",
        )

    def publish(self, lists: BuiltSnapshot) -> None:
        """Make lists current, known to be true as of now."""
        as_of: Any = {edition.list: datetime.now(UTC) for edition in lists.header.editions}
        self.rig.make_current(lists, **as_of)

    def send(self, made: Iterable[Made], rate: float | None = None) -> dict[str, float]:
        """Send at that many a second, or at once; returns when each was due, in Unix seconds.

        The times are those of the plan, whatever delayed the sender: what waited to be sent counts as
        waited, so that a slow gate cannot hide behind a sender that it slows (coordinated omission).
        """
        topic = self.rig.settings.topic(SUBMITTED.name)
        due = {}
        with _uncollected():
            started = time.time()
            for at, one in enumerate(made):
                planned = started if rate is None else started + at / rate
                time.sleep(max(0.0, planned - time.time()))
                due[one.payment_id] = planned
                self._producer.produce(topic, one.value, one.payment_id.encode())
                self._producer.poll(0)
            self._producer.flush(PATIENCE)
        return due

    def decisions(self, number: int) -> list[Decided]:
        """The next so many decisions; raises `TimeoutError` where none comes for long."""
        found: list[Decided] = []
        limit = time.monotonic() + PATIENCE
        while len(found) < number:
            records = self._consumer.consume(min(1_000, number - len(found)), timeout=0.1)
            found += [_decided(record) for record in records]
            if records:
                limit = time.monotonic() + PATIENCE
            elif time.monotonic() > limit:
                raise TimeoutError(f"{len(found)} of {number} decisions, and none more for {PATIENCE:.0f} s")
        return found


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """No search for cycles in this process inside the block: after the other benches one takes longer than a
    payment may wait, and nothing is sent meanwhile."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _decided(record: Any) -> Decided:
    if record.error():
        raise OSError(str(record.error()))
    about = dict(record.headers())
    place = int(about[INPUT_PARTITION]), int(about[INPUT_OFFSET])
    return Decided(record.key().decode(), record.timestamp()[1] / 1000, record.value(), place)


@contextlib.contextmanager
def gate() -> Iterator[Gate]:
    """A gate with the measured lists current, and no worker yet; all of it is gone after the block."""
    with sandbox("bench") as folder:
        broker, database = Kafka(folder / "kafka"), Redis(folder / "redis")
        broker.start()
        database.start()
        with closing(Rig(folder, broker.bootstrap, database.url, "bench.")) as rig:
            rig.environment["PYTHONPATH"] = MODULES
            rig.create_topics()
            started = Gate(rig, built_apart(), {"kafka": broker, "redis": database})
            with contextlib.closing(started):
                started.publish(started.lists)
                yield started


def built_apart() -> BuiltSnapshot:
    """The measured lists, built in a process of its own: its memory is not that of this one."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(built).result()


def cpu_seconds(pid: int | None) -> float:
    """CPU time of a process up to now."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def memory(worker: Worker) -> float:
    """Memory of a worker now, in MB."""
    return float(psutil.Process(worker.process.pid).memory_info().rss) / 1e6
