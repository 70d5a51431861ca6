"""The whole way with one worker: Kafka to decisions, at full load and then at parts of it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from holdgate.core.snapshot import load
from holdgate.metrics import STAGES
from tests.bench.figures import Figure
from tests.bench.gate import Decided, Gate, cpu_seconds, gate, memory
from tests.bench.parties import ordinary
from tests.bench.workload import Made, workload
from tests.screening.rig import Worker

LOADS = (0.1, 0.5, 0.9)
LOAD_SECONDS = 8.0
QUANTILES = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999))


def pipeline(number: int) -> Iterator[Figure]:
    """Every figure; the rate over so many payments, after half as many that warm the worker."""
    _, pool = ordinary()
    with gate() as running:
        entries = load(running.lists.data).entries

        def made(seed: int, many: int) -> list[Made]:
            return list(workload(pool, entries, seed, many, submitted=datetime.now(UTC)))

        worker = running.rig.worker().await_ready()
        running.send(made(1, number // 2))
        running.decisions(number // 2)
        flood = made(2, number)
        before, used = worker.metrics(), cpu_seconds(worker)
        due = running.send(flood)
        decided = running.decisions(number)
        spent = cpu_seconds(worker) - used
        rate = number / (max(one.at for one in decided) - min(due.values()))
        yield Figure("pipeline.rate", rate, "payments a second")
        yield Figure("pipeline.cpu_rate", number / spent, "payments a worker CPU second")
        yield Figure("pipeline.cpu", spent / number * 1e6, "us of worker CPU a payment")
        yield Figure(
            "pipeline.released", _released(decided), "of payments; no list stale, no deadline passed"
        )
        yield from _stages(worker, before, number)
        yield Figure("pipeline.memory", memory(worker), "MB of the worker")
        for at, share in enumerate(LOADS):
            many = max(20, int(rate * share * LOAD_SECONDS))
            yield from _latency(running, made(3 + at, many), rate * share, f"{share:.0%}")


def _released(decided: Sequence[Decided]) -> float:
    """The share of releases; raises `ValueError` where payments were held unscreened or late."""
    decisions = [msgspec.json.decode(one.value) for one in decided]
    if wrong := {one["reason"] for one in decisions} - {"NO_MATCH", "LIST_MATCH", "GEOGRAPHY"}:
        raise ValueError(f"payments were held for {', '.join(sorted(wrong))}: this measures another path")
    return [one["decision"] for one in decisions].count("RELEASE") / len(decisions)


def _stages(worker: Worker, before: dict[str, float], number: int) -> Iterator[Figure]:
    after = worker.metrics()
    for stage in STAGES:
        if stage not in ("wait", "total"):
            name = f'holdgate_stage_seconds_sum{{stage="{stage}"}}'
            spent = after[name] - before[name]
            yield Figure(f"pipeline.stage.{stage}", spent / number * 1e6, "us of elapsed time a payment")


def _latency(running: Gate, made: Sequence[Made], rate: float, load: str) -> Iterator[Figure]:
    due = running.send(made, rate)
    waited = sorted(one.at - due[one.payment_id] for one in running.decisions(len(made)))
    yield Figure(f"pipeline.latency.{load}.payments", len(waited), "payments")
    for label, quantile in QUANTILES:
        at = min(len(waited) - 1, int(quantile * len(waited)))
        yield Figure(f"pipeline.latency.{load}.{label}", waited[at] * 1000, "ms from due to decision")
