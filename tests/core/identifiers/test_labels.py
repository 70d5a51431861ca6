"""Numbers with a label are found wherever they stand, with their type; what is left is the name."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.daemon import ROOT
from holdgate.core.identifiers.labels import find_labelled, labelled_spans

CASES = [
    json.loads(line) for line in (ROOT / "tests/cases/labelled_identifiers.jsonl").read_text().splitlines()
]
PIECES = st.sampled_from(
    ["INN", "passport no. ", "7720649916", "/772001001", " ", "AO", ".", "С", "R.U.C.", "SWIFT:"]
)


def _without_spans(text: str) -> str:
    for start, end in reversed(labelled_spans(text)):
        text = text[:start] + text[end:]
    return text


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"])
def test_a_labelled_number_is_found_with_its_type(case: dict[str, Any]) -> None:
    assert [[found.type, found.value] for found in find_labelled(case["text"])] == case["found"]
    assert _without_spans(case["text"]) == case.get("left", case["text"])


@given(st.lists(PIECES | st.text(max_size=5), max_size=12).map("".join))
def test_positions_are_those_of_the_value_and_do_not_overlap(text: str) -> None:
    last = 0
    for found in find_labelled(text):
        assert text[found.start : found.end] == found.value
        assert last <= found.label_start < found.start <= found.end
        last = found.end
    assert all(0 <= start < end <= len(text) for start, end in labelled_spans(text))
