"""The cost of hostile records on the full lists, each seen for the first time."""

import gc
import time
from collections.abc import Iterator

from bench.figures import Figure
from bench.gate import build_lists_in_child
from holdgate.cli.console import choose_policy
from holdgate.core.engine.screener import Screener
from holdgate.core.lists.snapshot import load_snapshot
from tests.support.hostile import NAMES, RECORDS, Hostile, outcome

LIMIT_MS = 50.0
"""CPU milliseconds that a record of 64 kB may take."""


def measure(_: int) -> Iterator[Figure]:
    """Yield the CPU milliseconds of reading and deciding, with the lists frozen for the collector."""
    screener = Screener(load_snapshot(build_lists_in_child().data), choose_policy(None))
    screener.warm_up()
    gc.collect()
    gc.freeze()
    try:
        for label, records in (("hostile", RECORDS), ("hostile_names", NAMES)):
            costs = sorted(_cost(screener, record) for record in records)
            over = sum(cost > LIMIT_MS for cost in costs)
            yield Figure(f"{label}.records", len(costs), "records")
            yield Figure(f"{label}.p50", costs[len(costs) // 2], "ms, median")
            yield Figure(f"{label}.max", costs[-1], "ms, maximum")
            yield Figure(f"{label}.over_50ms", over, f"records of more than {LIMIT_MS:.0f} ms")
    finally:
        gc.unfreeze()


def _cost(screener: Screener, record: Hostile) -> float:
    before = time.process_time()
    outcome(record, screener)
    return (time.process_time() - before) * 1000
