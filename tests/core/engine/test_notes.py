"""A decision, whether HOLD or RELEASE, notes the fields that could not be compared."""

from typing import Any

import msgspec
import pytest

from deploy.local.daemon import ROOT
from holdgate.core.engine.notes import MAX_NOTES
from holdgate.core.model import decision as contract
from tests.support.listed import payment, screener

CASES = ROOT / "tests" / "cases" / "notes.jsonl"
KHMER = "\u179f\u17bb\u1781\u17b6"


@pytest.mark.parametrize(
    "case",
    [msgspec.json.decode(line) for line in CASES.read_bytes().splitlines()],
    ids=lambda case: ascii(case["name"]),
)
def test_a_name_that_could_not_be_compared_is_noted(case: dict[str, Any]) -> None:
    [decision] = screener().screen([payment(creditor={"name": case["name"]})])
    assert decision.decision == "RELEASE"
    assert [note.code for note in decision.notes] == case["codes"]
    for note in decision.notes:
        assert note.field == "creditor.name"
        assert case["says"] in note.detail


def test_a_held_payment_has_its_notes_too() -> None:
    members = {"creditor": {"name": "Kazimir Anatolievich Verzhbitsky"}, "debtor": {"name": KHMER}}
    [decision] = screener().screen([payment(**members)])
    assert (decision.decision, [note.field for note in decision.notes]) == ("HOLD", ["debtor.name"])


def test_a_line_of_text_is_noted_with_its_position_but_digits_are_not() -> None:
    [decision] = screener().screen([payment(remittance=["invoice", KHMER, "4711"])])
    assert [note.field for note in decision.notes] == ["remittance[1]"]


def test_a_note_has_the_position_of_its_field_in_the_original_message() -> None:
    received = msgspec.structs.replace(payment(creditor={"name": KHMER}), origins={"creditor.name": ":59:"})
    [decision] = screener().screen([received])
    assert [note.origin for note in decision.notes] == [":59:"]


def test_the_number_of_notes_is_bounded() -> None:
    [decision] = screener().screen([payment(remittance=[KHMER] * 500)])
    assert len(decision.notes) == MAX_NOTES


def test_a_decision_without_notes_omits_the_member() -> None:
    [decision] = screener().screen([payment()])
    assert b"notes" not in contract.to_json(decision)
