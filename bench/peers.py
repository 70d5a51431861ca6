"""The same names through Holdgate, scans of rapidfuzz and logic-v2 of nomenklatura, in one run."""

import time
from collections.abc import Callable, Iterator, Sequence
from random import Random

from bench.figures import Figure
from bench.gate import built_apart
from bench.parties import ordinary
from holdgate.cli.console import choose_policy
from holdgate.core.engine.screener import Screener
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.core.names.matcher import Query

SEED = 31
NAMES, WARMING = 60, 1_000
"""Names asked of each; other names that Holdgate is asked before, for its caches of words."""


def peers(_: int) -> Iterator[Figure]:
    """CPU a name, and how many times Holdgate's; nothing where nomenklatura is not installed."""
    try:
        from bench.rivals import rivals
    except ImportError:
        return
    screener = Screener(load_snapshot(built_apart().data), choose_policy(None))
    drawn = Random(SEED).sample(ordinary()[1], WARMING + NAMES)
    queries = [Query(one.name, "person" if one.kind == "person" else "entity") for one in drawn]
    screener.matcher.match(queries[:WARMING], min_score=0.7)
    ours = _spent(lambda query: screener.matcher.match([query], min_score=0.7), queries[WARMING:])
    yield Figure("peers.Holdgate", ours * 1e6, "us of CPU per name, known words, new names")
    for rival in rivals(screener)[1:]:
        rival.search(queries[0])
        spent = _spent(rival.search, queries[WARMING:])
        yield Figure(f"peers.{rival.name}", spent * 1e6, "us of CPU per name")
        yield Figure(f"peers.{rival.name}.ratio", spent / ours, "times Holdgate's")


def _spent(ask: Callable[[Query], object], queries: Sequence[Query]) -> float:
    started = time.process_time()
    for query in queries:
        ask(query)
    return (time.process_time() - started) / len(queries)
