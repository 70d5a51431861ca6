"""Decisions of people for tests."""

from typing import cast

from msgspec.structs import replace

from holdgate.core.model.decision import (
    Decision,
    HoldReason,
    Match,
    ReviewOutcome,
    Status,
    decision_id,
    versions_of,
)
from holdgate.core.model.review_outcome import REVIEW_REASONS, Disposition, Verdict

STATUS: dict[Disposition, Status] = {"RELEASE": "ACCP", "REJECT": "RJCT", "BLOCK": "BLCK"}
JUDGED_TRUE = Match("creditor.name", "A", "x:1", "A", "A", "x", (), "name", 0.9, (), verdict="true_match")


def dispose(held: Decision, disposition: Disposition, event_id: str = "e1" * 16) -> Decision:
    """Return what two people decided on a held payment.

    A BLOCK needs a match: it has one of its own if the hold has none.
    """
    verdict: Verdict = "true_match" if disposition == "BLOCK" else "false_positive"
    matches = tuple(replace(match, verdict=verdict) for match in held.matches)
    if disposition == "BLOCK" and not matches:
        matches = (JUDGED_TRUE,)
    return replace(
        held,
        decision_id=decision_id(
            held.payment_id, held.content_hash, versions_of(held), held.decision_id, event_id
        ),
        follows=held.decision_id,
        decision=disposition,
        reason=REVIEW_REASONS[disposition],
        next_status=STATUS[disposition],
        matches=matches,
        review=ReviewOutcome(
            case_id="ca" * 16,
            event_id=event_id,
            held_for=_hold_reason(held),
            disposition=disposition,
            code="CODE",
            proposed_by="u:a1a1",
            approved_by=("u:b2b2",),
        ),
    )


def _hold_reason(held: Decision) -> HoldReason:
    assert held.decision == "HOLD", f"{held.reason} is no hold"
    return cast(HoldReason, held.reason)
