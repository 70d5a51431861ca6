"""`python -m bench.scale`: does a payment cost the same, however many workers share the load?

The model of docs/performance.md takes the costs of a payment from one worker. Here 1, 2 and 4 workers share
16 partitions, at full load. Prints a table; with fewer cores than workers, compare the processor time.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import click

from bench.figures import Figure
from bench.flood import measure_full_load
from bench.gate import BenchGate, running_gate
from bench.parties import ordinary_parties
from bench.workload import WorkloadRecord, workload
from holdgate.core.lists.snapshot import load_snapshot
from tests.support.rig import Worker

WORKERS = (1, 2, 4)
SCALE_PARTITIONS = 16
COLUMNS = (
    ("rate", "payments per second"),
    ("cpu_rate", "payments per worker CPU second"),
    ("cpu.kafka", "us of Kafka a payment"),
    ("cpu.redis", "us of Redis a payment"),
    ("memory", "MB of the largest worker"),
    ("released", "share released"),
)


@click.command()
@click.option("--payments", "number", default=12_000, show_default=True, type=click.IntRange(100))
def main(number: int) -> None:
    """Print what a payment costs with each number of workers."""
    _, pool = ordinary_parties()
    with running_gate(SCALE_PARTITIONS) as running:
        entries = load_snapshot(running.lists.data).entries
        workers: list[Worker] = []
        click.echo("workers  " + "  ".join(title for _, title in COLUMNS))
        for seed, wanted in enumerate(WORKERS):
            workers += [running.worker() for _ in range(wanted - len(workers))]
            for worker in workers:
                worker.await_ready()
            running.await_partitions_shared(workers)
            payments = list(workload(pool, entries, seed, 2 * number, submitted=datetime.now(UTC)))
            figures = {figure.name: figure.value for figure in _measure(running, workers, payments)}
            cells = (f"{figures[f'scale.{name}']:,.5g}".rjust(len(title)) for name, title in COLUMNS)
            click.echo(f"{wanted:7}  {'  '.join(cells)}")


def _measure(running: BenchGate, workers: list[Worker], payments: list[WorkloadRecord]) -> Iterator[Figure]:
    half = len(payments) // 2
    return measure_full_load(running, workers, payments[:half], payments[half:], "scale")


if __name__ == "__main__":
    main()
