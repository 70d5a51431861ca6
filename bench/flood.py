"""Workers at full load: the rate and the cost per stage when all payments already wait in Kafka."""

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
    warm_up: Sequence[WorkloadRecord],
    payments: Sequence[WorkloadRecord],
    name: str,
) -> Iterator[Figure]:
    """Send the payments for warming up, then all others together; names of figures begin with `name`.

    The rate is measured from the first decision to the last, so that it does not depend on the sender.
    """
    running.send(warm_up)
    running.read_decisions(len(warm_up))
    before = [(cpu_seconds(worker.process.pid), worker.metrics()) for worker in workers]
    idle = {server: cpu_seconds(daemon.pid) for server, daemon in running.servers.items()}
    with suspended(workers):
        running.send(payments)
    decisions = running.read_decisions(len(payments))
    number = len(payments)
    spent = sum(
        cpu_seconds(worker.process.pid) - cpu for worker, (cpu, _) in zip(workers, before, strict=True)
    )
    times = sorted(decision.timestamp for decision in decisions)
    yield Figure(f"{name}.payments", number, "payments")
    yield Figure(f"{name}.rate", number / max(0.001, times[-1] - times[0]), "payments per second")
    yield Figure(f"{name}.cpu_rate", number / spent, "payments per worker CPU second")
    yield Figure(f"{name}.released", release_share(decisions), "share of payments released")
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


def release_share(decisions: Sequence[DecisionRecord]) -> float:
    """Return the share of releases; raise `ValueError` if payments were held unscreened or late."""
    bodies = [msgspec.json.decode(decision.value) for decision in decisions]
    if unexpected := {body["reason"] for body in bodies} - SCREENED:
        raise ValueError(
            f"payments were held for {', '.join(sorted(unexpected))}, so this is not the path to measure"
        )
    return [body["decision"] for body in bodies].count("RELEASE") / len(bodies)


def _stages(
    workers: Sequence[Worker],
    before: Sequence[tuple[float, dict[str, float]]],
    spent: float,
    number: int,
    name: str,
) -> Iterator[Figure]:
    seconds = dict.fromkeys(STAGES, 0.0)
    for worker, (_, metrics_before) in zip(workers, before, strict=True):
        metrics = worker.metrics()
        for stage in STAGES:
            sample = f'{CPU}_total{{stage="{stage}"}}'
            seconds[stage] += metrics[sample] - metrics_before[sample]
    seconds["decode"] = seconds.pop("judge") - seconds["screen"]
    for stage in ("decode", "screen", "claim", "encode", "publish", "count"):
        yield Figure(f"{name}.cpu.{stage}", seconds[stage] / number * 1e6, "us of CPU per payment")
    rest = spent - sum(seconds.values())
    yield Figure(
        f"{name}.cpu.framework", rest / number * 1e6, "us of CPU per payment (faust, aiokafka, threads)"
    )
    yield Figure(f"{name}.cpu.all", spent / number * 1e6, "us of CPU per payment")
