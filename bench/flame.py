"""`python -m bench.flame`: the engine at work on Zipf traffic, to be looked at by `make flame`."""

from bench.gate import built_apart
from bench.parties import ordinary
from bench.workload import workload
from holdgate.cli.console import choose_policy
from holdgate.core.engine.screener import Screener
from holdgate.core.intake import Received
from holdgate.core.intake.reader import read
from holdgate.core.lists.snapshot import load_snapshot

PAYMENTS = 20_000
BATCH = 500


def main() -> None:
    """Read and screen; the lists are built in a process that the profiler does not follow."""
    snapshot = load_snapshot(built_apart().data)
    screener = Screener(snapshot, choose_policy(None))
    batch: list[Received] = []
    for made in workload(ordinary()[1], snapshot.entries, 7, PAYMENTS):
        batch += read(made.value, made.payment_id.encode())
        if len(batch) >= BATCH:
            screener.screen(batch)
            batch.clear()


if __name__ == "__main__":
    main()
