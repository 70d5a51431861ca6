"""The engine alone, on one core, in CPU seconds of this process, which a busy machine changes little."""

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import psutil

from bench.calibration import calibration_seconds
from bench.figures import Figure
from bench.gate import build_lists_in_child
from bench.lists import enlarge
from bench.parties import OrdinaryParty, ordinary_parties
from bench.workload import Texts, WorkloadRecord, workload
from holdgate.cli.console import choose_policy
from holdgate.core.engine.screener import Screener
from holdgate.core.intake import Received
from holdgate.core.intake.reader import read
from holdgate.core.lists.snapshot import Snapshot, build_snapshot, load_snapshot
from holdgate.core.model.listed_entry import Entry
from holdgate.core.names.matching.matcher import Query

SEED = 7
BATCHES = (1, 10, 100, 500)
GROWTH = (1, 2, 5, 10)
WARM_PAYMENTS = 20_000
"""Payments after which the caches of a worker are warm: of the names of Zipf traffic .32 are cached after
2,000 payments, .97 after 20,000."""


class Traffic(NamedTuple):
    """A kind of traffic: whether parties repeat, the texts, and the payments that warm up the caches.

    `warm` is None for as many as are measured.
    """

    label: str
    repeat: bool
    texts: Texts
    warm: int | None = None

    def records(
        self, pool: Sequence[OrdinaryParty], entries: Sequence[Entry], number: int
    ) -> list[WorkloadRecord]:
        """Return the payments: those that warm up, then `number` to be measured."""
        size = number + (number if self.warm is None else self.warm)
        return list(workload(pool, entries, SEED, size, repeat=self.repeat, texts=self.texts))


TRAFFIC = (
    Traffic("zipf", True, "words"),
    Traffic("customers", True, "ordinary", WARM_PAYMENTS),
    Traffic("distinct", False, "words"),
    Traffic("sentences", False, "sentences"),
)


def measure(number: int) -> Iterator[Figure]:
    """Yield every figure, measured over `number` payments each."""
    _, pool = ordinary_parties()
    data = build_lists_in_child().data
    before = _memory_mb()
    snapshot = load_snapshot(data)
    yield Figure("engine.snapshot_bytes", len(data) / 1e6, "MB")
    yield Figure("engine.snapshot_memory", _memory_mb() - before, "MB")
    yield Figure("engine.entries", len(snapshot.entries), "entries")
    yield from _traffic(snapshot, pool, number)
    yield from _names(snapshot, pool, number)
    yield from _batches(snapshot, pool, number)
    yield from _growth(snapshot, pool, number)


def _traffic(snapshot: Snapshot, pool: Sequence[OrdinaryParty], number: int) -> Iterator[Figure]:
    for traffic in TRAFFIC:
        label = traffic.label
        records = traffic.records(pool, snapshot.entries, number)
        screener = _warm_screener(snapshot)
        received, reading = _read(records)
        _screening_seconds(screener, received[:-number], 500)
        matcher = screener.matcher
        counters = (matcher.names, matcher.cache_hits, matcher.candidates, matcher.comparisons)
        seconds, unit = _calibrated_seconds(screener, received[-number:], 100)
        names, hits, candidates, comparisons = (
            after - before
            for after, before in zip(
                (matcher.names, matcher.cache_hits, matcher.candidates, matcher.comparisons),
                counters,
                strict=True,
            )
        )
        yield Figure(f"engine.{label}.payments", number, "payments")
        yield Figure(f"engine.{label}.read", reading / len(records) * 1e6, "us per payment")
        yield Figure(f"engine.{label}.screen", seconds / number * 1e6, "us per payment")
        yield Figure(f"engine.{label}.rate", number / seconds, "payments per CPU second, screening only")
        yield Figure(
            f"engine.{label}.rate_with_read",
            1 / (seconds / number + reading / len(records)),
            "payments per CPU second, reading and screening",
        )
        yield Figure(f"engine.{label}.units", 1000 * seconds / number / unit, "units per 1,000 payments")
        yield Figure(f"engine.{label}.names", names / number, "names queried per payment, including texts")
        yield Figure(
            f"engine.{label}.hit_rate", hits / max(1, names), "share of names answered from the cache"
        )
        yield Figure(f"engine.{label}.candidates", candidates / max(1, names - hits), "per uncached name")
        yield Figure(f"engine.{label}.comparisons", comparisons / max(1, names - hits), "per uncached name")


def _names(snapshot: Snapshot, pool: Sequence[OrdinaryParty], number: int) -> Iterator[Figure]:
    queries = [
        Query(party.name, "person" if party.kind == "person" else "entity")
        for party in pool[:: len(pool) // min(len(pool), number)]
    ]
    screener = _warm_screener(snapshot)
    for label in ("cold", "cached"):
        started = time.process_time()
        screener.matcher.match(queries, min_score=0.7)
        seconds = time.process_time() - started
        yield Figure(f"engine.name.{label}", seconds / len(queries) * 1e6, "us per name")


def _batches(snapshot: Snapshot, pool: Sequence[OrdinaryParty], number: int) -> Iterator[Figure]:
    received, _ = _read(list(workload(pool, snapshot.entries, SEED + 1, number)))
    for size in BATCHES:
        screener = _warm_screener(snapshot)
        seconds = _screening_seconds(screener, received, size)
        yield Figure(f"engine.batch.{size}", seconds / len(received) * 1e6, "us per payment, caches empty")


def _growth(snapshot: Snapshot, pool: Sequence[OrdinaryParty], number: int) -> Iterator[Figure]:
    received, _ = _read(list(workload(pool, snapshot.entries, SEED + 2, number, repeat=False)))
    for times in GROWTH:
        grown = snapshot
        if times > 1:
            grown = load_snapshot(build_snapshot(snapshot.editions, enlarge(snapshot.entries, times, SEED)))
        screener = _warm_screener(grown)
        seconds = _screening_seconds(screener, received, 500)
        yield Figure(f"engine.growth.{times}x", seconds / len(received) * 1e6, "us per payment, caches empty")


def _warm_screener(snapshot: Snapshot) -> Screener:
    """Return a screener in the state in which a worker starts, with its lazy state built."""
    screener = Screener(snapshot, choose_policy(None))
    screener.warm_up()
    return screener


def _read(records: Sequence[WorkloadRecord]) -> tuple[list[Received], float]:
    started = time.process_time()
    received = [payment for record in records for payment in read(record.value, record.payment_id.encode())]
    return received, time.process_time() - started


def _screening_seconds(screener: Screener, received: Sequence[Received], size: int) -> float:
    """Return the CPU seconds of screening in batches of this size."""
    started = time.process_time()
    for start in range(0, len(received), size):
        screener.screen(received[start : start + size])
    return time.process_time() - started


def _calibrated_seconds(screener: Screener, received: Sequence[Received], size: int) -> tuple[float, float]:
    """Return the CPU seconds of screening, and of the calibration's unit, which runs between the batches."""
    seconds = 0.0
    units: list[float] = []
    for start in range(0, len(received), size):
        units.append(calibration_seconds())
        seconds += _screening_seconds(screener, received[start : start + size], size)
    return seconds, sum(units) / len(units)


def _memory_mb() -> float:
    """Return the memory of this process in MB."""
    return float(psutil.Process().memory_info().rss) / 1e6
