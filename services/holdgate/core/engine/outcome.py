"""What becomes of a payment once its matches are known: reason and status; and what is held unscreened."""

from collections.abc import Mapping
from datetime import date, datetime

from msgspec.structs import replace

from holdgate.core.engine_version import engine_version
from holdgate.core.intake import Received
from holdgate.core.model.decision import (
    NO_LIST,
    Decision,
    HoldReason,
    Match,
    Reason,
    Rule,
    Status,
    Versions,
    decide,
)
from holdgate.core.model.payment import Payment
from holdgate.core.policy.policy import Policy
from holdgate.core.policy.profile import Profile
from holdgate.core.policy.timeliness import deadline

RULE_PRIORITY: Mapping[Rule, int] = {"geography": 1, "goods": 2}
"""Matches with a list are told first and give the reason, then places, then goods: whoever reviews one has to
know of the party before anything else. All are told."""


def screening_date(received: Received) -> date | None:
    """The day that a payment is of: its value date, else its submission's, None where it says neither."""
    payment = received.payment
    return payment.value_date or (payment.submitted_at.date() if payment.submitted_at else None)


def profile_for(received: Received, policy: Policy) -> Profile:
    """The rules that judge a payment."""
    payment = received.payment
    return policy.profile(payment.rail, payment.message_type)


def hold(
    received: Received, policy: Policy, reason: HoldReason, detail: str, lists: str = NO_LIST
) -> Decision:
    """HOLD a payment that was read but could not be screened, or that may not be."""
    payment, profile = received.payment, profile_for(received, policy)
    return decide(
        payment_id=payment.payment_id,
        uetr=payment.uetr,
        refers_to=payment.refers_to,
        content_hash=received.content_hash,
        versions=Versions(lists, policy.version, engine_version()),
        reason=reason,
        status=status_for(reason, profile),
        detail=detail,
        deadline=deadline(payment, profile),
    )


def hold_unreadable(payment_id: str, content_hash: str, policy: Policy, detail: str) -> Decision:
    """HOLD a record that could not be read as a payment."""
    return decide(
        payment_id=payment_id,
        content_hash=content_hash,
        versions=Versions(NO_LIST, policy.version, engine_version()),
        reason="INVALID_EVENT",
        status="PDNG",
        detail=detail,
    )


def expire_release(decision: Decision, payment: Payment, policy: Policy, now: datetime) -> Decision:
    """The same decision as of now: a release that waited beyond its deadline becomes a HOLD."""
    due = decision.deadline
    if decision.decision == "HOLD" or due is None or now <= due:
        return decision
    reason, detail = reason_for((), due, now, None)
    status = status_for(reason, policy.profile(payment.rail, payment.message_type))
    return replace(decision, decision="HOLD", reason=reason, detail=detail, next_status=status)


def reason_for(
    matches: tuple[Match, ...], due: datetime | None, now: datetime | None, stale: str | None
) -> tuple[Reason, str | None]:
    """The reason of a decision, and a sentence where no match gives it; matches stand by their RANK."""
    if matches:
        reasons: Mapping[int, Reason] = {1: "GEOGRAPHY", 2: "GOODS"}
        return reasons.get(RULE_PRIORITY.get(matches[0].rule, 0), "LIST_MATCH"), None
    if stale is not None:
        return "LIST_STALE", stale
    if now is not None and due is not None and now > due:
        return "DEADLINE_EXCEEDED", f"the decision was due at {due.isoformat()}"
    return "NO_MATCH", None


def status_for(reason: Reason, profile: Profile) -> Status:
    """The status that answers a payment."""
    if reason == "NO_MATCH":
        return "ACCP"
    return profile.late if reason == "DEADLINE_EXCEEDED" else "PDNG"
