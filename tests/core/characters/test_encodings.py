"""Texts that were decoded wrongly before they arrived are repaired where that is certain."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.daemon import ROOT
from holdgate.core.characters.encodings import repair_encoding

CASES = [
    json.loads(line)
    for line in (ROOT / "tests" / "cases" / "encodings.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["says"]))
def test_text_is_repaired_only_where_that_is_certain(case: Any) -> None:
    assert repair_encoding(case["text"]) == case.get("repaired")


@given(st.text(st.characters(categories=["Lu", "Ll"], min_codepoint=0x400, max_codepoint=0x45F), min_size=2))
def test_any_cyrillic_that_was_encoded_twice_is_repaired(text: str) -> None:
    assert repair_encoding(text.encode().decode("latin-1")) == text


@given(st.text(st.characters(max_codepoint=0x7F)), st.text(st.characters(min_codepoint=0x100)))
def test_ascii_and_letters_beyond_latin1_are_left_alone(ascii_text: str, letters: str) -> None:
    text = ascii_text + "".join(char for char in letters if char.isalpha())
    assert repair_encoding(text) is None
