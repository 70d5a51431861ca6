"""Exemptions per rail: the shipped policy, and policies that are rejected."""

from typing import Any

import msgspec
import pytest

from holdgate.core.engine.screener import Screener
from holdgate.core.lists.snapshot import build_snapshot, load_snapshot
from holdgate.core.model.listed_entry import Entry
from holdgate.core.policy import policy as policies
from holdgate.core.policy.policy import DEFAULT_RAIL, Policy, PolicyError
from tests.support.listed import BANK, PERSON, POLICY, edition, payment
from tests.support.small_list import POLICY as DELIVERED

NAME = "Kazimir Anatolievich Verzhbitsky"
LISTED = {"name": NAME, "kind": "person"}
RAILS = ("swift", "sct", "sct_inst", "fednow", "rtp", "internal")


def _delivered() -> Policy:
    return policies.from_toml(DELIVERED.read_bytes())


def _on(list_name: str, entry: Entry) -> Entry:
    return msgspec.structs.replace(entry, id=f"{list_name}:{entry.id.partition(':')[2]}", list=list_name)


@pytest.fixture(scope="module")
def screener() -> Screener:
    """Screen with a person on the EU list and a bank on that list and another."""
    entries = (_on("eu", PERSON), _on("eu", BANK), _on("ofac", BANK))
    return Screener(load_snapshot(build_snapshot([edition("eu"), edition("ofac")], entries)), _delivered())


@pytest.mark.parametrize("role", ["debtor", "creditor"])
def test_the_same_payment_is_screened_differently_on_two_rails(screener: Screener, role: str) -> None:
    """Regulation (EU) 260/2012 art. 5d(2): payer and payee are checked daily against the EU list instead."""
    instant, transfer = screener.screen(
        [payment(rail=rail, **{role: LISTED}) for rail in ("sct_inst", "sct")]
    )
    assert (instant.decision, instant.reason) == ("RELEASE", "NO_MATCH")
    assert (transfer.decision, transfer.reason) == ("HOLD", "LIST_MATCH")


@pytest.mark.parametrize(
    "members",
    [
        {"ultimate_debtor": LISTED},
        {"ultimate_creditor": LISTED},
        {"initiating_party": LISTED},
        {"other_parties": [LISTED]},
        {"creditor_agent": {"bic": "QXVADEFF"}},
        {"remittance": [f"invoice 12 of {NAME}"]},
        {"underlying": {"debtor": LISTED}},
        {"debtor": {"name": "Quxvanta Kommerzbank AG", "kind": "entity"}},
        {"debtor": LISTED, "message_type": "camt.056.001.08"},
        {"debtor": LISTED, "message_type": "pacs.004.001.09"},
        {"debtor": LISTED, "rail": None},
        {"debtor": LISTED, "rail": "sct-inst"},
        {"debtor": LISTED, "rail": "SCT"},
    ],
)
def test_fields_that_the_article_does_not_cover_are_screened(
    screener: Screener, members: dict[str, Any]
) -> None:
    """Other roles, texts, lists other than the EU's, recalls, and rails other than the instant one."""
    [found] = screener.screen([payment(**{"rail": "sct_inst", **members})])
    assert found.reason == "LIST_MATCH"


def test_a_name_exempt_from_one_list_matches_on_another(screener: Screener) -> None:
    bank = {"name": "Quxvanta Kommerzbank AG", "kind": "entity"}
    [found] = screener.screen([payment(rail="sct_inst", creditor=bank)])
    assert {match.list for match in found.matches} == {"ofac"}


def test_every_rail_of_the_contract_has_rules() -> None:
    delivered = _delivered()
    assert set(delivered.rails) == {DEFAULT_RAIL, *RAILS}
    left_out = {rail for rail in RAILS if delivered.profile(rail).not_screened}
    assert left_out == {"sct_inst"}


@pytest.mark.parametrize(
    ("message_type", "name"),
    [
        (None, "sct_inst"),
        ("pacs.008.001.08", "sct_inst"),
        ("camt.056", "sct_inst/camt.056"),
        ("camt.056.001.08", "sct_inst/camt.056"),
        ("CAMT.056.001.08", "sct_inst/camt.056"),
        ("camt.0561", "sct_inst"),
    ],
)
def test_the_rules_of_a_message_type_are_found_by_its_name(message_type: str | None, name: str) -> None:
    assert _delivered().profile("sct_inst", message_type).name == name


RULE = """
[[rails.sct_inst.not_screened]]
fields = ["debtor"]
reason = "r"
source = "s"
"""


def _read(more: str) -> Policy:
    return policies.from_toml(POLICY + more.encode(), "bank.toml")


def test_the_longest_message_type_applies_and_inherits_from_its_rail() -> None:
    messages = (
        '[rails.internal]\ndeadline_seconds = 9\nlate = "RJCT"\nmessages = { "pacs" = { late = "PDNG" }, '
    )
    found = _read(messages + '"pacs.008" = { thresholds = { person = 0.9 } } }')
    assert found.profile("internal", "pacs.009").late == "PDNG"
    longest = found.profile("internal", "pacs.008.001.08")
    assert (longest.late, longest.deadline_seconds, longest.thresholds.person) == ("RJCT", 9, 0.9)


def test_an_exemption_without_lists_applies_to_all_lists() -> None:
    profile = _read(RULE).profile("sct_inst")
    assert not profile.screens("debtor.name", "any")
    assert not profile.screens("debtor", "any")
    assert profile.screens("debtor_agent.name", "any")
    assert profile.screens("underlying.debtor.name", "any")


def test_birth_dates_are_hints_unless_the_rail_verifies_them() -> None:
    rail = '[rails.x]\ndeadline_seconds = 9\nbirth_dates = "verified"\n'
    found = _read(
        rail + 'messages = { "camt.056" = { birth_dates = "hint" }, "pacs.008" = { late = "RJCT" } }'
    )
    kinds = [found.profile("x", message).birth_dates for message in (None, "camt.056.001.08", "pacs.008")]
    assert kinds == ["verified", "hint", "verified"]
    assert found.profile("sct_inst").birth_dates == "hint"


@pytest.mark.parametrize(
    ("more", "where"),
    [
        (RULE.replace('"debtor"', '"debitor"'), "rails.sct_inst.not_screened: debitor"),
        (RULE.replace('reason = "r"', ""), "reason"),
        (RULE.replace('"s"', '" "'), "source"),
        (RULE.replace('["debtor"]', "[]"), "fields"),
        (RULE.replace("sct_inst", "default"), "rails.default.not_screened"),
        ('[rails.default.messages]\n"a" = { note_only = ["EMPTY_NAME"] }', "rails.default/a.note_only"),
        ('[rails.x]\ndeadline_seconds = 1\nnote_only = ["UNKNOWN_MEMBER"]', "rails[...].note_only"),
        ('[rails.default.messages]\n"a" = { birth_dates = "verified" }', "rails.default/a.birth_dates"),
        ('[rails.x]\ndeadline_seconds = 1\nbirth_dates = "true"', "rails[...].birth_dates"),
        ("[rails.x]\ndeadline_seconds = 1\nthresholds = { person = 0.5 }", "rails.x.thresholds.person"),
        ("[rails.x]\ndeadline_seconds = 1\nthresholds = { aircraft = 0.9 }", "aircraft"),
        ("[rails.x]\ndeadline_seconds = 1\nmax_age_hours = 2", "rails.x.max_age_hours"),
        ('[rails.x]\ndeadline_seconds = 1\nmessages = { "pacs.008" = { late = "ACCP" } }', "late"),
    ],
)
def test_an_invalid_rail_is_rejected(more: str, where: str) -> None:
    """This includes a rail stricter than `default`: a payment without a rail would have the laxer rules."""
    with pytest.raises(PolicyError) as caught:
        _read(more)
    assert str(caught.value).startswith("bank.toml: ")
    assert where in str(caught.value)


def test_a_lower_maximum_age_may_apply_to_all_rails() -> None:
    text = POLICY.replace(b"[rails.default]", b"[rails.default]\nmax_age_hours = 24")
    found = policies.from_toml(text.replace(b"[rails.swift]", b"[rails.swift]\nmax_age_hours = 36"))
    assert found.profile(None).max_age("slow").total_seconds() == 24 * 3600
    assert found.profile("swift").max_age("test").total_seconds() == 36 * 3600
    assert found.profile("sct_inst").max_age("slow").total_seconds() == 240 * 3600
