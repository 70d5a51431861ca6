"""The floor of the pipeline: the worker with a screener that does nothing, and Kafka's C client alone."""

import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from bench.figures import Figure
from bench.flood import flood
from bench.gate import PATIENCE, Gate, gate
from bench.parties import ordinary
from bench.workload import Made, workload
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.core.records.topics import DECISIONS, SUBMITTED
from tests.support.rig import PARTITIONS

DECISION_BYTES = 420
"""About a RELEASE with its headers: what the C client's loop writes for each record."""
LEAST = 20_000
"""Payments: this pipeline is quick, and a second of it tells more than a few hundred payments."""


def floor(number: int) -> Iterator[Figure]:
    """Every figure."""
    number = max(number, LEAST)
    _, pool = ordinary()
    with gate() as running:
        entries = load_snapshot(running.lists.data).entries
        made = list(workload(pool, entries, 21, number + 2_000, submitted=datetime.now(UTC)))
        worker = running.worker("nothing").await_ready()
        yield from flood(running, [worker], made[:2_000], made[2_000:], "floor.nothing")
        worker.terminate()
        yield from _bare(running, made)


def _bare(running: Gate, made: list[Made]) -> Iterator[Figure]:
    """Read every record, write as many of a decision's size, commit: no decoding, no screening, no claim."""
    from confluent_kafka import Consumer, Producer, TopicPartition

    settings = running.rig.settings
    shared: Mapping[str, Any] = {"bootstrap.servers": settings.kafka, "log_level": 0}
    producer = Producer({**shared, "acks": "all", "enable.idempotence": True, "linger.ms": 2})
    consumer = Consumer({**shared, "group.id": "bare", "enable.auto.commit": False})
    topic, decisions = settings.topic(SUBMITTED.name), settings.topic(DECISIONS.name)
    with closing(consumer):
        consumer.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
        started, used, seen = time.monotonic(), time.process_time(), 0
        value = bytes(DECISION_BYTES)
        while seen < len(made) and time.monotonic() - started < PATIENCE:
            for record in consumer.consume(500, timeout=0.2):
                producer.produce(decisions, value, record.key(), record.partition() or 0)
                seen += 1
            producer.poll(0)
        producer.flush()
        consumer.commit(asynchronous=False)
        elapsed, spent = time.monotonic() - started, time.process_time() - used
    if seen < len(made):
        raise TimeoutError(f"confluent-kafka read {seen} of {len(made)} records within {PATIENCE:.0f} s")
    yield Figure("floor.bare.rate", seen / elapsed, "records per second, confluent-kafka alone")
    yield Figure("floor.bare.cpu", spent / seen * 1e6, "us of CPU per record, all threads")
