"""A real gate to measure, with its own Kafka and Redis, the measured lists, and an open-loop sender."""

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

from bench.lists import build_measured_lists
from bench.workload import WorkloadRecord
from chaos.workers import MODULES
from deploy.local.daemon import Daemon
from deploy.local.kafka_broker import Kafka
from deploy.local.redis_server import Redis
from deploy.local.sandbox import sandbox
from holdgate.core.records.topics import DECISIONS, INPUT_OFFSET, INPUT_PARTITION, SUBMITTED
from holdgate.lists.building import BuiltSnapshot
from tests.support.rig import PARTITIONS, Rig, Worker, closing, wait_until

DECISION_TIMEOUT = 120.0
"""Seconds to wait for a decision; it takes a small part of that."""


class DecisionRecord(NamedTuple):
    """A decision in the log: its payment, the time of its record in Unix seconds, and its JSON.

    `input_position` is the partition and offset of its input.
    """

    payment_id: str
    timestamp: float
    value: bytes
    input_position: tuple[int, int]


class BenchGate:
    """Topics, lists and clients of a bench.

    The clients are those written in C, because they share the CPU with the worker.
    """

    def __init__(self, rig: Rig, lists: BuiltSnapshot, servers: Mapping[str, Daemon]) -> None:
        from confluent_kafka import Consumer, Producer, TopicPartition

        self.rig = rig
        self.lists = lists
        self.servers = servers
        self._partitions = rig.settings.partitions
        shared = {"bootstrap.servers": rig.settings.kafka, "log_level": 0}
        self._producer = Producer({**shared, "acks": "all", "linger.ms": 2})
        self._consumer = Consumer({**shared, "group.id": "bench-reader", "enable.auto.commit": False})
        topic = rig.settings.topic(DECISIONS.name)
        self._consumer.assign([TopicPartition(topic, partition, 0) for partition in range(self._partitions)])

    def close(self) -> None:
        """Close the clients."""
        self._producer.flush(DECISION_TIMEOUT)
        self._consumer.close()

    def worker(self, *words: str) -> Worker:
        """Start a worker that measures its CPU per stage; `nothing` gives it a screener that does nothing."""
        return self.rig.worker((sys.executable, "-m", "bench.accounted", *words))

    def await_partitions_shared(self, workers: Sequence[Worker]) -> None:
        """Wait until each worker has its share of the partitions."""
        share = float(self._partitions // len(workers))
        wait_until(
            lambda: all(worker.metrics()["holdgate_partitions_assigned"] == share for worker in workers),
            "partitions shared",
        )

    def publish(self, lists: BuiltSnapshot) -> None:
        """Make lists current, with the present time as their age."""
        as_of: Any = {edition.list: datetime.now(UTC) for edition in lists.header.editions}
        self.rig.make_current(lists, **as_of)

    def send(self, payments: Iterable[WorkloadRecord], rate: float | None = None) -> dict[str, float]:
        """Send at `rate` per second, or all together; return the due times in Unix seconds by payment_id.

        Due times follow the plan even if the sender is late. The delay then counts as latency, so that a
        slow gate that also slows the sender does not look fast (coordinated omission).
        """
        topic = self.rig.settings.topic(SUBMITTED.name)
        due = {}
        with _gc_disabled():
            started = time.time()
            for number, payment in enumerate(payments):
                planned = started if rate is None else started + number / rate
                time.sleep(max(0.0, planned - time.time()))
                due[payment.payment_id] = planned
                self._producer.produce(topic, payment.value, payment.payment_id.encode())
                self._producer.poll(0)
            self._producer.flush(DECISION_TIMEOUT)
        return due

    def read_decisions(self, number: int) -> list[DecisionRecord]:
        """Return the next `number` decisions; raise `TimeoutError` if none arrives for DECISION_TIMEOUT."""
        decisions: list[DecisionRecord] = []
        deadline = time.monotonic() + DECISION_TIMEOUT
        while len(decisions) < number:
            records = self._consumer.consume(min(1_000, number - len(decisions)), timeout=0.1)
            decisions += [_decision_record(record) for record in records]
            if records:
                deadline = time.monotonic() + DECISION_TIMEOUT
            elif time.monotonic() > deadline:
                raise TimeoutError(f"{len(decisions)} of {number} decisions within {DECISION_TIMEOUT:.0f} s")
        return decisions


@contextlib.contextmanager
def _gc_disabled() -> Iterator[None]:
    """Disable the garbage collector inside the block.

    After the other benches, a full collection delays the sender longer than a payment may wait.
    """
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _decision_record(record: Any) -> DecisionRecord:
    if record.error():
        raise OSError(str(record.error()))
    headers = dict(record.headers())
    position = int(headers[INPUT_PARTITION]), int(headers[INPUT_OFFSET])
    return DecisionRecord(record.key().decode(), record.timestamp()[1] / 1000, record.value(), position)


@contextlib.contextmanager
def running_gate(partitions: int = PARTITIONS) -> Iterator[BenchGate]:
    """Run a gate with the measured lists and without workers inside the block."""
    with sandbox("bench") as folder:
        broker, database = Kafka(folder / "kafka"), Redis(folder / "redis")
        broker.start()
        database.start()
        with closing(Rig(folder, broker.bootstrap, database.url, "bench.")) as rig:
            rig.environment |= {"PYTHONPATH": MODULES, "HOLDGATE_PARTITIONS": str(partitions)}
            rig.create_topics()
            started = BenchGate(rig, build_lists_in_child(), {"kafka": broker, "redis": database})
            with contextlib.closing(started):
                started.publish(started.lists)
                yield started


def build_lists_in_child() -> BuiltSnapshot:
    """Return the measured lists, built in a child process so that its memory is not counted here."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(build_measured_lists).result()


def cpu_seconds(pid: int | None) -> float:
    """Return the CPU seconds that a process has used."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def memory_mb(worker: Worker) -> float:
    """Return the memory of a worker in MB."""
    return float(psutil.Process(worker.process.pid).memory_info().rss) / 1e6
