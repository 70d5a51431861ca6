"""One number in all the ways in which payments and lists write it; another number is somebody else's."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.daemon import ROOT
from holdgate.core.identifiers.id_readings import listed_readings, readings
from holdgate.core.lists.snapshot import build_snapshot, load_snapshot
from holdgate.core.model.listed_entry import Entry, IdType, ListedId, ListedName
from tests.support.listed import edition

CASES = [json.loads(line) for line in (ROOT / "tests/cases/same_identifier.jsonl").read_text().splitlines()]
PIECES = st.sampled_from(
    ["INN", "passport no. ", "7720649916", "/772001001", " ", "V-", ".", "С", "RU", "IBAN", "("]
)


def test_the_cases_hold() -> None:
    entries = [
        Entry(f"x:{at}", "x", "entity", (ListedName(f"Zylbank {at}"),), ids=(ListedId(*case["listed"]),))
        for at, case in enumerate(CASES)
    ]
    found = load_snapshot(build_snapshot([edition()], entries))
    for at, case in enumerate(CASES):
        kind, value, country = (*case["given"], None)[:3]
        is_found = at in [entry for entry, _ in found.with_identifier(kind, value, country)]
        assert is_found == case["same"], case


@pytest.mark.parametrize("case", [case for case in CASES if case["same"]], ids=lambda case: case["given"][1])
def test_a_listed_identifier_matches_itself(case: dict[str, Any]) -> None:
    listed = ListedId(*case["listed"])
    keys = {reading.key for reading in listed_readings(listed)}
    assert keys & {reading.key for reading in readings(listed.type, listed.value, listed.country)}


@given(
    st.sampled_from(get_args(IdType)),
    st.lists(PIECES | st.text(max_size=5), max_size=10).map("".join),
    st.sampled_from([None, "VE", "RU"]),
)
def test_any_value_has_a_bounded_number_of_readings(kind: IdType, value: str, country: str | None) -> None:
    found = list(listed_readings(ListedId(kind, value, country)))
    assert all(reading.key for reading in found)
    assert len(found) <= 4 * len(value) + 4
