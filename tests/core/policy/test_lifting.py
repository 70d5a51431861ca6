"""Rescreening never lifts a hold that was about the payment, not even in two steps."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from holdgate.core.model.decision import Decision, HoldReason, LiftableReason, Versions, decide
from holdgate.core.policy.lifting import may_replace

LIFTS = ("LIST_STALE", "LIST_UNAVAILABLE")
ABOUT_THE_PAYMENT = sorted(set(get_args(HoldReason)) - set(LIFTS))
RELEASE = decide(
    payment_id="P",
    content_hash="0" * 64,
    versions=Versions("lists", "policy", "engine"),
    reason="NO_MATCH",
    status="ACCP",
)
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


def test_only_holds_that_may_be_lifted_can_be_named() -> None:
    assert set(LIFTS) <= set(get_args(LiftableReason)) <= set(get_args(HoldReason))
