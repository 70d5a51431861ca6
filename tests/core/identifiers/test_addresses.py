"""A listed address is found in an address with all its words, and only if it says a house."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.identifiers.addresses import AddressIndex, address_words, is_house, key_addresses
from holdgate.core.model.listed_entry import Entry, ListedAddress, ListedName

LISTED = (
    "Warehouse 9, Jebel Ali Free Zone, Dubai",
    "34 Ashley Road, Tsim Sha Tsui, Kowloon, Hong Kong",
    "P.O. Box 1666, Sharjah, United Arab Emirates",
    "ул. Ленина 5, Москва, Россия",
)
INDEX = AddressIndex(
    key_addresses(
        Entry(f"x:{number}", "x", "unknown", (), addresses=(ListedAddress(text),))
        for number, text in enumerate(LISTED)
    )
)


def _found(text: str) -> list[int]:
    return [entry for entry, _ in INDEX.find(text)]


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("JEBEL ALI FREE ZONE WAREHOUSE 9 DUBAI AE", 0),
        ("Unit 3, Warehouse 9, Jebel Ali Free Zone Dubai", 0),
        ("34 Ashley Rd. Tsim Sha Tsui Kowloon HK", 1),
        ("PO Box 1666 Sharjah UAE", 2),
        ("Post Office Box 1666, Sharjah, AE", 2),
        ("ul. Lenina 5 Moscow RU", 3),
        ("Kowloon Hong Kong 34 Áshley Road, Tsim Sha Tsui", 1),
    ],
)
def test_an_address_with_all_words_is_found(text: str, entry: int) -> None:
    assert _found(text) == [entry]


@pytest.mark.parametrize(
    "text",
    [
        "Warehouse 8, Jebel Ali Free Zone, Dubai",
        "Jebel Ali Free Zone, Dubai",
        "Warehouse 9, Jebel Ali Free Zone",
        "34 Ashley Road, London, GB",
        "PO Box 1667 Sharjah UAE",
        "Dubai",
        "",
        "?",
    ],
)
def test_a_neighbour_is_not_found(text: str) -> None:
    assert _found(text) == []


@pytest.mark.parametrize("text", LISTED)
def test_an_address_that_says_a_house_or_a_box_is_one(text: str) -> None:
    assert is_house(address_words(text))


@pytest.mark.parametrize(
    "text",
    [
        "Dubai",
        "Hong Kong",
        "Kowloon, Hong Kong",
        "Saint Petersburg 190000, Russia",
        "Nizhny Novgorod, Nizhny Novgorod Oblast 603000, Russia",
        "9000 Sankt Gallen, Switzerland",
        "Paris 16, France",
        "P.O. Box 1666",
        "Jebel Ali Free Zone, Dubai, United Arab Emirates",
    ],
)
def test_a_town_or_a_district_is_no_house(text: str) -> None:
    assert not is_house(address_words(text))


def test_the_address_of_a_party_is_not_indexed() -> None:
    party = Entry("x:1", "x", "entity", (ListedName("N"),), addresses=(ListedAddress(LISTED[0]),))
    assert not AddressIndex(key_addresses([party]))


@given(st.text() | st.text(alphabet=st.characters(codec=None)))
def test_any_text_has_words_and_contains_itself(text: str) -> None:
    words = address_words(text)
    index = AddressIndex(key_addresses([Entry("x:1", "x", "unknown", (), addresses=(ListedAddress(text),))]))
    assert [found for _, found in index.find(text)] == ([words] if words else [])
