"""The completeness canary: every listed name, asked as a query, finds its own entry."""

from msgspec import Struct

from holdgate.core.matching import Matcher, Query
from holdgate.core.snapshot import Snapshot

LIMIT = 200
"""Matches looked through for the entry itself: hundreds of entries share names such as those of families."""

MIN_SCORE = 0.9
"""What a name has to score against itself."""


class Canary(Struct, frozen=True):
    """How many names were asked, and which did not find their entry, as (entry id, place of the name)."""

    names: int
    missed: tuple[tuple[str, int], ...]


def check(snapshot: Snapshot) -> Canary:
    """Ask for every name of every entry."""
    matcher = Matcher(snapshot.index)
    missed = []
    asked = 0
    for position, entry in enumerate(snapshot.entries):
        queries = [Query(name.text, entry.type) for name in entry.names]
        asked += len(queries)
        found = matcher.match(queries, min_score=MIN_SCORE, limit=LIMIT)
        for place, hits in enumerate(found):
            if not any(hit.entry == position for hit in hits):
                missed.append((entry.id, place))
    return Canary(asked, tuple(missed))
