"""The engine alone, on one core, in CPU seconds of this process: a busy machine moves them little."""

import time
from collections.abc import Iterator, Sequence

import psutil

from bench.figures import Figure
from bench.gate import built_apart
from bench.lists import enlarged
from bench.parties import Ordinary, ordinary
from bench.workload import Made, workload
from holdgate.cli.console import choose_policy
from holdgate.core.engine.screener import Screener
from holdgate.core.intake import Received
from holdgate.core.intake.reader import read
from holdgate.core.lists.snapshot import Snapshot, build_snapshot, load_snapshot
from holdgate.core.names.matcher import Query

SEED = 7
BATCHES = (1, 10, 100, 500)
WATCHMAN = 11.0
"""Payments a CPU second of moov-io/watchman on the same lists: 55 clean names, five a payment."""
GROWTH = (1, 2, 5, 10)


def engine(number: int) -> Iterator[Figure]:
    """Every figure, over so many payments a run."""
    _, pool = ordinary()
    data = built_apart().data
    before = _memory()
    snapshot = load_snapshot(data)
    yield Figure("engine.snapshot_bytes", len(data) / 1e6, "MB")
    yield Figure("engine.snapshot_memory", _memory() - before, "MB")
    yield Figure("engine.entries", len(snapshot.entries), "entries")
    yield from _traffic(snapshot, pool, number)
    yield from _names(snapshot, pool, number)
    yield from _batches(snapshot, pool, number)
    yield from _growth(snapshot, pool, number)


def _traffic(snapshot: Snapshot, pool: Sequence[Ordinary], number: int) -> Iterator[Figure]:
    for label, repeat in (("zipf", True), ("distinct", False)):
        # The first half warms the caches, of tokens also where no name comes twice.
        made = list(workload(pool, snapshot.entries, SEED, 2 * number, repeat=repeat))
        screener = _ready(snapshot)
        received, reading = _read(made)
        _screened(screener, received[:number], 500)
        matcher = screener.matcher
        asked = (matcher.names, matcher.cache_hits, matcher.candidates, matcher.comparisons)
        seconds = _screened(screener, received[number:], 500)
        names, hits, candidates, comparisons = (
            now - then
            for now, then in zip(
                (matcher.names, matcher.cache_hits, matcher.candidates, matcher.comparisons),
                asked,
                strict=True,
            )
        )
        yield Figure(f"engine.{label}.payments", len(received) - number, "payments")
        yield Figure(f"engine.{label}.read", reading / len(made) * 1e6, "us per payment")
        yield Figure(f"engine.{label}.screen", seconds / number * 1e6, "us per payment")
        yield Figure(f"engine.{label}.rate", number / seconds, "payments per CPU second, screening only")
        yield Figure(
            f"engine.{label}.rate_with_read",
            1 / (seconds / number + reading / len(made)),
            "payments per CPU second, reading and screening",
        )
        yield Figure(
            f"engine.{label}.watchman",
            number / seconds / WATCHMAN,
            "times Watchman's rate, measured on another machine",
        )
        yield Figure(f"engine.{label}.names", names / number, "names queried per payment, including texts")
        yield Figure(
            f"engine.{label}.hit_rate", hits / max(1, names), "share of names answered from the cache"
        )
        yield Figure(f"engine.{label}.candidates", candidates / max(1, names - hits), "per uncached name")
        yield Figure(f"engine.{label}.comparisons", comparisons / max(1, names - hits), "per uncached name")


def _names(snapshot: Snapshot, pool: Sequence[Ordinary], number: int) -> Iterator[Figure]:
    queries = [
        Query(one.name, "person" if one.kind == "person" else "entity")
        for one in pool[:: len(pool) // min(len(pool), number)]
    ]
    screener = _ready(snapshot)
    for label in ("cold", "cached"):
        started = time.process_time()
        screener.matcher.match(queries, min_score=0.7)
        seconds = time.process_time() - started
        yield Figure(f"engine.name.{label}", seconds / len(queries) * 1e6, "us per name")


def _batches(snapshot: Snapshot, pool: Sequence[Ordinary], number: int) -> Iterator[Figure]:
    received, _ = _read(list(workload(pool, snapshot.entries, SEED + 1, number)))
    for size in BATCHES:
        screener = _ready(snapshot)
        seconds = _screened(screener, received, size)
        yield Figure(f"engine.batch.{size}", seconds / len(received) * 1e6, "us per payment, caches empty")


def _growth(snapshot: Snapshot, pool: Sequence[Ordinary], number: int) -> Iterator[Figure]:
    received, _ = _read(list(workload(pool, snapshot.entries, SEED + 2, number, repeat=False)))
    for times in GROWTH:
        grown = snapshot
        if times > 1:
            grown = load_snapshot(build_snapshot(snapshot.editions, enlarged(snapshot.entries, times, SEED)))
        screener = _ready(grown)
        seconds = _screened(screener, received, 500)
        yield Figure(f"engine.growth.{times}x", seconds / len(received) * 1e6, "us per payment, caches empty")


def _ready(snapshot: Snapshot) -> Screener:
    """As a worker begins: with what does not hang on payments made."""
    screener = Screener(snapshot, choose_policy(None))
    screener.warm_up()
    return screener


def _read(made: Sequence[Made]) -> tuple[list[Received], float]:
    started = time.process_time()
    received = [one for record in made for one in read(record.value, record.payment_id.encode())]
    return received, time.process_time() - started


def _screened(screener: Screener, received: Sequence[Received], size: int) -> float:
    """CPU seconds of screening in batches of that size."""
    started = time.process_time()
    for at in range(0, len(received), size):
        screener.screen(received[at : at + size])
    return time.process_time() - started


def _memory() -> float:
    """Memory of this process now, in MB."""
    return float(psutil.Process().memory_info().rss) / 1e6
