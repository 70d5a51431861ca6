"""`python -m bench.flame`: run the engine on Zipf traffic, for the profiler of `make flame`."""

from bench.gate import build_lists_in_child
from bench.parties import ordinary_parties
from bench.workload import workload
from holdgate.cli.console import choose_policy
from holdgate.core.engine.screener import Screener
from holdgate.core.intake import Received
from holdgate.core.intake.reader import read
from holdgate.core.lists.snapshot import load_snapshot

PAYMENTS = 20_000
BATCH = 500


def main() -> None:
    """Read and screen payments; the lists are built in a process that is not profiled."""
    snapshot = load_snapshot(build_lists_in_child().data)
    screener = Screener(snapshot, choose_policy(None))
    batch: list[Received] = []
    for record in workload(ordinary_parties()[1], snapshot.entries, 7, PAYMENTS):
        batch += read(record.value, record.payment_id.encode())
        if len(batch) >= BATCH:
            screener.screen(batch)
            batch.clear()


if __name__ == "__main__":
    main()
