"""The same number is the same party; a number that differs in one digit is somebody else's."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.engine.screener import Screener
from holdgate.core.identifiers.keys import GLOBAL, comparable, identifier_key, same_issuer
from holdgate.core.lists.snapshot import build_snapshot, load_snapshot
from holdgate.core.model.listed_entry import Entry, IdType, ListedId, ListedName
from tests.support.listed import edition, payment, policy, snapshot


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("bic", "QXVADEFF", "QXVADEFFXXX"),
        ("bic", "QXVADEFF", "QXVADEFF500"),
        ("bic", "QXVADEFF", "qxva de ff"),
        ("imo", "IMO 9074729", "9074729"),
        ("imo", "imo9074729", "9074729"),
        ("lei", "5493001KJTIIGC8Y1R12", "5493 001k jtii gc8y 1r12"),
        ("passport", "75 1234567", "751234567"),
        ("tax", "12-345/67", "1234567"),
        (
            "wallet",
            "0x52908400098527886E0F7030069857D2E4169EE7",
            "0x52908400098527886e0f7030069857d2e4169ee7",
        ),
        (
            "wallet",
            "BC1QAR0SRRR7XFKVY5L643LYDNW9RE59GTZZWF5MDQ",
            "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        ),
        ("wallet", " 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2 ", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
        (
            "wallet",
            "bitcoin:1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2?amount=1",
            "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
        ),
        (
            "wallet",
            "xdc52908400098527886E0F7030069857D2E4169EE7",
            "0x52908400098527886e0f7030069857d2e4169ee7",
        ),
        (
            "wallet",
            "LTC1QG42TKWUUXEFUTZCX2Y0T9G6QQ6KVT3P0U6N4ZQ",
            "ltc1qg42tkwuuxefutzcx2y0t9g6qq6kvt3p0u6n4zq",
        ),
    ],
)
def test_spellings_of_one_number_have_the_same_key(kind: IdType, one: str, other: str) -> None:
    assert identifier_key(kind, one) == identifier_key(kind, other) is not None


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("bic", "QXVADEFF", "QXVADEMM"),
        ("passport", "751234567", "751234568"),
        ("wallet", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "1bvbmseystwetqtfn5au4m4gfg7xjanvn2"),
        (
            "wallet",
            "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
            "bc1QAR0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        ),
    ],
)
def test_different_numbers_have_different_keys(kind: IdType, one: str, other: str) -> None:
    """A bank in another location has another BIC; Base58 is case-sensitive."""
    assert identifier_key(kind, one) != identifier_key(kind, other)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("imo", "9074728"),
        ("imo", "IMO 907472"),
        ("bic", "QXVADE"),
        ("bic", "QXVADEFFX"),
        ("lei", "5493001KJTIIGC8Y1R1"),
        ("registration", "1024"),
        ("passport", "- - -"),
        ("national_id", ""),
        ("wallet", "  "),
    ],
)
def test_a_value_that_identifies_nothing_has_no_key(kind: IdType, value: str) -> None:
    """Its check digit or length is wrong, or it is so short that strangers share it."""
    assert identifier_key(kind, value) is None


@given(st.sampled_from(get_args(IdType)), st.text(max_size=40))
def test_the_key_of_a_key_is_the_same_key(kind: IdType, value: str) -> None:
    """Any text has a key or none, and the function is idempotent."""
    found = identifier_key(kind, value)
    assert found is None or identifier_key(kind, found) == found


def test_a_number_of_unknown_type_is_compared_with_every_national_type() -> None:
    for kind in get_args(IdType):
        assert comparable(kind, kind)
        assert comparable("other", kind) == comparable(kind, "other") == (kind not in GLOBAL)
    assert not comparable("passport", "tax")


def test_issuers_conflict_only_if_both_are_known() -> None:
    assert same_issuer("passport", "ru", "RU")
    assert same_issuer("passport", None, "RU")
    assert same_issuer("passport", "RU", None)
    assert not same_issuer("passport", "RU", "KZ")


@pytest.mark.parametrize(
    ("kind", "value", "country", "found"),
    [
        ("bic", "QXVADEFFXXX", None, ["test:2"]),
        ("bic", "QXVADEFF123", "RU", ["test:2"]),
        ("bic", "QXVADEMM", None, []),
        ("lei", "5493001KJTIIGC8Y1R12", "RU", ["test:2"]),
        ("passport", "751234567", "RU", ["test:1"]),
        ("passport", "751234567", None, ["test:1"]),
        ("passport", "751234567", "KZ", []),
        ("other", "75-1234567", "RU", ["test:1"]),
        ("tax", "751234567", "RU", []),
        ("imo", "9074729", None, ["test:3"]),
        ("imo", "9074728", None, []),
        ("other", "9074729", None, []),
        ("wallet", "0x52908400098527886e0f7030069857d2e4169ee7", None, ["test:1"]),
    ],
)
def test_listed_numbers_are_found(kind: IdType, value: str, country: str | None, found: list[str]) -> None:
    """The country matters for a passport, but not for a number that is unique worldwide."""
    entries = snapshot().entries
    assert [entries[at].id for at, _ in snapshot().with_identifier(kind, value, country)] == found


IBANS = [
    ("DE61 5032 0000 0123 4567 89", "OWHBDEFFXXX", "the directory of the Bundesbank"),
    ("NL91 QXVA 0417 1643 00", "QXVANL2A", "the code is the BIC's first four letters"),
    ("by13 NBRB 3600 9000 0000 2Z00 AB00", "NBRBBY2X", "in any case, with spaces"),
    ("GB33QXVA20201555555555", "QXVAGB2L", "as in the Netherlands"),
]


@pytest.mark.parametrize(("iban", "bic", "_why"), IBANS)
def test_an_iban_matches_the_listed_bank_with_its_bank_code(iban: str, bic: str, _why: str) -> None:
    bank = Entry("test:9", "test", "entity", (ListedName("Zylbank"),), ids=(ListedId("bic", bic),))
    found = load_snapshot(build_snapshot([edition()], (bank,)))
    assert [(hit.entry, hit.bic) for hit in found.with_account(iban)] == [(0, bic)]
    [decision] = Screener(found, policy()).screen(
        [payment(creditor={"name": "Ulrike Sommerfeld", "account": {"iban": iban}})]
    )
    [match] = decision.matches
    assert (decision.reason, match.field, match.rule) == ("LIST_MATCH", "creditor.account.iban", "bic")
    assert match.evidence[0].matched == f"bank code of bic {bic}"


@pytest.mark.parametrize(
    "iban",
    ["DE89370400440532013000", "FR7630006000011234567890189", "GB33QXWA20201555555555", "DE", "", "XX"],
)
def test_an_iban_of_another_bank_matches_no_listed_bank(iban: str) -> None:
    ids = tuple(ListedId("bic", bic) for _, bic, _ in IBANS)
    bank = Entry("test:9", "test", "entity", (ListedName("Zylbank"),), ids=ids)
    assert load_snapshot(build_snapshot([edition()], (bank,))).with_account(iban) == []
