"""`python -m chaos --seed N --rounds N`: inject random faults, then check every guarantee.

Exits with 0 if all hold. The seed determines the payments and the faults. Their timing relative to each other
depends on the machine.
"""

import random
import secrets
import shutil
import sys
import time
from collections import Counter

import click

from chaos import report
from chaos.checker import check
from chaos.faults import FAULTS, plan, unavailable_faults
from chaos.report import log_line
from chaos.review_check import late_events
from chaos.topology import DISPOSED_SECONDS, SCREENING, STOCK, Topology
from chaos.workers import EXPECTED_EXITS
from deploy.local.daemon import RUNTIME
from deploy.local.sandbox import sandbox

FAULTS_PER_ROUND = 5
"""Faults per round."""

START_TRIES = 3
"""How often QUIET_SECONDS may pass before the workers decide: at a load of 20, once was too little."""


@click.command()
@click.option("--seed", type=int, help="Seed of payments and faults; by default random, and printed.")
@click.option("--rounds", default=3, show_default=True, help=f"Rounds of {FAULTS_PER_ROUND} faults.")
@click.option("--workers", default=3, show_default=True, help="Number of worker processes.")
@click.option("--rate", default=300.0, show_default=True, help="Payments per second.")
@click.option(
    "--nodes",
    default=1,
    show_default=True,
    help="Brokers: 1, or 3 with replication 3 and min.insync.replicas 2.",
)
@click.option("--faults", default="", help="Only these faults, separated by commas.")
@click.option(
    "--control",
    type=click.Choice(["", "stock"]),
    default="",
    help="Run a stock faust agent instead of the worker.",
)
def main(
    seed: int | None, rounds: int, workers: int, rate: float, nodes: int, faults: str, control: str
) -> None:
    """Inject faults into a real Kafka and Redis with running workers, and check the guarantees.

    The last line of output is one JSON object with the result.
    """
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    kinds = faults.split(",") if faults else list(FAULTS)
    if unknown := set(kinds) - FAULTS.keys():
        raise click.UsageError(f"unknown faults: {', '.join(sorted(unknown))}; known are {', '.join(FAULTS)}")
    skipped = {kind: why for kind, why in unavailable_faults(nodes).items() if kind in kinds}
    kinds = [kind for kind in kinds if kind not in skipped]
    for kind, why in skipped.items():
        log_line(f"skipped: {kind}: {why}")
    log_line(f"seed {seed}, {rounds} rounds, {workers} workers, {rate:g} payments per second")
    with sandbox("chaos") as folder:
        topology = Topology(folder, seed, rate, nodes, STOCK if control else SCREENING)
        result = run(topology, random.Random(f"faults {seed}"), rounds, workers, kinds)
        if not result["holds"]:
            copy = RUNTIME / f"chaos-failed-{seed}"
            shutil.copytree(topology.workers.folder, copy, dirs_exist_ok=True)
            shutil.copytree(topology.review.folder, copy / "review", dirs_exist_ok=True)
            log_line(f"the logs of the workers and of review are kept in {copy}")
    result = {
        "seed": seed,
        "rounds": rounds,
        "nodes": nodes,
        "control": control or None,
        **result,
        "skipped": skipped,
    }
    report.print_result(result)
    sys.exit(0 if result["holds"] else 1)


def run(
    topology: Topology, chance: random.Random, rounds: int, workers: int, kinds: list[str]
) -> dict[str, object]:
    """Inject the faults round by round, check the recording, and return the result.

    After each round the workers get time to work off the backlog.
    """
    injected: Counter[str] = Counter()
    recovery_seconds: list[float] = []
    stalled = 0
    with topology.running(workers):
        if all(
            topology.await_quiet(at_most=topology.one_second_of_payments) is None for _ in range(START_TRIES)
        ):
            raise TimeoutError(f"the workers did not start to decide; see {topology.workers.logs}")
        log_line("the workers are deciding")
        for number, row in enumerate(plan(chance, rounds, FAULTS_PER_ROUND, kinds), 1):
            for kind in row:
                time.sleep(chance.uniform(0.2, 2.0))
                fault_chance = random.Random(chance.random())
                log_line(f"round {number}: {kind} begins")
                description = FAULTS[kind].fault(topology, fault_chance)
                log_line(f"round {number}: {kind} ends ({description})")
                injected[kind] += 1
            seconds = topology.await_quiet(at_most=topology.one_second_of_payments)
            stalled += seconds is None
            recovery_seconds.append(seconds if seconds is not None else float("inf"))
            log_line(
                f"round {number}: backlog gone after {recovery_seconds[-1]:.1f} s, "
                f"{topology.load.sent} payments sent"
            )
        topology.load.finish()
        stalled += topology.await_quiet() is None
        disposed_seconds = topology.await_disposed()
        crashed = set(topology.review.exit_counts) - set(EXPECTED_EXITS)
        late = disposed_seconds is None or disposed_seconds > DISPOSED_SECONDS
        log_line(f"checking: {topology.load.sent} payments sent, {topology.load.failed} not acknowledged")
        ports = [member.port for member in [*topology.workers.members, *topology.review.members]]
        logs = [*topology.workers.logs, *topology.review.logs]
        leaks = report.find_leaks(logs, ports)
        recording = topology.record()
        findings = check(recording)
    for example in [*findings.examples, *topology.violations]:
        log_line(example)
    return {
        **report.summary(recording, findings),
        "faults": dict(sorted(injected.items())),
        "worker_ends": dict(topology.workers.exit_counts),
        "late_ends": topology.workers.slow_stops,
        "back_to_work_seconds": round(max(recovery_seconds), 1) if stalled == 0 else None,
        "stalled": stalled,
        "review": {
            "cases": dict(topology.reviewers.stages),
            "tried_in_vain": dict(topology.reviewers.tried),
            "process_ends": dict(topology.review.exit_counts),
            "late_events": late_events(recording),
            "disposed_seconds": None if disposed_seconds is None else round(disposed_seconds, 1),
        },
        "canaries_shown": leaks,
        "violations": topology.violations,
        "holds": findings.holds
        and not (stalled or late or leaks or crashed or topology.violations or topology.workers.slow_stops),
    }


if __name__ == "__main__":
    main()
