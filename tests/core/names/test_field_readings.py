"""A name field is read whole, in parts, and with the lines that may continue it."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from holdgate.core.engine.screener import Screener
from holdgate.core.lists.snapshot import build_snapshot, load_snapshot
from holdgate.core.model.listed_entry import Entry, ListedName
from holdgate.core.names.fields.field_readings import read_name
from holdgate.core.names.fields.parts import MAX_PARTS
from tests.support.listed import edition, payment, policy, screener

ROOT = Path(__file__).parents[3]


class Case(Struct, frozen=True, forbid_unknown_fields=True):
    """A name, the lines after it, and the names that are also read from them; none: nothing else is."""

    name: str
    also: tuple[str, ...]
    lines: tuple[str, ...] = ()


CASES = [
    msgspec.json.decode(line, type=Case)
    for line in (ROOT / "tests" / "cases" / "name_readings.jsonl").read_bytes().splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_names_are_read_from_a_field(case: Case) -> None:
    first, *others = (reading.value for reading in read_name(case.name, case.lines).readings)
    assert first == case.name
    assert set(case.also) <= set(others)
    assert case.also or not others


@given(
    st.text(st.sampled_from("Ab &,/()-\n и"), max_size=200), st.lists(st.text("aB 1", max_size=9), max_size=4)
)
def test_readings_stand_where_they_say(name: str, lines: list[str]) -> None:
    """Each is distinct, of limited number, and within the field and its lines."""
    readings = read_name(name, tuple(lines)).readings
    assert readings[0].value == name
    assert len({reading.value for reading in readings}) == len(readings)
    assert len(readings) <= (1 + MAX_PARTS) * (1 + len(lines))
    for reading in readings:
        for line, start, end in reading.places:
            assert 0 <= start <= end <= len((name, *lines)[line])


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("Ulrike Sommerfeld & Kazimir Verzhbitsky", True),
        ("Sommerfeld Ltd t/a Quxvanta Kommerzbank", True),
        ("Sommerfeld Ltd t/a Quxvanta", False),
        ("Ulrike & Kazimir", False),
    ],
)
def test_a_part_needs_all_of_a_companys_name(name: str, held: bool) -> None:
    [decision] = screener().screen([payment(creditor={"name": name})])
    assert decision.decision == ("HOLD" if held else "RELEASE")


def test_a_part_may_lack_a_trade_word_beside_rare_words() -> None:
    concern = Entry("test:9", "test", "entity", (ListedName("CONCERN ZVELTAN-ORQUIST"),))
    screen = Screener(load_snapshot(build_snapshot([edition()], (concern,))), policy()).screen
    [decision] = screen([payment(creditor={"name": "Sommerfeld Ltd t/a Zveltan-Orquist"})])
    assert [match.value for match in decision.matches] == ["Zveltan-Orquist"]
