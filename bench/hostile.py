"""The cost of hostile records on the full lists, each seen for the first time."""

import gc
import time
from collections.abc import Iterator

from bench.figures import Figure
from bench.gate import build_lists_in_child
from holdgate.cli.console import choose_policy
from holdgate.core.engine.screener import Screener
from holdgate.core.lists.snapshot import load_snapshot
from tests.support.hostile import RECORDS, outcome

LIMIT_MS = 50.0
"""CPU milliseconds that a record of 64 kB may take."""


def measure(_: int) -> Iterator[Figure]:
    """Yield the CPU milliseconds of reading and deciding, with the lists frozen for the collector."""
    screener = Screener(load_snapshot(build_lists_in_child().data), choose_policy(None))
    screener.warm_up()
    gc.collect()
    gc.freeze()
    try:
        costs = sorted(_cost(screener, number) for number in range(len(RECORDS)))
    finally:
        gc.unfreeze()
    yield Figure("hostile.records", len(costs), "records")
    yield Figure("hostile.p50", costs[len(costs) // 2], "ms, median")
    yield Figure("hostile.max", costs[-1], "ms, maximum")
    yield Figure(
        "hostile.over_50ms", sum(cost > LIMIT_MS for cost in costs), f"records of more than {LIMIT_MS:.0f} ms"
    )


def _cost(screener: Screener, number: int) -> float:
    before = time.process_time()
    outcome(RECORDS[number], screener)
    return (time.process_time() - before) * 1000
