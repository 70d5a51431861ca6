"""Identifiers that are unique worldwide are found in text; other numbers are not."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.daemon import ROOT
from holdgate.core.identifiers.in_text import find_identifiers
from holdgate.core.model.screened_fields import TextField
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


@given(st.lists(st.text(max_size=80), max_size=3).map(tuple))
def test_each_identifier_is_at_the_position_that_is_reported(lines: tuple[str, ...]) -> None:
    paths = tuple(f"remittance[{at}]" for at in range(len(lines)))
    for found in find_identifiers(TextField(paths, lines)):
        assert lines[paths.index(found.field.path)][found.start : found.end] == found.field.value
