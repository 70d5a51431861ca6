"""The rule for the decision in force, by the test vectors that other readers of the topic can run."""

from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.daemon import ROOT
from holdgate.core.model.decision import Decision
from holdgate.core.records.decision_in_force import DecisionsInForce, Standing, is_late_release

FILE = ROOT / "tests" / "cases" / "decisions_in_force.jsonl"
LATE_FILE = ROOT / "tests" / "cases" / "late_releases.jsonl"
LATE = [msgspec.json.decode(line) for line in LATE_FILE.read_bytes().splitlines()]
CASES = [msgspec.json.decode(line) for line in FILE.read_bytes().splitlines()]
NAMES = st.sampled_from("abcd")
RECORDS = st.lists(st.tuples(NAMES, st.none() | NAMES).filter(lambda record: record[0] != record[1]))


def decision(payment_id: str, content_hash: str, decision_id: str, follows: str | None) -> Decision:
    """Return a hold with these members."""
    return Decision(
        decision_id=decision_id,
        payment_id=payment_id,
        decision="HOLD",
        reason="LIST_MATCH",
        next_status="PDNG",
        matches=(),
        list_version="lists",
        policy_version="policy",
        engine_version="engine",
        content_hash=content_hash,
        follows=follows,
    )


def standings(records: list[Decision]) -> list[Standing]:
    """Return what each record is, after all of them."""
    in_force = DecisionsInForce()
    took_effect = [in_force.add(record) for record in records]
    return [in_force.find_standing(record, took) for record, took in zip(records, took_effect, strict=True)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["case"]))
def test_the_rule_by_its_vectors(case: dict[str, Any]) -> None:
    assert standings([decision(*record) for record in case["records"]]) == case["standings"]


@pytest.mark.parametrize("case", LATE, ids=lambda case: str(case["case"]))
def test_late_releases_by_their_vectors(case: dict[str, Any]) -> None:
    deadline = case["deadline"] and datetime.fromisoformat(case["deadline"])
    found = msgspec.structs.replace(decision("P", "c", "b", case["follows"]), deadline=deadline)
    if case["decision"] == "RELEASE":
        found = msgspec.structs.replace(found, decision="RELEASE", reason="NO_MATCH", next_status="ACCP")
    is_hold = found.decision == "HOLD" or is_late_release(found, datetime.fromisoformat(case["record_time"]))
    assert is_hold is (case["treat_as"] == "HOLD")


@given(RECORDS)
def test_at_most_one_decision_on_a_payment_is_in_force(records: list[tuple[str, str | None]]) -> None:
    log = dict(reversed(records))
    found = standings([decision("P", "c", *record) for record in log.items()])
    assert found.count("in force") == any(follows is None for follows in log.values())


@given(RECORDS, st.data())
def test_a_record_that_took_effect_changes_nothing_when_it_is_repeated(
    records: list[tuple[str, str | None]], data: st.DataObject
) -> None:
    """A worker may repeat a record after a crash, at any later place of the log."""
    log = [decision("P", "c", *record) for record in dict(reversed(records)).items()]
    found = standings(log)
    effective = [number for number, what in enumerate(found) if what != "void"]
    if effective:
        number = data.draw(st.sampled_from(effective))
        place = data.draw(st.integers(number + 1, len(log)))
        again = standings([*log[:place], log[number], *log[place:]])
        assert again.pop(place) == "repeated"
        assert again == found
