"""Workers at full load: all payments wait in Kafka already; the cost of deciding them, stage by stage."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from bench.accounted import CPU, STAGES
from bench.figures import Figure
from bench.gate import BenchGate, DecisionRecord, cpu_seconds, memory_mb
from bench.workload import WorkloadRecord
from tests.support.rig import Worker

SCREENED = {"NO_MATCH", "LIST_MATCH", "GEOGRAPHY", "GOODS"}


def measure_full_load(
    running: BenchGate,
    workers: Sequence[Worker],
    warming: Sequence[WorkloadRecord],
    made: Sequence[WorkloadRecord],
    name: str,
) -> Iterator[Figure]:
    """Send the payments for warming up, then the others at once; names of figures begin with `name`.

    The rate counts from the first decision to the last, so that it is the workers' and not the sender's.
    """
    running.send(warming)
    running.read_decisions(len(warming))
    before = [(cpu_seconds(worker.process.pid), worker.metrics()) for worker in workers]
    idle = {server: cpu_seconds(daemon.pid) for server, daemon in running.servers.items()}
    with suspended(workers):
        running.send(made)
    decided = running.read_decisions(len(made))
    number = len(made)
    spent = sum(
        cpu_seconds(worker.process.pid) - cpu for worker, (cpu, _) in zip(workers, before, strict=True)
    )
    times = sorted(one.timestamp for one in decided)
    yield Figure(f"{name}.payments", number, "payments")
    yield Figure(f"{name}.rate", number / max(0.001, times[-1] - times[0]), "payments per second")
    yield Figure(f"{name}.cpu_rate", number / spent, "payments per worker CPU second")
    yield Figure(f"{name}.released", release_share(decided), "share of payments released")
    yield from _stages(workers, before, spent, number, name)
    for server, daemon in running.servers.items():
        server_spent = cpu_seconds(daemon.pid) - idle[server]
        yield Figure(
            f"{name}.cpu.{server}", server_spent / number * 1e6, "us of CPU per payment, outside the worker"
        )
    yield Figure(f"{name}.memory", max(map(memory_mb, workers)), "MB of the largest worker")


@contextmanager
def suspended(workers: Sequence[Worker]) -> Iterator[None]:
    """Suspend the workers inside the block, for less than their session, so that all payments wait."""
    for worker in workers:
        worker.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for worker in workers:
            worker.process.send_signal(signal.SIGCONT)


def release_share(decided: Sequence[DecisionRecord]) -> float:
    """Return the share of releases; raise `ValueError` if payments were held unscreened or late."""
    decisions = [msgspec.json.decode(one.value) for one in decided]
    if wrong := {one["reason"] for one in decisions} - SCREENED:
        raise ValueError(
            f"payments were held for {', '.join(sorted(wrong))}, so this is not the path to measure"
        )
    return [one["decision"] for one in decisions].count("RELEASE") / len(decisions)


def _stages(
    workers: Sequence[Worker],
    before: Sequence[tuple[float, dict[str, float]]],
    spent: float,
    number: int,
    name: str,
) -> Iterator[Figure]:
    took = dict.fromkeys(STAGES, 0.0)
    for worker, (_, then) in zip(workers, before, strict=True):
        now = worker.metrics()
        for stage in STAGES:
            sample = f'{CPU}_total{{stage="{stage}"}}'
            took[stage] += now[sample] - then[sample]
    took["decode"] = took.pop("judge") - took["screen"]
    for stage in ("decode", "screen", "claim", "encode", "publish", "count"):
        yield Figure(f"{name}.cpu.{stage}", took[stage] / number * 1e6, "us of CPU per payment")
    rest = spent - sum(took.values())
    yield Figure(
        f"{name}.cpu.framework", rest / number * 1e6, "us of CPU per payment (faust, aiokafka, threads)"
    )
    yield Figure(f"{name}.cpu.all", spent / number * 1e6, "us of CPU per payment")
