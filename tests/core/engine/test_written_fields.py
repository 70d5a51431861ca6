"""Names, places and codes are compared as a reader sees them, whatever their characters are."""

from typing import Any

import msgspec
import pytest

from deploy.local.daemon import ROOT
from tests.support.listed import payment, screener

FILE = ROOT / "tests" / "cases" / "written_fields.jsonl"
CASES = [msgspec.json.decode(line) for line in FILE.read_bytes().splitlines()]
LISTED = "Kazimir Anatolievich Verzhbitsky"


@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii(case["case"]))
def test_a_field_is_compared_in_every_reading(case: dict[str, Any]) -> None:
    [decision] = screener().screen([payment(**case["payment"])])
    assert decision.reason == case["reason"]
    if "codes" in case:
        assert [note.code for note in decision.notes] == case["codes"]


def test_the_lines_that_may_continue_a_name_are_folded_too() -> None:
    first, second = LISTED[:20], LISTED[20:].replace("e", "е").replace("i", "і")
    creditor = {"name": first, "address": {"lines": [second]}}
    [decision] = screener().screen([payment(creditor=creditor)])
    assert decision.reason == "LIST_MATCH"
