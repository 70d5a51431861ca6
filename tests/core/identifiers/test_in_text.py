"""Identifiers that are unique worldwide are found in text; other numbers are not."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.daemon import ROOT
from holdgate.core.identifiers.in_text import find_identifiers
from tests.support.listed import payment, screener

CASES = [
    json.loads(line) for line in (ROOT / "tests/cases/identifiers_in_text.jsonl").read_text().splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"])
def test_a_listed_identifier_in_a_text_causes_a_hold_with_its_position(case: dict[str, Any]) -> None:
    [found] = screener().screen([payment(remittance=["hello", case["text"]])])
    if case["rule"] is None:
        assert found.matches == ()
        return
    [match] = found.matches
    assert (match.rule, match.entry_id, match.value) == (case["rule"], case["entry"], case["value"])
    start = case["text"].index(case["value"])
    place = f"characters {start}-{start + len(case['value'])}"
    assert (match.field, match.evidence[-1].matched) == ("remittance[1]", place)


@pytest.mark.parametrize(
    "members",
    [
        {"creditor": {"name": "PASSPORT751234567 K. SOMMER"}},
        {"creditor": {"name": "K. Sommer", "address": {"lines": ["passport no. 75 1234567", "Bonn"]}}},
        {"ultimate_creditor": {"name": "K. Sommer/ID 0x52908400098527886e0f7030069857d2e4169ee7"}},
    ],
)
def test_a_listed_identifier_in_a_name_or_an_address_causes_a_hold(members: dict[str, Any]) -> None:
    [found] = screener().screen([payment(**members)])
    assert {(match.rule, match.entry_id) for match in found.matches} <= {
        ("identifier", "test:1"),
        ("wallet", "test:1"),
    }
    assert found.decision == "HOLD"


@pytest.mark.parametrize(
    "account",
    [
        {"other": "IR82 0540 1026 8002 0817 9090 02"},
        {"other": "iban ir82 0540 1026 8002 0817 9090 02"},
        {"iban": "IBAN: IR820540102680020817909002"},
    ],
)
def test_an_iban_is_one_in_any_spelling_and_member(account: dict[str, str]) -> None:
    [found] = screener().screen([payment(creditor={"name": "Ulrike Sommerfeld", "account": account})])
    assert [match.entry_id for match in found.matches] == ["geography:iran"]


def test_a_number_that_only_looks_like_an_iban_gives_no_country() -> None:
    account = {"other": "IR12 5512 4412 8812 9912"}
    [found] = screener().screen([payment(creditor={"name": "Ulrike Sommerfeld", "account": account})])
    assert found.decision == "RELEASE"


PIECES = st.sampled_from(
    ["INN", "7720649916", "/", " ", "IBAN", "de89 3704 0044 0532 0130 00", "QXVADEFF", "a" * 30]
)


@given(st.lists(st.lists(PIECES | st.text(max_size=40), max_size=6).map("".join), max_size=3).map(tuple))
def test_each_identifier_is_at_the_position_that_is_reported(lines: tuple[str, ...]) -> None:
    paths = tuple(f"remittance[{at}]" for at in range(len(lines)))
    for found in find_identifiers(paths, lines):
        assert lines[paths.index(found.field.path)][found.start : found.end] == found.field.value
