"""A listed name in an address is found, and ordinary addresses are not searched."""

import pytest

from holdgate.core.engine.screener import Screener
from tests.support.listed import payment, policy, snapshot

WHO = {"name": "Ulrike Sommerfeld", "kind": "person"}


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ({"lines": ["c/o Kazimir Anatolievich Verzhbitsky", "12345 Berlin"]}, "creditor.address.lines[0]"),
        ({"lines": ["Hauptstrasse 5", "VERZHBITSKY KAZIMIR ANATOLIEVICH"]}, "creditor.address.lines[1]"),
        ({"street": "Kazimir Anatolievich Verzhbitsky"}, "creditor.address.street"),
        ({"lines": ["bei Kazimir Anatolievich", "Verzhbitsky"]}, "creditor.address.lines[0]"),
    ],
)
def test_a_name_in_an_address_holds(address: dict[str, object], field: str) -> None:
    screener = Screener(snapshot(), policy())
    [decision] = screener.screen([payment(creditor=WHO | {"address": address})])
    assert decision.reason == "LIST_MATCH"
    assert [(match.field, match.entry_id, match.rule) for match in decision.matches] == [
        (field, "test:1", "text")
    ]


@pytest.mark.parametrize(
    "lines",
    [
        ["Hauptstraße 5", "10115 Berlin"],
        ["Kazimir Street 12", "Perth"],
        ["ul. Marszałkowska 3", "Warszawa"],
        ["1 Star Street", "Perth"],
    ],
)
def test_an_ordinary_address_is_not_searched(lines: list[str]) -> None:
    """A search of unknown words costs more than the rest of the payment."""
    screener = Screener(snapshot(), policy())
    [decision] = screener.screen([payment(creditor=WHO | {"address": {"lines": lines}})])
    assert decision.decision == "RELEASE"
    assert (screener.address_finder.addresses, screener.address_finder.searched) == (1, 0)
