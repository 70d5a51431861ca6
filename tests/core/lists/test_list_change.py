"""How much a list changes is measured by ids and names, and limited by the policy."""

import pytest

from holdgate.core.lists.list_change import exceeded_limits, measure_change
from holdgate.core.model.listed_entry import Entry, ListedName
from holdgate.core.policy.list_changes import ChangeLimits, ListChanges


def entries(ids: range, names: int = 2) -> list[Entry]:
    """Return entries with these ids and this number of names each."""
    return [
        Entry(
            id=f"ofac:{number}",
            list="ofac",
            type="person",
            names=tuple(ListedName(f"Name {number} {name}") for name in range(names)),
        )
        for number in ids
    ]


@pytest.mark.parametrize(
    ("after", "exceeded"),
    [
        (entries(range(1000)), []),
        (entries(range(50, 1000)), []),
        (entries(range(60, 1000)), ["60 entries are removed, 6% of 1,000 (limit 5%)"]),
        (entries(range(1250)), []),
        (entries(range(1260)), ["260 ids are new, 26% of 1,000 (limit 25%)"]),
        (
            entries(range(1000), names=1),
            ["1,000 names of entries that stay are removed, 50% of 2,000 (limit 5%)"],
        ),
        (entries(range(1000), names=3), []),
        (
            entries(range(5000, 6000)),
            [
                "1,000 entries are removed, 100% of 1,000 (limit 5%)",
                "1,000 ids are new, 100% of 1,000 (limit 25%)",
            ],
        ),
        ([], ["1,000 entries are removed, 100% of 1,000 (limit 5%)"]),
    ],
    ids=[
        "same",
        "5 %",
        "6 %",
        "grown",
        "grown too much",
        "without aliases",
        "more names",
        "renumbered",
        "gone",
    ],
)
def test_changes_beyond_the_limits_are_told_with_figures(after: list[Entry], exceeded: list[str]) -> None:
    change = measure_change("ofac", entries(range(1000)), after)
    assert list(exceeded_limits(change, ChangeLimits())) == exceeded


def test_a_short_list_may_change_by_a_few_entries() -> None:
    change = measure_change("own", entries(range(12)), entries(range(6, 18)))
    assert (change.common_ids, change.removed, change.new) == (6, 6, 6)
    assert list(exceeded_limits(change, ChangeLimits())) == []
    assert len(list(exceeded_limits(change, ChangeLimits(always=0)))) == 2


def test_a_list_may_have_limits_of_its_own() -> None:
    limits = ListChanges(by_list={"un": ChangeLimits(removed=0.5)})
    assert (limits.limits("un").removed, limits.limits("ofac").removed) == (0.5, 0.05)
