"""Names are found as other languages, scripts and habits spell them: a small part of `make quality`."""

from collections import defaultdict
from random import Random

import pytest

from holdgate.cli.console import choose_policy
from holdgate.core.engine.screener import Screener
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.lists.building import build_lists
from holdgate.quality.report import SpellingRate
from holdgate.quality.spellings.changes import CHANGES, spelt_names
from holdgate.quality.spellings.page import render_spellings
from holdgate.quality.spellings.persons import korean_spelling
from holdgate.quality.spellings.spelling_rates import measure_spellings
from holdgate.quality.spellings.strangers import STRANGERS, CommonNames
from holdgate.quality.spellings.tables import kinds, letter_rules, origins
from tests.support import small_list

SEED = 11
SIZE = 8
"""Names of each kind: some 1,000, a few seconds of CPU time."""
EVERY = 9
"""Every ninth entry of the sample list: the index of all of it takes as long as the measurement."""
MIN_HELD = {
    "given names": 0.90,
    "romanisation": 0.88,
    "scripts": 0.85,
    "companies": 0.90,
    "cuts and letters": 0.82,
    "vessels": 0.90,
}
"""Floors by group, below what was measured: raise a floor when more is held, never lower it."""
MAX_STRANGERS = 0.10
"""Ceiling for names that are nobody's on the list."""
COMMON = CommonNames(
    {"RU": ("Ivan", "Olga", "Maksim"), "EG": ("Ahmed", "Hassan", "Mona"), "US": ("Emma", "Tina", "Amanda")},
    {"RU": ("Petrov", "Kozlov", "Popov"), "US": ("Miller", "Castro", "Young")},
)


@pytest.fixture(scope="module")
def screener(tmp_path_factory: pytest.TempPathFactory) -> Screener:
    """Return a screener with a part of the sample list."""
    folder = small_list.write(tmp_path_factory.mktemp("list"), every=EVERY)
    snapshot = load_snapshot(build_lists({"ofac": str(folder)}, lambda _: None).data)
    return Screener(snapshot, choose_policy(None))


@pytest.fixture(scope="module")
def rates(screener: Screener) -> tuple[SpellingRate, ...]:
    """Return the rates of all kinds."""
    return measure_spellings(screener, spelt_names(screener.snapshot.entries, COMMON, SEED, SIZE))


def test_every_kind_has_its_tables() -> None:
    names = [kind.name for kind in kinds()]
    assert len(names) == len(set(names))
    for kind in kinds():
        assert kind.change in (STRANGERS if kind.expects == "nobody" else CHANGES), kind.name
        assert not kind.origin or kind.origin in origins(), kind.name
        if kind.change in ("rules", "script"):
            letter_rules(kind.of)


def test_the_same_seed_gives_the_same_names(screener: Screener) -> None:
    entries = screener.snapshot.entries
    first, again = (list(spelt_names(entries, COMMON, SEED, 2)) for _ in range(2))
    assert first == again
    assert list(spelt_names(entries, COMMON, SEED + 1, 2)) != first


def test_a_kind_is_written_as_its_table_says(screener: Screener) -> None:

    assert korean_spelling("Un Hyok CHOE", "revised", ("joined",), Random(1)) == "Choe Eunhyeok"
    assert korean_spelling("KIM Yong Chol", "hangul", (), Random(1)) == "김영철"
    assert letter_rules("cyrillic.russian")("vladimir shchyogolev", Random(1)).startswith("владимир щ")
    assert korean_spelling("Vladimir PUTIN", "hangul", (), Random(1)) is None


@pytest.mark.parametrize("group", MIN_HELD)
def test_listed_names_are_found_in_other_spellings(rates: tuple[SpellingRate, ...], group: str) -> None:
    held: dict[str, list[float]] = defaultdict(list)
    for row in rates:
        if row.expects == "found":
            held[row.group].append(row.held / row.tried)
    assert sum(held[group]) / len(held[group]) >= MIN_HELD[group], "\n".join(render_spellings(rates, 2))


def test_names_of_others_are_left_alone(rates: tuple[SpellingRate, ...]) -> None:
    strangers = [row for row in rates if row.expects == "nobody"]
    assert sum(row.held for row in strangers) / sum(row.tried for row in strangers) <= MAX_STRANGERS, (
        "\n".join(render_spellings(strangers, 4))
    )
