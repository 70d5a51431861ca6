"""The reducer: `apply(case, event, rules)` gives the next state, or says why the event is void.

Every reader runs this code over the same log: the review process, the pages, the command line and the checks
of a fault run. So all of them see the same case, and the order of the log settles who was first. A void event
stays in the log and changes nothing. The reducer raises nothing, whatever the event.
"""

from typing import Literal, NamedTuple

from msgspec.structs import replace

from holdgate.core.review import event as events
from holdgate.core.review.case import ACTIVE_STAGES, FINAL_STAGES, Case, GivenApproval, StandingProposal
from holdgate.core.review.digest import shown_digest
from holdgate.core.review.event import AnyCaseEvent
from holdgate.core.review.event_contents import Answer, CaseFacts, DecisionInForce, Erasure, Proposal, Remark
from holdgate.core.review.named_evidence import evidence_after
from holdgate.core.review.permissions import (
    RELEASABLE,
    approvers_needed,
    has_own_hand,
    is_review_process,
    may_act,
)
from holdgate.core.review.retention import is_erasable
from holdgate.core.review.review_rules import PersonAction, ReviewRules

VoidReason = Literal[
    "UNREADABLE",  # the record is no event of this version
    "NO_SUCH_CASE",  # the case was never opened
    "WRONG_REVISION",  # somebody else was first, or the page was old
    "NOT_IN_FORCE",  # the event is about another decision
    "WRONG_STAGE",  # a case at this stage does not take such an event
    "NO_RULES",  # a person acted before any rules were published
    "ROLE_MAY_NOT",  # none of the actor's roles may do this
    "OWN_PROPOSAL",  # four eyes: the actor made, changed or approved the proposal
    "NOT_THE_AUTHOR",  # only authors withdraw
    "OTHER_PROPOSAL",  # another proposal is in force
    "PAGE_CHANGED",  # the approver was shown something else
    "NOT_SCREENED",  # such a hold is never released by people
    "EVIDENCE_MISSING",  # nobody can see what would be released
    "LOOK_BACK",  # the payment was rejected when it was held
    "NOT_JUDGED",  # a match has no verdict
    "TRUE_MATCH",  # a release of a match that was judged true
    "NO_TRUE_MATCH",  # a block needs one
    "NOT_DUE",  # the legal time of keeping the evidence has not ended
    "UNKNOWN_CODE",  # the rules do not have the code
    "WRONG_CASE",  # the case_id is not that of the payment
]
"""Why an event does not count."""

PEOPLE: dict[type, PersonAction] = {
    events.CaseTaken: "take",
    events.CaseGivenBack: "take",
    events.NoteAdded: "note",
    events.CaseEscalated: "escalate",
    events.InformationAwaited: "wait",
    events.ProposalMade: "propose",
    events.ProposalWithdrawn: "withdraw",
    events.ProposalReturned: "return",
    events.ProposalApproved: "approve",
    events.CaseReopened: "reopen",
    events.EvidenceErased: "erase",
}
"""Events that people write, and what they are as an action. The review process writes the others."""


class Transition(NamedTuple):
    """The case after an event; `void` says why the event did not count, and then the case is as before."""

    case: Case | None
    void: VoidReason | None


def apply(case: Case | None, event: AnyCaseEvent, rules: ReviewRules | None) -> Transition:
    """Return the case after the next event in the log's order.

    `case` is that of the event's case_id, None before its first event; `rules` is None before any were
    published: then people cannot act.
    """
    void = _why_void(case, event, rules)
    if void is not None:
        return Transition(case, void)
    if isinstance(event, events.CaseOpened):
        return Transition(_opened(case, event), None)
    assert case is not None, "checked by _why_void"
    evidence = evidence_after(case.evidence, event)
    advanced = replace(case, revision=event.revision, changed_at=event.at, evidence=evidence)
    return Transition(_advance(advanced, event, rules), None)


def why_rules_are_void(event: events.RulesPublished) -> VoidReason | None:
    """Return why published rules do not count: only the review process publishes rules."""
    return None if is_review_process(event.by) else "ROLE_MAY_NOT"


def _why_void(case: Case | None, event: AnyCaseEvent, rules: ReviewRules | None) -> VoidReason | None:
    if case is None and not isinstance(event, events.CaseOpened):
        return "NO_SUCH_CASE"
    if event.revision != (1 if case is None else case.revision + 1):
        return "WRONG_REVISION"
    if isinstance(event, events.CaseOpened):
        return _why_not_opened(case, event) if is_review_process(event.by) else "ROLE_MAY_NOT"
    assert case is not None, "only CaseOpened comes before the case"
    if event.on != case.in_force:
        return "NOT_IN_FORCE"
    action = PEOPLE.get(type(event))
    if action is None:
        return _why_not_recorded(case, event) if is_review_process(event.by) else "ROLE_MAY_NOT"
    if rules is None:
        return "NO_RULES"
    return _why_not(case, event, rules) if may_act(event.by, action, rules) else "ROLE_MAY_NOT"


def _why_not_opened(case: Case | None, event: events.CaseOpened) -> VoidReason | None:
    facts = event.what
    if event.case_id != events.make_case_id(facts.payment_id, facts.content_hash):
        return "WRONG_CASE"
    if event.on != facts.decision_id or (case is not None and case.in_force == facts.decision_id):
        return "NOT_IN_FORCE"
    return None


def _why_not_recorded(case: Case, event: AnyCaseEvent) -> VoidReason | None:
    """Return why an event of the review process does not count in a case at its stage."""
    if isinstance(event, events.CaseClosed):
        return None if case.stage not in FINAL_STAGES else "WRONG_STAGE"
    return None if case.stage == "approved" else "WRONG_STAGE"


def _why_not(case: Case, event: AnyCaseEvent, rules: ReviewRules) -> VoidReason | None:
    """Return why an event of a person does not count in a case at its stage."""
    if _other_code(event) not in (None, *rules.codes.other):
        return "UNKNOWN_CODE"
    match event:
        case events.ProposalMade():
            if case.stage not in ("open", "proposed"):
                return "WRONG_STAGE"
            return _why_not_proposed(case, event.what, rules)
        case events.ProposalWithdrawn() | events.ProposalReturned():
            if case.stage != "proposed":
                return "WRONG_STAGE"
            return _why_not_answered(case, event)
        case events.ProposalApproved():
            if case.stage != "proposed":
                return "WRONG_STAGE"
            return _why_not_approved(case, event)
        case events.CaseReopened():
            is_blocked = case.stage == "disposed" and _disposition(case) == "BLOCK"
            return None if is_blocked else "WRONG_STAGE"
        case events.EvidenceErased():
            if case.stage not in FINAL_STAGES:
                return "WRONG_STAGE"
            return None if is_erasable(case, event.what.code, event.at, rules) else "NOT_DUE"
        case events.NoteAdded():
            return None
    return None if case.stage in ACTIVE_STAGES else "WRONG_STAGE"


def _other_code(event: AnyCaseEvent) -> str | None:
    """Return the code of an event that neither proposes nor approves."""
    what = event.what
    return what.code if isinstance(what, Answer | Remark | Erasure) else None


def _why_not_proposed(case: Case, proposal: Proposal, rules: ReviewRules) -> VoidReason | None:
    facts, judged = case.facts, proposal.verdicts
    codes = getattr(rules.codes, proposal.disposition.lower())
    verdict_codes = (getattr(rules.codes, item.verdict) for item in judged if item)
    given = (item.code for item in judged if item)
    if proposal.code not in codes or any(
        code not in known for code, known in zip(given, verdict_codes, strict=True)
    ):
        return "UNKNOWN_CODE"
    if len(judged) not in (0, len(facts.matches)):
        return "NOT_JUDGED"
    has_true_match = any(item is not None and item.verdict == "true_match" for item in judged)
    if proposal.disposition == "BLOCK":
        return None if has_true_match else "NO_TRUE_MATCH"
    if proposal.disposition == "REJECT":
        return None
    return _why_not_released(case, proposal, has_true_match)


def _why_not_released(case: Case, proposal: Proposal, has_true_match: bool) -> VoidReason | None:
    facts: CaseFacts = case.facts
    if facts.look_back:
        return "LOOK_BACK"
    if facts.reason not in RELEASABLE:
        return "NOT_SCREENED"
    if facts.payment is None or case.is_erased:
        return "EVIDENCE_MISSING"
    if len(proposal.verdicts) != len(facts.matches) or None in proposal.verdicts:
        return "NOT_JUDGED"
    return "TRUE_MATCH" if has_true_match else None


def _why_not_answered(
    case: Case, event: events.ProposalWithdrawn | events.ProposalReturned
) -> VoidReason | None:
    if case.proposal is None or event.what.proposal != case.proposal.event_id:
        return "OTHER_PROPOSAL"
    if isinstance(event, events.ProposalWithdrawn) and event.by.user not in case.proposal.authors:
        return "NOT_THE_AUTHOR"
    return None


def _why_not_approved(case: Case, event: events.ProposalApproved) -> VoidReason | None:
    if case.proposal is None or event.what.approves != case.proposal.event_id:
        return "OTHER_PROPOSAL"
    if has_own_hand(event.by, case):
        return "OWN_PROPOSAL"
    if event.what.saw != shown_digest(case):
        return "PAGE_CHANGED"
    return None


def _opened(before: Case | None, event: events.CaseOpened) -> Case:
    return Case(
        case_id=event.case_id,
        revision=event.revision,
        stage="open",
        facts=event.what,
        in_force=event.what.decision_id,
        opened_at=event.at,
        changed_at=event.at,
        owner=None if before is None else before.owner,
        notes=0 if before is None else before.notes,
        sent_back=0 if before is None else before.sent_back,
        evidence=evidence_after(() if before is None else before.evidence, event),
    )


def _advance(case: Case, event: AnyCaseEvent, rules: ReviewRules | None) -> Case:
    """Return the case after an event that counts; revision and time are set already."""
    match event:
        case events.CaseTaken():
            return replace(case, owner=event.by.user, is_waiting=False, waits_until=None)
        case events.CaseGivenBack():
            return replace(case, owner=None)
        case events.NoteAdded():
            return replace(case, notes=case.notes + 1)
        case events.CaseEscalated():
            return replace(case, is_escalated=True)
        case events.InformationAwaited():
            return replace(case, is_waiting=True, waits_until=event.what.until)
        case events.ProposalMade():
            return _proposed(case, event)
        case events.ProposalWithdrawn() | events.ProposalReturned():
            return _back_to_open(case)
        case events.ProposalApproved():
            return _approved(case, event, rules)
        case events.CaseSentBack():
            found = event.what
            facts = replace(
                case.facts, matches=found.matches, decision=found.decision, decision_at=found.decision_at
            )
            return _back_to_open(replace(case, facts=facts, sent_back=case.sent_back + 1))
        case events.CaseDisposed():
            return replace(_ended(case, event.what), stage="disposed")
        case events.CaseClosed():
            return replace(_back_to_open(_ended(case, event.what)), stage="closed")
        case events.CaseReopened():
            return replace(_back_to_open(case), is_block_lifted=True, ended_at=None)
        case events.EvidenceErased():
            kept = tuple(digest for digest in case.evidence if digest not in event.what.evidence)
            return replace(case, is_erased=True, evidence=kept)
    return case


def _ended(case: Case, outcome: DecisionInForce) -> Case:
    in_force = outcome.decision_id
    return replace(case, outcome=outcome, in_force=in_force, is_waiting=False, ended_at=case.changed_at)


def _proposed(case: Case, event: events.ProposalMade) -> Case:
    before = () if case.proposal is None else case.proposal.authors
    authors = before if event.by.user in before else (*before, event.by.user)
    proposal = StandingProposal(event.event_id, event.at, event.by.user, authors, event.what)
    return replace(case, stage="proposed", proposal=proposal, approvals=(), is_waiting=False)


def _approved(case: Case, event: events.ProposalApproved, rules: ReviewRules | None) -> Case:
    assert case.proposal is not None, "checked by _why_not_approved"
    assert rules is not None, "checked by _why_void"
    approvals = (*case.approvals, GivenApproval(event.event_id, event.at, event.by))
    is_complete = len(approvals) >= approvers_needed(case, case.proposal.content, rules)
    return replace(case, approvals=approvals, stage="approved" if is_complete else "proposed")


def _back_to_open(case: Case) -> Case:
    return replace(case, stage="open", proposal=None, approvals=())


def _disposition(case: Case) -> str | None:
    return None if case.proposal is None else case.proposal.content.disposition
