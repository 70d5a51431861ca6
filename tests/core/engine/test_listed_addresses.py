"""A list of addresses alone holds the payments of which a party or agent has such an address."""

from functools import cache
from typing import Any

import msgspec
import pytest

from holdgate.core.engine.canary import CanaryResult, check_listed_names, sample_listed_names
from holdgate.core.engine.screener import Screener
from holdgate.core.lists.snapshot import build_snapshot, load_snapshot
from holdgate.core.model.evidence import Evidence
from holdgate.core.model.listed_entry import Entry, ListedAddress, ListedName
from holdgate.core.policy import policy as policies
from holdgate.explain.explanation import explain_decision
from tests.support.listed import POLICY, edition, payment

LISTED = "Warehouse 9, Jebel Ali Free Zone, Dubai"
ENTRY = Entry("test:9", "test", "unknown", (), ("TEST-9",), addresses=(ListedAddress(LISTED, "AE"),))
ADDRESS = {"lines": ["Jebel Ali Free Zone,", "WAREHOUSE 9"], "town": "Dubai", "postcode": "261"}


@cache
def _screener() -> Screener:
    screener = Screener(load_snapshot(build_snapshot([edition()], (ENTRY,))), policies.from_toml(POLICY))
    screener.warm_up()
    return screener


@pytest.mark.parametrize("role", ["creditor", "debtor", "ultimate_creditor", "creditor_agent"])
def test_an_address_holds_with_its_elements_as_evidence(role: str) -> None:
    [decision] = _screener().screen([payment(**{role: {"name": "Al Noor Trading", "address": ADDRESS}})])
    [match] = decision.matches
    assert (decision.decision, decision.reason, match.rule) == ("HOLD", "LIST_MATCH", "address")
    assert (match.entry_id, match.entry_name, match.programs) == ("test:9", LISTED, ("TEST-9",))
    assert match.field == f"{role}.address.lines[0]"
    assert match.value == "Jebel Ali Free Zone,, WAREHOUSE 9, Dubai"
    assert match.evidence == (
        Evidence(match.value, f"address {LISTED}", "exact", 1.0),
        Evidence(f"{role}.address.lines[0]", "characters 0-20", "at", 0.0),
        Evidence(f"{role}.address.lines[1]", "characters 0-11", "at", 0.0),
        Evidence(f"{role}.address.town", "characters 0-5", "at", 0.0),
    )


@pytest.mark.parametrize(
    "members",
    [
        {"creditor": {"address": {**ADDRESS, "lines": ["Warehouse 8", "Jebel Ali Free Zone"]}}},
        {"creditor": {"name": "Al Noor Trading", "address": {"town": "Dubai", "country": "AE"}}},
        {"creditor": {"name": "Warehouse Jebel Ali Free Zone Dubai"}},
        {"remittance": ["Warehouse 8, Jebel Ali Free Zone, Dubai"]},
    ],
    ids=["neighbour", "town", "name", "text"],
)
def test_a_neighbour_is_released(members: dict[str, Any]) -> None:
    [decision] = _screener().screen([payment(**members)])
    assert decision.decision == "RELEASE"


def test_an_address_with_letters_beyond_ascii_is_read_as_it_looks() -> None:
    address = {"lines": ["Ｗarehouse 9, Jébel Ali Free Zone, Dubai"]}
    [decision] = _screener().screen([payment(creditor={"name": "Al Noor Trading", "address": address})])
    assert [match.rule for match in decision.matches] == ["address"]


def test_a_party_of_the_list_is_not_compared_by_its_address() -> None:
    party = msgspec.structs.replace(ENTRY, names=(ListedName("Quxvanta"),))
    screener = Screener(load_snapshot(build_snapshot([edition()], (party,))), policies.from_toml(POLICY))
    [decision] = screener.screen([payment(creditor={"name": "Al Noor Trading", "address": ADDRESS})])
    assert decision.decision == "RELEASE"


def test_entries_without_names_are_no_listed_names_to_check() -> None:
    assert check_listed_names(_screener()) == CanaryResult(0, ())
    assert list(sample_listed_names(_screener(), 10)) == []


def test_explain_shows_the_address() -> None:
    explanation = explain_decision(
        payment(creditor={"name": "Al Noor Trading", "address": ADDRESS}), _screener()
    )
    [shown] = [field for field in explanation.fields if field.compared_as == "address"]
    assert [candidate.entry_id for candidate in shown.candidates] == ["test:9"]
