"""The kinds of spellings for each of several matchers, with the same names."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from bench.comparison_page import KindShares
from bench.rivals import Answer, Rival
from holdgate.core.model.listed_entry import Entry
from holdgate.core.names.matching.matcher import Query
from holdgate.quality.spellings.changes import NO_ENTRY, spelt_names
from holdgate.quality.spellings.strangers import CommonNames
from holdgate.quality.spellings.tables import kinds


def compare_spellings(
    systems: Sequence[Rival], entries: Sequence[Entry], common: CommonNames, seed: int, size: int
) -> Iterator[KindShares]:
    """Yield the share held of each kind by each system: names of nobody are searched in the whole list."""
    answers: dict[str, list[tuple[Answer, ...]]] = defaultdict(list)
    for case in spelt_names(entries, common, seed, size):
        query = Query(case.name, case.type)
        answers[case.kind].append(
            tuple(
                system.search(query) if case.entry == NO_ENTRY else system.against(query, case.entry)
                for system in systems
            )
        )
    for kind in kinds():
        if rows := answers.get(kind.name):
            held = (sum(row[i].alerts for row in rows) / len(rows) for i in range(len(systems)))
            yield KindShares(kind.name, kind.group, kind.expects, len(rows), tuple(held))
