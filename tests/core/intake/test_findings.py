"""What the contract does not know or does not expect is searched and noted; what is empty is held."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.daemon import ROOT
from holdgate.core.intake import InvalidEventError, reader
from holdgate.core.intake.screenable import MAX_TEXT
from holdgate.core.model.screened_fields import TextField
from tests.support.listed import payment, screener

CASES = ROOT / "tests" / "cases"


def cases(name: str) -> list[Any]:
    """Return the parameters of a file of cases."""
    lines = (CASES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [pytest.param(case, id=case["says"]) for case in map(json.loads, lines)]


@pytest.mark.parametrize("case", cases("unknown_members"))
def test_an_unknown_member_is_screened_and_noted(case: Any) -> None:
    check(case, "UNKNOWN_MEMBER")


@pytest.mark.parametrize("case", cases("unexpected_values"))
def test_a_value_of_another_kind_is_screened_and_noted(case: Any) -> None:
    check(case, "UNEXPECTED_VALUE")


def check(case: Any, code: str) -> None:
    """Require the notes of a case, and a match of the field that it names, or a release if it names none."""
    [decision] = screener().screen([payment(**case["payment"])])
    assert [note.field for note in decision.notes if note.code == code] == case["noted"]
    held = case.get("held")
    if held is None:
        assert decision.decision == "RELEASE"
    else:
        assert held in {match.field for match in decision.matches}


@pytest.mark.parametrize("case", cases("incomplete_payments"))
def test_an_incomplete_payment_is_noted_or_held(case: Any) -> None:
    [decision] = screener().screen([payment(**case["payment"])])
    assert [note.code for note in decision.notes] == case["codes"]
    assert decision.decision == case["decision"]


def test_the_texts_of_unknown_members_count_as_text() -> None:
    payment(own=["x" * (MAX_TEXT - 1), "x"])
    with pytest.raises(InvalidEventError) as refused:
        payment(own={"a": ["x" * MAX_TEXT], "b": "x"})
    assert refused.value.code == "too_large"


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)
known = st.sampled_from(["debtor", "creditor", "goods", "underlying", "remittance", "creditor_agent"])


def strings(value: Any) -> list[str]:
    """Return every string in a JSON value."""
    if isinstance(value, str):
        return [value]
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for child in children for text in strings(child)]


@given(texts, values)
def test_every_string_of_an_unknown_member_is_searched(key: str, value: Any) -> None:
    read = payment(**{f"own{key}": value})
    searched = {line for field in read.other_fields if isinstance(field, TextField) for line in field.lines}
    assert {text for text in strings(value) if text.strip()} <= searched
    assert [note.code for note in read.notes if note.code == "UNKNOWN_MEMBER"] == (
        [] if value is None else ["UNKNOWN_MEMBER"]
    )


@given(st.dictionaries(known | texts, values, max_size=4))
def test_any_members_are_read_or_rejected(members: dict[str, Any]) -> None:
    value = json.dumps({"payment_id": "P-1", "debtor": {"name": "Li Bo"}} | members).encode()
    with contextlib.suppress(InvalidEventError):
        screener().screen(reader.read(value, b"P-1"))


LEAVES = json.loads((CASES / "unexpected_elements.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", LEAVES["messages"])
def test_a_name_in_the_place_of_something_else_is_held_in_any_format(name: str) -> None:
    message = LEAVES["messages"][name].replace("{name}", "Kazimir Anatolievich Verzhbitsky")
    received = reader.read(message.encode(), b"K")
    assert [note.code for note in received[0].notes] == LEAVES["codes"].get(name, ["UNEXPECTED_VALUE"])
    [decision] = screener().screen(received)
    assert decision.decision == "HOLD"
    assert {match.entry_id for match in decision.matches} == {"test:1"}


@pytest.mark.parametrize("name", LEAVES["messages"])
def test_an_ordinary_value_in_its_place_is_neither_noted_nor_held(name: str) -> None:
    message = LEAVES["messages"][name].replace("{name}", LEAVES["ordinary"].get(name, "ABCD"))
    received = reader.read(message.encode(), b"K")
    [decision] = screener().screen(received)
    assert (decision.decision, decision.notes) == ("RELEASE", ())
