"""Comparison of two names without a list."""

from msgspec import Struct

from holdgate.core.model.evidence import Evidence
from holdgate.core.model.listed_entry import Entry, EntryType, ListedName
from holdgate.core.names.index.index_builder import build_index
from holdgate.core.names.matching.matcher import Matcher, Query


class Comparison(Struct, frozen=True):
    """The result of comparing two names: score 0..1 and evidence."""

    score: float
    evidence: tuple[Evidence, ...]


def compare(query: str, candidate: str, type: EntryType) -> Comparison:
    """Compare two names without a list: same analysis and scorer, weights from ordinary names alone."""
    entry = Entry(id="compared:1", list="compared", type=type, names=(ListedName(candidate),))
    hits = Matcher(build_index([entry])).match([Query(query, type)], min_score=0.01, limit=1)[0]
    return Comparison(hits[0].score, hits[0].evidence) if hits else Comparison(0.0, ())
