"""A real gate to measure: Kafka and Redis of its own, the measured list, open-loop sending and reading."""

import contextlib
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from typing import Any, NamedTuple

import psutil
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from deploy.local.kafka_broker import Kafka
from deploy.local.redis_server import Redis
from deploy.local.sandbox import sandbox
from holdgate.flow import DECISIONS, SUBMITTED
from holdgate.lists import Built
from tests.bench.lists import built
from tests.bench.workload import Made
from tests.chaos.workers import MODULES
from tests.screening.rig import PARTITIONS, Rig, Worker, closing, wait_until

PATIENCE = 120.0
"""Seconds for every decision to come: many times what they take."""


class Decided(NamedTuple):
    """A decision in the log: of which payment, its record's time in Unix seconds, and its JSON."""

    payment_id: str
    at: float
    value: bytes


class Gate:
    """Topics, lists and clients of a bench."""

    def __init__(self, rig: Rig, lists: Built) -> None:
        self.rig = rig
        self.lists = lists
        self._producer = KafkaProducer(bootstrap_servers=rig.settings.kafka, acks="all", linger_ms=2)
        self._consumer = KafkaConsumer(
            bootstrap_servers=rig.settings.kafka, auto_offset_reset="earliest", enable_auto_commit=False
        )
        topic = rig.settings.topic(DECISIONS.name)
        self._consumer.assign([TopicPartition(topic, partition) for partition in range(PARTITIONS)])
        self._consumer.seek_to_beginning()

    def close(self) -> None:
        """End the clients."""
        self._producer.close()
        self._consumer.close()

    def worker(self, *words: str) -> Worker:
        """Start a worker that accounts for its CPU; `nothing` gives it a screener that does nothing."""
        return self.rig.worker((sys.executable, "-m", "tests.bench.accounted", *words))

    def await_shared(self, workers: Sequence[Worker]) -> None:
        """Return when each of the workers has its part of the partitions."""
        share = float(PARTITIONS // len(workers))
        wait_until(
            lambda: all(worker.metrics()["holdgate_partitions_assigned"] == share for worker in workers),
            "partitions shared",
        )

    def publish(self, lists: Built) -> None:
        """Make lists current, known to be true as of now."""
        as_of: Any = {edition.list: datetime.now(UTC) for edition in lists.header.editions}
        self.rig.make_current(lists, **as_of)

    def send(self, made: Sequence[Made], rate: float | None = None) -> dict[str, float]:
        """Send at that many a second, or at once; returns when each was due, in Unix seconds.

        The times are those of the plan, whatever delayed the sender: what waited to be sent counts as
        waited, so that a slow gate cannot hide behind a sender that it slows (coordinated omission).
        """
        topic = self.rig.settings.topic(SUBMITTED.name)
        started = time.time()
        due = {}
        for at, one in enumerate(made):
            planned = started if rate is None else started + at / rate
            time.sleep(max(0.0, planned - time.time()))
            due[one.payment_id] = planned
            self._producer.send(topic, one.value, one.payment_id.encode())
        self._producer.flush(timeout=PATIENCE)
        return due

    def decisions(self, number: int) -> list[Decided]:
        """The next so many decisions; raises `TimeoutError` where they do not come."""
        found: list[Decided] = []
        limit = time.monotonic() + PATIENCE
        while len(found) < number:
            if time.monotonic() > limit:
                raise TimeoutError(f"{len(found)} of {number} decisions within {PATIENCE:.0f} s")
            for records in self._consumer.poll(timeout_ms=100).values():
                found += [_decided(record) for record in records]
        return found


def _decided(record: Any) -> Decided:
    return Decided(record.key.decode(), record.timestamp / 1000, record.value)


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
            started = Gate(rig, built_apart())
            with contextlib.closing(started):
                started.publish(started.lists)
                yield started


def built_apart() -> Built:
    """The measured lists, built in a process of its own: its memory is not that of this one."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(built).result()


def cpu_seconds(worker: Worker) -> float:
    """CPU time of a worker up to now."""
    times = psutil.Process(worker.process.pid).cpu_times()
    return float(times.user + times.system)


def memory(worker: Worker) -> float:
    """Memory of a worker now, in MB."""
    return float(psutil.Process(worker.process.pid).memory_info().rss) / 1e6
