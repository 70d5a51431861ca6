"""A listed name in an address is found, and ordinary addresses are not searched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.engine.screener import Screener
from holdgate.core.text.words import LineSpan
from tests.support.listed import payment, policy, snapshot

ADDRESS_FINDER = Screener(snapshot(), policy()).address_finder
WHO = {"name": "Ulrike Sommerfeld", "kind": "person"}


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ({"lines": ["c/o Kazimir Anatolievich Verzhbitsky", "12345 Berlin"]}, "creditor.address.lines[0]"),
        ({"lines": ["Hauptstrasse 5", "VERZHBITSKY KAZIMIR ANATOLIEVICH"]}, "creditor.address.lines[1]"),
        ({"street": "Kazimir Anatolievich Verzhbitsky"}, "creditor.address.street"),
        ({"lines": ["bei Kazimir Anatolievich", "Verzhbitsky"]}, "creditor.address.lines[0]"),
        ({"lines": ["OBO KAZIMIR ANATOLIEVICH VERZHBITSKI", "Leeds"]}, "creditor.address.lines[0]"),
        ({"lines": ["FAO KASIMIR ANATOLIEVICH VERZHBITZKY", "Leeds"]}, "creditor.address.lines[0]"),
        (
            {"lines": ["1 High St, Kasimir Anatolievich Verzhbitsky", "Leeds"]},
            "creditor.address.lines[0]",
        ),
        ({"town": "Kazimir Anatolievich Verzhbicky"}, "creditor.address.town"),
        ({"region": "KAZIMIR VERZHBITSKY"}, "creditor.address.region"),
        ({"country": "KAZIMIR VERZHBITSKY"}, "creditor.address.country"),
        ({"lines": ["Казимир Вержбицкий"]}, "creditor.address.lines[0]"),
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
        ["Quxvanta Komerzbank AG"],
        ["12 High Street", "Quxvanta", "Kommerzbank"],
        ["c/o Quxvanta Kommerzbenk, 12 High Street", "Leeds"],
    ],
)
def test_a_company_as_a_segment_of_an_address_holds(lines: list[str]) -> None:
    """Its words may be too common to be found in a text, as the words of Atlas Exchange are."""
    screener = Screener(snapshot(), policy())
    [decision] = screener.screen([payment(creditor=WHO | {"address": {"lines": lines}})])
    assert {match.entry_id for match in decision.matches} == {"test:2"}


def test_a_segment_is_reported_once_with_its_place() -> None:
    finder = Screener(snapshot(), policy()).address_finder
    [name] = finder.find(("Flat 3, Kazimir Verzhbitsky, Leeds",), 0.72).names
    assert name.value == "Kazimir Verzhbitsky"
    assert name.line_spans == (LineSpan(0, 8, 27),)


def test_prepared_addresses_give_the_same_result() -> None:
    addresses = [("Kazimir Verzhbitzky",), ("Hauptstrasse 5", "Berlin"), ("c/o Quxvanta Kommerzbank",)]
    cold, warm = (Screener(snapshot(), policy()).address_finder for _ in range(2))
    warm.prepare(addresses)
    assert [warm.find(lines, 0.72) for lines in addresses] == [cold.find(lines, 0.72) for lines in addresses]


@given(st.lists(st.text(max_size=60), max_size=8))
def test_any_address_is_searched_without_an_error(lines: list[str]) -> None:
    search = ADDRESS_FINDER.find(tuple(lines), 0.72)
    for name in search.names:
        assert all(0 <= span.start < span.end <= len(lines[span.line]) for span in name.line_spans)


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
