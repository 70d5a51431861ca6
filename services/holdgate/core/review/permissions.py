"""Who may approve what: roles, four eyes, and when a second approver is needed."""

from decimal import Decimal

from holdgate.core.model.decision import HoldReason
from holdgate.core.review.case import Case
from holdgate.core.review.event_contents import REVIEW_USER, Actor, CaseFacts, Proposal
from holdgate.core.review.review_rules import ApprovalCause, PersonAction, Queue, ReviewRules

RELEASABLE: frozenset[HoldReason] = frozenset(
    {"LIST_MATCH", "GEOGRAPHY", "GOODS", "CONTENT_CHANGED", "DEADLINE_EXCEEDED"}
)
"""Holds of payments that were screened. The payment is screened again before a decision is written; for
CONTENT_CHANGED that is the first time."""

OPERATIONS: frozenset[HoldReason] = frozenset(
    {"INVALID_EVENT", "INTERNAL_ERROR", "LIST_STALE", "LIST_UNAVAILABLE", "DEADLINE_EXCEEDED"}
)
"""Holds that say nothing of the parties of a payment."""


def queue_for(reason: HoldReason) -> Queue:
    """Return the queue in which people find a case."""
    return "operations" if reason in OPERATIONS else "sanctions"


def is_review_process(actor: Actor) -> bool:
    """Return whether an event is of the review process."""
    return actor.user == REVIEW_USER and actor.method == "service" and "review" in actor.roles


def may_act(actor: Actor, action: PersonAction, rules: ReviewRules) -> bool:
    """Return whether one of the actor's roles may do something. The review process is no person."""
    return (
        actor.user != REVIEW_USER
        and actor.method != "service"
        and not set(actor.roles).isdisjoint(rules.roles.roles_for(action))
    )


def has_own_hand(actor: Actor, case: Case) -> bool:
    """Return whether the actor made or changed the proposal in force, or approved it already."""
    if case.proposal is None:
        return False
    approvers = {approval.by.user for approval in case.approvals}
    return actor.user in case.proposal.authors or actor.user in approvers


def second_approval_causes(case: Case, proposal: Proposal, rules: ReviewRules) -> tuple[ApprovalCause, ...]:
    """Return why two approvers are needed for a proposal; empty if one suffices."""
    facts, limits = case.facts, rules.approvals
    causes: list[ApprovalCause] = []
    if any(match.score >= limits.second_from_score for match in facts.matches):
        causes.append("score")
    if any(match.rule in limits.second_for_rules for match in facts.matches):
        causes.append("rule")
    if proposal.disposition == "BLOCK" and _is_above(facts, limits.second_for_block_above):
        causes.append("block_amount")
    if case.is_block_lifted:
        causes.append("lifting_a_block")
    return tuple(causes)


def approvers_needed(case: Case, proposal: Proposal, rules: ReviewRules) -> int:
    """Return how many people beside the authors have to approve a proposal: one or two."""
    return 2 if second_approval_causes(case, proposal, rules) else 1


def _is_above(facts: CaseFacts, limits: dict[str, Decimal]) -> bool:
    if not limits or facts.amount is None:
        return bool(limits)
    limit = limits.get(facts.currency or "")
    return limit is None or Decimal(facts.amount) > limit
