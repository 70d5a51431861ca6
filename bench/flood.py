"""Workers at full load: payments that all wait already, and what deciding them costs, stage by stage."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from bench.accounted import CPU, STAGES
from bench.figures import Figure
from bench.gate import Decided, Gate, cpu_seconds, memory
from bench.workload import Made
from tests.support.rig import Worker

SCREENED = {"NO_MATCH", "LIST_MATCH", "GEOGRAPHY", "GOODS"}


def flood(
    running: Gate, workers: Sequence[Worker], warming: Sequence[Made], made: Sequence[Made], name: str
) -> Iterator[Figure]:
    """Send the warming payments, then the others at once; figures of the latter begin with `name`.

    The rate is from the first decision to the last, so that it is the workers' and not the sender's.
    """
    running.send(warming)
    running.decisions(len(warming))
    before = [(cpu_seconds(worker.process.pid), worker.metrics()) for worker in workers]
    idle = {server: cpu_seconds(daemon.pid) for server, daemon in running.servers.items()}
    with frozen(workers):
        running.send(made)
    decided = running.decisions(len(made))
    number = len(made)
    spent = sum(
        cpu_seconds(worker.process.pid) - cpu for worker, (cpu, _) in zip(workers, before, strict=True)
    )
    times = sorted(one.at for one in decided)
    yield Figure(f"{name}.payments", number, "payments")
    yield Figure(f"{name}.rate", number / max(0.001, times[-1] - times[0]), "payments per second")
    yield Figure(f"{name}.cpu_rate", number / spent, "payments per worker CPU second")
    yield Figure(f"{name}.released", released(decided), "share of payments released")
    yield from _stages(workers, before, spent, number, name)
    for server, daemon in running.servers.items():
        server_spent = cpu_seconds(daemon.pid) - idle[server]
        yield Figure(
            f"{name}.cpu.{server}", server_spent / number * 1e6, "us of CPU per payment, outside the worker"
        )
    yield Figure(f"{name}.memory", max(map(memory, workers)), "MB of the largest worker")


@contextmanager
def frozen(workers: Sequence[Worker]) -> Iterator[None]:
    """Stop the workers for a moment, less than their session, so that all payments wait when they go on."""
    for worker in workers:
        worker.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for worker in workers:
            worker.process.send_signal(signal.SIGCONT)


def released(decided: Sequence[Decided]) -> float:
    """The share of releases; raises `ValueError` where payments were held unscreened or late."""
    decisions = [msgspec.json.decode(one.value) for one in decided]
    if wrong := {one["reason"] for one in decisions} - SCREENED:
        raise ValueError(f"payments were held for {', '.join(sorted(wrong))}: this measures another path")
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
