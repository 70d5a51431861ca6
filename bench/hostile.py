"""What the records that mean harm cost on the full lists, each the first time it is seen."""

import gc
import time
from collections.abc import Iterator

from bench.figures import Figure
from bench.gate import built_apart
from holdgate.cli.console import choose_policy
from holdgate.core.engine.screener import Screener
from holdgate.core.lists.snapshot import load_snapshot
from tests.support.hostile import RECORDS, outcome

BOUND = 50.0
"""Milliseconds that a record may take at 64 kB."""


def hostile(_: int) -> Iterator[Figure]:
    """CPU milliseconds of reading and deciding them; as in a worker, the collector leaves the lists alone."""
    screener = Screener(load_snapshot(built_apart().data), choose_policy(None))
    screener.warm_up()
    gc.collect()
    gc.freeze()
    try:
        costs = sorted(_cost(screener, at) for at in range(len(RECORDS)))
    finally:
        gc.unfreeze()
    yield Figure("hostile.records", len(costs), "records")
    yield Figure("hostile.p50", costs[len(costs) // 2], "ms, median")
    yield Figure("hostile.max", costs[-1], "ms, maximum")
    yield Figure(
        "hostile.over_50ms", sum(cost > BOUND for cost in costs), f"records of more than {BOUND:.0f} ms"
    )


def _cost(screener: Screener, at: int) -> float:
    before = time.process_time()
    outcome(RECORDS[at], screener)
    return (time.process_time() - before) * 1000
