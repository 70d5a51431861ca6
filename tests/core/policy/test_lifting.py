"""Rescreening never lifts a hold that was about the payment, not even in two steps."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from holdgate.core.model.decision import Decision, HoldReason, LiftableReason, Match, Versions, decide
from holdgate.core.model.review_outcome import Disposition
from holdgate.core.policy.lifting import may_replace
from tests.support.decisions import dispose

LIFTS = ("LIST_STALE", "LIST_UNAVAILABLE")
ABOUT_THE_PAYMENT = sorted(set(get_args(HoldReason)) - set(LIFTS))
RELEASE = decide(
    payment_id="P",
    content_hash="0" * 64,
    versions=Versions("lists", "policy", "engine"),
    reason="NO_MATCH",
    status="ACCP",
)
KNOWN = Match("creditor.name", "A B", "ofac:1", "A B", "A B", "ofac", (), "name", 0.9, ())
REASONS = st.sampled_from(["NO_MATCH", *get_args(HoldReason)])


def decision(reason: str) -> Decision:
    """Return a decision for this reason."""
    if reason == "NO_MATCH":
        return RELEASE
    return replace(RELEASE, decision="HOLD", reason=reason, next_status="PDNG")


def test_a_release_may_become_any_hold() -> None:
    assert all(may_replace(RELEASE, decision(reason), LIFTS) for reason in get_args(HoldReason))


@pytest.mark.parametrize("reason", LIFTS)
def test_holds_that_were_not_about_the_payment_are_lifted(reason: str) -> None:
    assert may_replace(decision(reason), RELEASE, LIFTS)
    assert not may_replace(decision(reason), RELEASE, ())


@pytest.mark.parametrize("reason", ABOUT_THE_PAYMENT)
def test_other_holds_are_not_lifted(reason: str) -> None:
    assert not may_replace(decision(reason), RELEASE, LIFTS)


@given(st.sampled_from(ABOUT_THE_PAYMENT), st.lists(REASONS))
def test_no_series_of_replacements_lifts_a_hold_about_the_payment(first: str, later: list[str]) -> None:
    in_force = decision(first)
    for reason in later:
        if may_replace(in_force, decision(reason), LIFTS):
            in_force = decision(reason)
    assert in_force.decision == "HOLD"


def test_a_decision_on_other_content_replaces_nothing() -> None:
    held = decision("LIST_STALE")
    assert not may_replace(held, replace(RELEASE, content_hash="1" * 64), LIFTS)


@pytest.mark.parametrize("reason", LIFTS)
def test_a_hold_that_people_work_on_is_not_lifted(reason: str) -> None:
    """It may become a hold that is about the payment, which people see then."""
    held = decision(reason)
    assert not may_replace(held, RELEASE, LIFTS, {held.decision_id})
    assert not may_replace(held, decision("LIST_STALE"), LIFTS, {held.decision_id})
    assert may_replace(held, decision("LIST_MATCH"), LIFTS, {held.decision_id})


@given(st.sampled_from(["RELEASE", "REJECT", "BLOCK"]), REASONS)
def test_what_people_decided_stays_without_a_new_entry(disposition: Disposition, reason: str) -> None:
    decided = dispose(replace(decision("LIST_MATCH"), matches=(KNOWN,)), disposition)
    assert not may_replace(decided, decision(reason), LIFTS)
    assert not may_replace(decided, replace(decision(reason), matches=(KNOWN,)), LIFTS)


@pytest.mark.parametrize(
    ("disposition", "is_replaced"), [("RELEASE", True), ("REJECT", False), ("BLOCK", False)]
)
def test_a_reviewed_release_alone_is_held_for_an_entry_that_nobody_judged(
    disposition: Disposition, is_replaced: bool
) -> None:
    decided = dispose(replace(decision("LIST_MATCH"), matches=(KNOWN,)), disposition)
    held = replace(decision("LIST_MATCH"), matches=(KNOWN, replace(KNOWN, entry_id="ofac:2")))
    assert may_replace(decided, held, LIFTS) is is_replaced


def test_only_holds_that_may_be_lifted_can_be_named() -> None:
    assert set(LIFTS) <= set(get_args(LiftableReason)) <= set(get_args(HoldReason))
