"""The cost of the same names in Holdgate, scans with rapidfuzz, and logic-v2 of nomenklatura."""

import time
from collections.abc import Callable, Iterator, Sequence
from random import Random

from bench.figures import Figure
from bench.gate import build_lists_in_child
from bench.parties import ordinary_parties
from holdgate.cli.console import choose_policy
from holdgate.core.engine.screener import Screener
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.core.names.matching.matcher import Query

SEED = 31
NAMES, WARM_UP_NAMES = 60, 1_000
"""Names that each matcher gets, and other names that first warm up Holdgate's caches of words."""


def measure(_: int) -> Iterator[Figure]:
    """Yield the CPU per name and its ratio to Holdgate's; nothing if nomenklatura is not installed."""
    try:
        from bench.rivals import rivals
    except ImportError:
        return
    screener = Screener(load_snapshot(build_lists_in_child().data), choose_policy(None))
    parties = Random(SEED).sample(ordinary_parties()[1], WARM_UP_NAMES + NAMES)
    queries = [Query(party.name, "person" if party.kind == "person" else "entity") for party in parties]
    warm_up, measured = queries[:WARM_UP_NAMES], queries[WARM_UP_NAMES:]
    screener.matcher.match(warm_up, min_score=0.7)
    ours = _cpu_per_name(lambda query: screener.matcher.match([query], min_score=0.7), measured)
    yield Figure("peers.Holdgate", ours * 1e6, "us of CPU per name, known words, new names")
    for rival in rivals(screener)[1:]:
        rival.search(queries[0])
        spent = _cpu_per_name(rival.search, measured)
        yield Figure(f"peers.{rival.name}", spent * 1e6, "us of CPU per name")
        yield Figure(f"peers.{rival.name}.ratio", spent / ours, "times Holdgate's")


def _cpu_per_name(search: Callable[[Query], object], queries: Sequence[Query]) -> float:
    started = time.process_time()
    for query in queries:
        search(query)
    return (time.process_time() - started) / len(queries)
