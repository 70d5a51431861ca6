"""A payment must identify at least one party or agent, or there is nothing to screen."""

from typing import Any

import msgspec
import pytest

from holdgate.core.model.payment import (
    AGENTS,
    PARTIES,
    Agent,
    Party,
    Payment,
    Transfer,
    names_somebody,
)


def _payment(**members: Any) -> Payment:
    return msgspec.convert({"payment_id": "1", **members}, Payment)


@pytest.mark.parametrize("role", PARTIES)
@pytest.mark.parametrize(
    "party",
    [
        {"name": "Li Na"},
        {"account": {"iban": "DE89370400440532013000"}},
        {"account": {"other": "1"}},
        {"ids": [{"type": "other", "value": "1"}]},
    ],
    ids="-".join,
)
def test_a_name_account_or_identifier_identifies_a_party(role: str, party: dict[str, Any]) -> None:
    assert names_somebody(_payment(**{role: party}))
    assert names_somebody(_payment(underlying={role: party}))


@pytest.mark.parametrize("role", AGENTS)
@pytest.mark.parametrize("member", ["bic", "name", "lei", "clearing_id"])
def test_a_name_or_any_identifier_identifies_an_agent(role: str, member: str) -> None:
    assert names_somebody(_payment(**{role: {member: "X"}}))
    assert names_somebody(_payment(intermediary_agents=[{}, {member: "X"}]))


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"debtor": {}},
        {"debtor": {"name": ""}, "creditor": {"name": " \t\n"}},
        {"debtor": {"kind": "person", "birth_date": "1970", "country_of_residence": "KZ"}},
        {"debtor": {"account": {}, "address": {"country": "KZ"}, "ids": []}},
        {"debtor": {"ids": [{"type": "passport", "value": " "}]}},
        {"debtor_agent": {"country": "KZ"}, "intermediary_agents": [{}]},
        {"underlying": {"debtor": {}}},
        {
            "goods": [{"description": "wheat"}],
            "vessels": [{"name": "Caspian Breeze"}],
            "remittance": ["Li Na"],
        },
    ],
)
def test_other_or_blank_members_identify_nobody(members: dict[str, Any]) -> None:
    """Such a payment would be released with nothing compared, so it has to be rejected."""
    assert not names_somebody(_payment(**members))


def test_every_party_and_agent_of_the_contract_counts() -> None:
    """A role that is added to the type but not to PARTIES or AGENTS would never be screened."""
    hints = Transfer.__annotations__
    assert {role for role, kind in hints.items() if kind == Party | None} == set(PARTIES)
    assert {role for role, kind in hints.items() if kind == Agent | None} == set(AGENTS)


def test_unknown_members_are_ignored() -> None:
    assert _payment(own={"a": 1}, debtor={"name": "Li Na", "own": 1}) == _payment(debtor={"name": "Li Na"})


def test_a_payment_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        _payment().payment_id = "2"  # type: ignore[misc]
