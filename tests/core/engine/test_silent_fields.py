"""Fields that gave nothing are not searched again, and what is remembered of them changes no decision."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdgate.core.engine.screener import Screener
from holdgate.core.engine.silent_fields import MAX_CACHED_FIELD
from holdgate.core.engine.written_fields import read_fields
from holdgate.core.policy import policy as policies
from tests.support.listed import POLICY, payment, screener, snapshot

ORDINARY = {"name": "Gulnara Testova", "address": {"lines": ["12 High Street"], "town": "Leeds"}}
LISTED = {"name": "Kazimir Verzhbitsky"}


def left(engine: Screener, **members: Any) -> list[str]:
    """Return the paths of the fields that would be searched in a payment."""
    fields = engine._read(payment(**members)).fields
    return [field.path if hasattr(field, "path") else field.paths[0] for field in fields]


def test_what_gave_nothing_is_not_searched_again_wherever_it_stands() -> None:
    engine = screener()
    engine.screen([payment(), payment(creditor=ORDINARY, remittance=["invoice 12"])])
    assert left(engine, creditor=ORDINARY, remittance=["invoice 12"]) == []
    assert left(engine, debtor=ORDINARY, remittance=["invoice 13"]) == ["remittance[0]"]


@pytest.mark.parametrize(
    "other",
    [
        {"rail": "swift"},
        {"value_date": "2031-01-01"},
        {"creditor": ORDINARY | {"kind": "entity"}},
        {"creditor": ORDINARY | {"birth_date": "1970-01-01"}},
    ],
)
def test_other_rules_another_day_and_other_facts_are_searched(other: dict[str, Any]) -> None:
    engine = screener()
    engine.screen([payment(creditor=ORDINARY, value_date="2030-01-01", rail="sct_inst")])
    members = {"creditor": ORDINARY, "value_date": "2030-01-01", "rail": "sct_inst"} | other
    assert "creditor.name" in left(engine, **members)


def test_what_matched_or_was_noted_or_is_long_is_searched_each_time() -> None:
    engine = screener()
    noted = {"name": "\u179f\u17bb\u1781\u17b6"}
    long = {"name": "Testova " * (MAX_CACHED_FIELD // 8)}
    for party in (LISTED, noted, long):
        first, second = (engine.screen([payment(creditor=party)])[0] for _ in range(2))
        assert first == second
        assert left(engine, creditor=party) == ["creditor.name"]


def test_nothing_is_remembered_where_the_path_says_what_counts() -> None:
    rule = '[[rails.sct_inst.not_screened]]\nfields = ["creditor"]\nreason = "r"\nsource = "s"\n'
    engine = Screener(snapshot(), policies.from_toml(POLICY + rule.encode()))
    [exempt] = engine.screen([payment(rail="sct_inst", creditor=LISTED)])
    [held] = engine.screen([payment(rail="sct_inst", debtor=LISTED)])
    assert (exempt.decision, held.decision) == ("RELEASE", "HOLD")


_NAMES = st.sampled_from(
    [
        "Kazimir Verzhbitsky",
        "Kazimierz Verzhbitski",
        "Gulnara Testova",
        "Verzhbitsky",
        "\u179f",
        "A. B.",
        "Kazimir Verzhbitsky und Eva Test",
    ]
)


@settings(max_examples=50)
@given(
    st.lists(st.tuples(_NAMES, _NAMES, st.sampled_from(["", "for Kazimir Verzhbitsky", "rent"])), max_size=6)
)
def test_a_warm_screener_decides_like_a_cold_one(rows: list[tuple[str, str, str]]) -> None:
    batch = [
        payment(creditor={"name": creditor}, debtor={"name": debtor}, remittance=[text] if text else [])
        for creditor, debtor, text in rows
    ]
    warm = WARM.screen(batch)
    assert warm == [screener().screen([one])[0] for one in batch]
    assert WARM.screen(batch) == warm


WARM = screener()


def test_fields_are_read_before_they_are_left_out() -> None:
    """The notes on how a field was read do not depend on whether it was searched before."""
    engine = screener()
    lookalike = payment(creditor={"name": "\u0410\u043d\u043d\u0430 Testova"})
    assert engine._read(lookalike).notes == engine._read(lookalike).notes == read_fields(lookalike)[1]
