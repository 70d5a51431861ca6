"""Fields that could not be compared are noted and hold the payment, unless its rail only notes them."""

from typing import Any

import msgspec
import pytest

from deploy.local.daemon import ROOT
from holdgate.core.engine.notes import MAX_NOTES
from holdgate.core.engine.screener import Screener
from holdgate.core.model import decision as contract
from holdgate.core.model.decision import NOT_SCREENED_CODES, Note
from holdgate.core.policy import policy as policies
from tests.support.listed import POLICY, payment, screener, snapshot

CASES = ROOT / "tests" / "cases" / "notes.jsonl"
KHMER = "\u179f\u17bb\u1781\u17b6"


@pytest.mark.parametrize(
    "case",
    [msgspec.json.decode(line) for line in CASES.read_bytes().splitlines()],
    ids=lambda case: ascii(case["name"]),
)
def test_a_name_that_could_not_be_compared_holds_with_a_note(case: dict[str, Any]) -> None:
    [decision] = screener().screen([payment(creditor={"name": case["name"]})])
    assert decision.reason == ("NOT_SCREENED" if NOT_SCREENED_CODES & set(case["codes"]) else "NO_MATCH")
    assert [note.code for note in decision.notes] == case["codes"]
    for note in decision.notes:
        assert note.field == "creditor.name"
        assert case["says"] in note.detail


def test_a_rail_can_turn_a_code_into_a_mere_note() -> None:
    lenient = '[rails.lenient]\ndeadline_seconds = 9\nnote_only = ["SCRIPT_NOT_COMPARED"]\n'
    [khmer, digits] = Screener(snapshot(), policies.from_toml(POLICY + lenient.encode())).screen(
        [payment(rail="lenient", creditor={"name": name}) for name in (KHMER, "4242")]
    )
    assert (khmer.decision, [note.code for note in khmer.notes]) == ("RELEASE", ["SCRIPT_NOT_COMPARED"])
    assert digits.reason == "NOT_SCREENED"


@pytest.mark.parametrize(
    ("lists", "reason"),
    [("", "NO_MATCH"), ('lists = ["test"]', "NO_MATCH"), ('lists = ["x"]', "NOT_SCREENED")],
)
def test_a_field_that_the_rail_does_not_screen_holds_nothing(lists: str, reason: str) -> None:
    """A field that is compared with any list in use is screened."""
    rule = f'[[rails.sct_inst.not_screened]]\nfields = ["creditor"]\nreason = "r"\nsource = "s"\n{lists}\n'
    exempting = Screener(snapshot(), policies.from_toml(POLICY + rule.encode()))
    [decision] = exempting.screen([payment(rail="sct_inst", creditor={"name": KHMER})])
    assert decision.reason == reason
    assert [note.code for note in decision.notes] == ["SCRIPT_NOT_COMPARED"]


def test_the_notes_of_the_reader_come_first_and_hold_too() -> None:
    """A hundred mere notes crowd out none that holds the payment."""
    mere = [Note(f"x[{number}]", "UNKNOWN_MEMBER", "searched as text") for number in range(100)]
    received = msgspec.structs.replace(
        payment(), notes=(*mere, Note("creditor.name", "EMPTY_NAME", "it is empty"))
    )
    [decision] = screener().screen([received])
    assert decision.reason == "NOT_SCREENED"
    assert decision.detail == "creditor.name was not screened: it is empty"
    assert [note.field for note in decision.notes[:2]] == ["creditor.name", "x[0]"]
    [released] = screener().screen([msgspec.structs.replace(payment(), notes=tuple(mere))])
    assert (released.decision, len(released.notes)) == ("RELEASE", MAX_NOTES)


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
