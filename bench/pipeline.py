"""The whole pipeline with Kafka and Redis: one and two workers at full load, and one at partial load."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from bench.figures import Figure
from bench.flood import measure_full_load
from bench.gate import BenchGate, running_gate
from bench.parties import ordinary_parties
from bench.workload import WorkloadRecord, workload
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.screening.metrics import STAGES

LOADS = (0.1, 0.5, 0.9)
WARM_SECONDS, LOAD_SECONDS = 4.0, 8.0
"""Seconds at each load for warming up and for measuring.

Without warming up, the first seconds at 600 payments per second had a p50 of 23 to 28 ms on a quiet machine,
later ones 15 to 21 ms.
"""
_BUCKET = re.compile(r'holdgate_stage_seconds_bucket\{le="([^"]+)",stage="(\w+)"\}')
QUANTILES = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999))


def measure(number: int) -> Iterator[Figure]:
    """Yield every figure; rates are measured over `number` payments after as many for warming up."""
    _, pool = ordinary_parties()
    with running_gate() as running:
        entries = load_snapshot(running.lists.data).entries

        def generate(seed: int, count: int, *, repeat: bool = True) -> list[WorkloadRecord]:
            return list(workload(pool, entries, seed, count, repeat=repeat, submitted=datetime.now(UTC)))

        worker = running.worker().await_ready()
        values: dict[str, float] = {}
        for seed, (name, repeat) in enumerate((("zipf", True), ("distinct", False)), start=1):
            payments = generate(seed, 2 * number, repeat=repeat)
            for figure in measure_full_load(
                running, [worker], payments[:number], payments[number:], f"pipeline.{name}"
            ):
                values[figure.name] = figure.value
                yield figure
        rate = values["pipeline.zipf.rate"]
        for seed, share in enumerate(LOADS, start=3):
            warm_up, measured = (
                max(20, int(rate * share * seconds)) for seconds in (WARM_SECONDS, LOAD_SECONDS)
            )
            payments = generate(seed, warm_up + measured)
            running.send(payments[:warm_up], rate * share)
            running.read_decisions(warm_up)
            before = worker.metrics()
            yield from _latency(running, payments[warm_up:], rate * share, f"{share:.0%}")
            yield from _elapsed(before, worker.metrics(), f"{share:.0%}")
        second = running.worker().await_ready()
        running.await_partitions_shared([worker, second])
        payments = generate(7, 3 * number)
        yield from measure_full_load(
            running, [worker, second], payments[:number], payments[number:], "pipeline.two"
        )


def _latency(
    running: BenchGate, payments: Sequence[WorkloadRecord], rate: float, load: str
) -> Iterator[Figure]:
    due = running.send(payments, rate)
    decisions = running.read_decisions(len(payments))
    latencies = sorted(decision.timestamp - due[decision.payment_id] for decision in decisions)
    yield Figure(f"pipeline.latency.{load}.rate", rate, "payments per second, open loop")
    yield Figure(f"pipeline.latency.{load}.payments", len(latencies), "payments")
    for label, quantile in QUANTILES:
        latency = latencies[min(len(latencies) - 1, int(quantile * len(latencies)))]
        yield Figure(f"pipeline.latency.{load}.{label}", latency * 1000, "ms from due time to decision")


def _elapsed(before: dict[str, float], after: dict[str, float], load: str) -> Iterator[Figure]:
    batches = after["holdgate_batch_records_count"] - before["holdgate_batch_records_count"]
    for stage in STAGES:
        if stage not in ("wait", "total"):
            name = f'holdgate_stage_seconds_sum{{stage="{stage}"}}'
            spent = (after[name] - before[name]) / max(1.0, batches)
            yield Figure(f"pipeline.latency.{load}.{stage}", spent * 1000, "ms of elapsed time per batch")
    bound = stage_quantile("screen", 0.99, before, after)
    yield Figure(f"pipeline.latency.{load}.screen.p99", bound * 1000, "ms, upper bound for 99 of 100 batches")


def stage_quantile(stage: str, share: float, before: dict[str, float], after: dict[str, float]) -> float:
    """Return an upper bound in seconds for this share of a stage's batches: a bucket edge of the metric."""
    edges = {
        float(bucket[1]): after[name] - before[name]
        for name in after
        if (bucket := _BUCKET.fullmatch(name)) and bucket[2] == stage
    }
    return min(edge for edge, batches in edges.items() if batches >= share * max(edges.values()))
