"""Names, places and codes are compared as a reader sees them, whatever their characters are."""

import json
from typing import Any

import msgspec
import pytest

from deploy.local.daemon import ROOT
from holdgate.core.engine.written_fields import read_fields
from holdgate.core.intake import reader
from holdgate.core.model.screened_fields import NameField
from tests.core.intake.test_messages import MT103, transfer
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


@pytest.mark.parametrize("form", ["XML", "MT", "JSON"])
def test_a_text_that_was_decoded_wrongly_is_compared_as_repaired_in_every_format(form: str) -> None:
    name = "Łukasz Ćwik"
    garbled = name.encode().decode("latin-1")
    value = {
        "XML": transfer(garbled),
        "MT": MT103.replace("Ulrike Sommerfeld", garbled),
        "JSON": json.dumps({"payment_id": "K", "debtor": {"name": garbled}, "creditor": {"name": "x"}}),
    }[form]
    [received] = reader.read(value.encode(), b"K")
    fields, notes = read_fields(received)
    assert name in [field.value for field in fields if isinstance(field, NameField)]
    assert "ENCODING_REPAIRED" in [note.code for note in notes]
