"""`python -m chaos --seed N --rounds N`: faults at random, then the judge. Exit 0 if all holds.

The seed gives the payments and the faults with their dice; how they meet in time is the machine's.
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
from chaos.faults import FAULTS, impossible, plan
from chaos.report import say
from chaos.topology import SCREENING, STOCK, Topology
from deploy.local.daemon import RUNTIME
from deploy.local.sandbox import sandbox

EACH = 5
"""Faults a round."""


@click.command()
@click.option("--seed", type=int, help="Reproduces payments and faults; a fresh one is drawn and printed.")
@click.option("--rounds", default=3, show_default=True, help=f"Rounds of {EACH} faults, each then quiet.")
@click.option("--workers", default=3, show_default=True, help="Worker processes.")
@click.option("--rate", default=300.0, show_default=True, help="Payments a second.")
@click.option(
    "--nodes", default=1, show_default=True, help="Brokers: 1, or 3 with replication 3 and min.isr 2."
)
@click.option("--faults", default="", help="Only these kinds, separated by commas.")
@click.option("--control", type=click.Choice(["", "stock"]), default="", help="A stock faust agent instead.")
def main(
    seed: int | None, rounds: int, workers: int, rate: float, nodes: int, faults: str, control: str
) -> None:
    """Fault injection on a real Kafka and Redis."""
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    kinds = faults.split(",") if faults else list(FAULTS)
    if unknown := set(kinds) - FAULTS.keys():
        raise click.UsageError(f"{unknown} are no faults; there are {', '.join(FAULTS)}")
    skipped = {kind: why for kind, why in impossible(nodes).items() if kind in kinds}
    kinds = [kind for kind in kinds if kind not in skipped]
    for kind, why in skipped.items():
        say(f"skipped: {kind}: {why}")
    say(f"seed {seed}, {rounds} rounds, {workers} workers, {rate:g} payments a second")
    with sandbox("chaos") as folder:
        topology = Topology(folder, seed, rate, nodes, STOCK if control else SCREENING)
        result = run(topology, random.Random(f"faults {seed}"), rounds, workers, kinds)
        if not result["holds"]:
            kept = RUNTIME / f"chaos-failed-{seed}"
            shutil.copytree(topology.workers.folder, kept, dirs_exist_ok=True)
            say(f"the workers' logs are kept in {kept}")
    result = {
        "seed": seed,
        "rounds": rounds,
        "nodes": nodes,
        "control": control or None,
        **result,
        "skipped": skipped,
    }
    report.last_line(result)
    sys.exit(0 if result["holds"] else 1)


def run(
    topology: Topology, chance: random.Random, rounds: int, workers: int, kinds: list[str]
) -> dict[str, object]:
    """Faults round by round, quiet after each, the judge at the end; returns the last line."""
    done: Counter[str] = Counter()
    quiet: list[float] = []
    stalled = 0
    with topology.running(workers):
        if topology.await_quiet(at_most=topology.little) is None:
            raise TimeoutError(f"the workers never began; see {topology.workers.logs}")
        say("the workers decide")
        for number, row in enumerate(plan(chance, rounds, EACH, kinds), 1):
            for kind in row:
                time.sleep(chance.uniform(0.2, 2.0))
                dice = random.Random(chance.random())
                say(f"round {number}: {kind} begins")
                words = FAULTS[kind].fault(topology, dice)
                say(f"round {number}: {kind} over ({words})")
                done[kind] += 1
            seconds = topology.await_quiet(at_most=topology.little)
            stalled += seconds is None
            quiet.append(seconds if seconds is not None else float("inf"))
            say(f"round {number}: back to work after {quiet[-1]:.1f} s, {topology.load.sent} payments sent")
        topology.load.finish()
        stalled += topology.await_quiet() is None
        say(f"quiet; {topology.load.sent} sent, {topology.load.failed} not acknowledged; judging")
        ports = [member.port for member in topology.workers.members]
        shown = report.canaries(topology.workers.logs, ports)
        recording = topology.record()
        findings = check(recording)
    for example in findings.examples:
        say(example)
    return {
        **report.summary(recording, findings),
        "faults": dict(sorted(done.items())),
        "worker_ends": dict(topology.workers.codes),
        "late_ends": topology.workers.late,
        "back_to_work_seconds": round(max(quiet), 1) if stalled == 0 else None,
        "stalled": stalled,
        "canaries_shown": shown,
        "holds": findings.holds and not stalled and not shown and not topology.workers.late,
    }


if __name__ == "__main__":
    main()
