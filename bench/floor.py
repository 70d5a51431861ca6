"""The floor of the pipeline: a worker whose screener does nothing, and Kafka's C client alone."""

import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from bench.figures import Figure
from bench.flood import measure_full_load
from bench.gate import DECISION_TIMEOUT, BenchGate, running_gate
from bench.parties import ordinary_parties
from bench.workload import WorkloadRecord, workload
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.core.records.topics import DECISIONS, SUBMITTED
from tests.support.rig import PARTITIONS

DECISION_BYTES = 420
"""The size of a RELEASE with its headers, which the C client writes for each record."""
MIN_PAYMENTS = 20_000
"""This pipeline is fast: a few hundred payments take too little time to measure."""


def measure(number: int) -> Iterator[Figure]:
    """Yield every figure."""
    number = max(number, MIN_PAYMENTS)
    _, pool = ordinary_parties()
    with running_gate() as running:
        entries = load_snapshot(running.lists.data).entries
        payments = list(workload(pool, entries, 21, number + 2_000, submitted=datetime.now(UTC)))
        worker = running.worker("nothing").await_ready()
        yield from measure_full_load(running, [worker], payments[:2_000], payments[2_000:], "floor.nothing")
        worker.terminate()
        yield from _kafka_client_alone(running, payments)


def _kafka_client_alone(running: BenchGate, payments: list[WorkloadRecord]) -> Iterator[Figure]:
    """Read every record, write one of the size of a decision, and commit; no decoding, screening or claim."""
    from confluent_kafka import Consumer, Producer, TopicPartition

    settings = running.rig.settings
    shared: Mapping[str, Any] = {"bootstrap.servers": settings.kafka, "log_level": 0}
    producer = Producer({**shared, "acks": "all", "enable.idempotence": True, "linger.ms": 2})
    consumer = Consumer({**shared, "group.id": "bare", "enable.auto.commit": False})
    topic, decisions = settings.topic(SUBMITTED.name), settings.topic(DECISIONS.name)
    with closing(consumer):
        consumer.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
        started, cpu_before, records_read = time.monotonic(), time.process_time(), 0
        value = bytes(DECISION_BYTES)
        while records_read < len(payments) and time.monotonic() - started < DECISION_TIMEOUT:
            for record in consumer.consume(500, timeout=0.2):
                producer.produce(decisions, value, record.key(), record.partition() or 0)
                records_read += 1
            producer.poll(0)
        producer.flush()
        consumer.commit(asynchronous=False)
        elapsed, spent = time.monotonic() - started, time.process_time() - cpu_before
    if records_read < len(payments):
        raise TimeoutError(
            f"confluent-kafka read {records_read} of {len(payments)} records within {DECISION_TIMEOUT:.0f} s"
        )
    yield Figure("floor.bare.rate", records_read / elapsed, "records per second, confluent-kafka alone")
    yield Figure("floor.bare.cpu", spent / records_read * 1e6, "us of CPU per record, all threads")
