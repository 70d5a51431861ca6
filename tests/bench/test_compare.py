"""The comparison with other matchers is repeatable, and each answer belongs to the right entry."""

import pytest

pytest.importorskip("nomenklatura", reason="nomenklatura is not installed: `make comparison` installs it")

from bench.compare import compare
from bench.comparison_page import page
from bench.rivals import rivals
from holdgate.core.engine.screener import Screener
from holdgate.core.names.matching.matcher import Query
from holdgate.quality.report import OrdinaryName
from holdgate.quality.spellings.strangers import CommonNames
from tests.support.listed import policy, snapshot

ORDINARY = [
    OrdinaryName("Ulrike Sommerfeld", "person"),
    OrdinaryName("Almaty Grain Trading LLP", "entity"),
]
COMMON = CommonNames({"US": ("Emma",)}, {"US": ("Miller",)})


def test_each_system_finds_an_unchanged_listed_name_and_no_other() -> None:
    for system in rivals(Screener(snapshot(), policy())):
        listed, other = Query("Kazimir Anatolievich Verzhbitsky", "person"), Query("Li Bo", "person")
        assert system.against(listed, 0).alerts, system.name
        assert system.search(listed).alerts, system.name
        assert not system.search(other).alerts, system.name
        assert not system.against(other, 0).alerts, f"{system.name} repeats its answer for another name"


def test_the_same_seed_gives_the_same_comparison() -> None:
    first, second = (
        compare(
            Screener(snapshot(), policy()),
            ["test=made-up"],
            ORDINARY,
            seed=1,
            size=2,
            names=1,
            common=COMMON,
            kind_size=1,
        )
        for _ in range(2)
    )
    assert first == second
    assert "| control | 2 | 1.00 |" in page(first)
