"""The outcome of a payment once its matches are known: reason and status; and holds without screening."""

from datetime import date, datetime

from msgspec.structs import replace

from holdgate.core.engine.rules import REASONS
from holdgate.core.engine_version import engine_version
from holdgate.core.intake import Received
from holdgate.core.model.decision import (
    NO_LIST,
    Decision,
    HoldReason,
    Match,
    Note,
    ScreeningReason,
    Status,
    Versions,
    decide,
)
from holdgate.core.model.payment import Payment
from holdgate.core.policy.policy import Policy
from holdgate.core.policy.profile import Profile
from holdgate.core.policy.timeliness import deadline


def screening_date(received: Received) -> date | None:
    """Return the value date of a payment, else the date of its submission, else None."""
    payment = received.payment
    return payment.value_date or (payment.submitted_at.date() if payment.submitted_at else None)


def profile_for(received: Received, policy: Policy) -> Profile:
    """Return the rules that judge a payment."""
    payment = received.payment
    return policy.profile(payment.rail, payment.message_type)


def hold(
    received: Received, policy: Policy, reason: HoldReason, detail: str, lists: str = NO_LIST
) -> Decision:
    """Return a HOLD on a payment that was read but could not be screened, or must not be released."""
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
    """Return a HOLD on a record that could not be read as a payment."""
    return decide(
        payment_id=payment_id,
        content_hash=content_hash,
        versions=Versions(NO_LIST, policy.version, engine_version()),
        reason="INVALID_EVENT",
        status="PDNG",
        detail=detail,
    )


def expire_release(decision: Decision, payment: Payment, policy: Policy, now: datetime) -> Decision:
    """Return the decision as of `now`: a RELEASE that waited past its deadline becomes a HOLD."""
    due = decision.deadline
    if decision.decision == "HOLD" or due is None or now <= due:
        return decision
    reason, detail = reason_for((), (), due, now, None)
    status = status_for(reason, policy.profile(payment.rail, payment.message_type))
    return replace(decision, decision="HOLD", reason=reason, detail=detail, next_status=status)


def reason_for(
    matches: tuple[Match, ...],
    not_screened: tuple[Note, ...],
    due: datetime | None,
    now: datetime | None,
    stale: str | None,
) -> tuple[ScreeningReason, str | None]:
    """Return the reason of a decision, and a sentence where no match gives it.

    `matches` are in the order of `engine.rules`, so the first one gives the reason. `not_screened` are the
    notes that hold the payment. They come before a stale list and a missed deadline: those pass, while a
    payment that could not be compared waits for a person even if it is screened again.
    """
    if matches:
        return REASONS[matches[0].rule], None
    if not_screened:
        first, more = not_screened[0], len(not_screened) - 1
        others = f" (and {more} more, see the notes)" if more else ""
        return "NOT_SCREENED", f"{first.field} was not screened: {first.detail}{others}"
    if stale is not None:
        return "LIST_STALE", stale
    if now is not None and due is not None and now > due:
        return "DEADLINE_EXCEEDED", f"the decision was due at {due.isoformat()}"
    return "NO_MATCH", None


def status_for(reason: ScreeningReason, profile: Profile) -> Status:
    """Return the status that answers a payment."""
    if reason == "NO_MATCH":
        return "ACCP"
    return profile.late if reason == "DEADLINE_EXCEEDED" else "PDNG"
