"""The comparison with other systems: the same page each time, and nobody judged by the wrong entry."""

import pytest

pytest.importorskip("nomenklatura", reason="nomenklatura is not installed: `make comparison` installs it")

from bench.compare import report
from bench.rivals import rivals
from holdgate.core.engine.screener import Screener
from holdgate.core.names.matcher import Query
from holdgate.quality.report import OrdinaryName
from tests.support.listed import policy, snapshot

ORDINARY = [
    OrdinaryName("Ulrike Sommerfeld", "person"),
    OrdinaryName("Almaty Grain Trading LLP", "entity"),
]


def test_each_system_finds_a_listed_name_as_it_is_and_no_other() -> None:
    for system in rivals(Screener(snapshot(), policy())):
        listed, other = Query("Kazimir Anatolievich Verzhbitsky", "person"), Query("Li Bo", "person")
        assert system.against(listed, 0).alerts, system.name
        assert system.search(listed).alerts, system.name
        assert not system.search(other).alerts, system.name
        assert not system.against(other, 0).alerts, f"{system.name} answers for the name before"


def test_the_page_is_the_same_from_the_same_seed() -> None:
    def page() -> str:
        return report(Screener(snapshot(), policy()), ["test=made-up"], ORDINARY, seed=1, size=2, names=1)

    assert page() == page()
    assert "| control | 2 | 1.00 |" in page()
