"""Review in sentences: why an event does not count, why a payment is held, and what a case needs next."""

from holdgate.core.model.decision import Decision
from holdgate.core.review.case import Case
from holdgate.core.review.permissions import RELEASABLE, approvers_needed, second_approval_causes
from holdgate.core.review.reducer import VoidReason
from holdgate.core.review.review_rules import ApprovalCause, Codes, PersonAction, ReviewRules

VOID_TEXTS: dict[VoidReason, str] = {
    "UNREADABLE": "the record is no event of this version",
    "NO_SUCH_CASE": "there is no such case",
    "WRONG_REVISION": "somebody else was first: look at the case again",
    "NOT_IN_FORCE": "another decision is in force: look at the case again",
    "WRONG_STAGE": "a case at this stage does not allow it",
    "NO_RULES": "no rules of review are published: check that `holdgate review` runs",
    "ROLE_MAY_NOT": "none of the person's roles may do this",
    "OWN_PROPOSAL": "the person made, changed or approved this proposal: somebody else has to approve it",
    "NOT_THE_AUTHOR": "only its authors withdraw a proposal; an approver returns it",
    "OTHER_PROPOSAL": "another proposal is in force: look at the case again",
    "PAGE_CHANGED": "the case was changed after it was shown: look at it again",
    "NOT_SCREENED": "the payment was not screened, so nobody may release it",
    "EVIDENCE_MISSING": "the payment is missing or erased, so nobody may release it",
    "LOOK_BACK": "the payment was rejected when it was held, so it cannot be released",
    "NOT_JUDGED": "a release needs a verdict on every match",
    "TRUE_MATCH": "a payment with a match that was judged true cannot be released",
    "NO_TRUE_MATCH": "a block needs a match that was judged true",
    "NOT_DUE": "the legal time of keeping the evidence has not ended, or the payment is blocked",
    "UNKNOWN_CODE": "the rules of review have no such code for this",
    "WRONG_CASE": "the event is about another payment",
}
"""Why an event does not count, as a sentence."""

CAUSE_TEXTS: dict[ApprovalCause, str] = {
    "score": "the best match has a high score",
    "rule": "an identifier, wallet or BIC matches",
    "block_amount": "the amount is large",
    "lifting_a_block": "a block would be lifted",
}
"""Why a second approver is needed."""


def known_codes(codes: Codes) -> str:
    """Return the codes that the rules know, by what they are for."""
    groups = [(name.replace("_", "-"), getattr(codes, name)) for name in codes.__struct_fields__]
    return "known codes: " + "; ".join(f"{name} {', '.join(known)}" for name, known in groups if known)


def held_because(case: Case, decision: Decision | None) -> str:
    """Return one sentence that says why the payment is held; `decision` is None if it was erased."""
    facts = case.facts
    total = len(facts.matches)
    held = f"{facts.payment_id} {'was' if case.stage in ('disposed', 'closed') else 'is'} held"
    if decision is None or not decision.matches:
        what = f"{held}: {facts.reason}"
        detail = decision.detail if decision else None
        return f"{what}, {detail}" if detail else f"{what}, {count_of(total, 'match', 'matches')}"
    best = max(decision.matches, key=lambda match: match.score)
    sentence = (
        f"{held}: {best.field} {best.value!r} matches {best.entry_id}"
        f" {best.matched_name!r} with {best.score:.4f}"
    )
    return f"{sentence}; {count_of(total, 'match', 'matches')}, {_unjudged(case)} not judged"


def next_step(case: Case, rules: ReviewRules | None) -> str:
    """Return what a case needs next, and from whom."""
    match case.stage:
        case "open":
            return f"a proposal by {_roles(rules, 'propose')}: {_dispositions(case)}"
        case "proposed":
            return _approval(case, rules)
        case "approved":
            return "`holdgate review` screens the payment again and writes the decision"
        case "disposed":
            is_blocked = case.proposal is not None and case.proposal.content.disposition == "BLOCK"
            lift = f"; {_roles(rules, 'reopen')} may reopen the block"
            return f"nothing: the decision is in force{lift if is_blocked else ''}"
    return "nothing: another decision came into force"


def count_of(number: int, one: str, several: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {one if number == 1 else several}"


def _unjudged(case: Case) -> int:
    verdicts = case.proposal.content.verdicts if case.proposal else ()
    return len(case.facts.matches) - sum(item is not None for item in verdicts)


def _roles(rules: ReviewRules | None, action: PersonAction) -> str:
    if rules is None:
        return "nobody, as no rules are published"
    return f"somebody with the role {' or '.join(rules.roles.roles_for(action))}"


def _dispositions(case: Case) -> str:
    facts = case.facts
    if facts.look_back:
        return "REJECT or BLOCK; the payment was rejected when it was held"
    if facts.reason not in RELEASABLE:
        return f"REJECT or BLOCK; nobody releases a payment held as {facts.reason}"
    if facts.payment is None or case.is_erased:
        return "REJECT or BLOCK; nobody releases a payment that nobody can see"
    return "RELEASE, REJECT or BLOCK"


def _approval(case: Case, rules: ReviewRules | None) -> str:
    if case.proposal is None or rules is None:
        return "rules of review: none are published"
    content = case.proposal.content
    missing = approvers_needed(case, content, rules) - len(case.approvals)
    others = {*case.proposal.authors, *(approval.by.user for approval in case.approvals)}
    causes = ", ".join(CAUSE_TEXTS[cause] for cause in second_approval_causes(case, content, rules))
    why = f"; two approve because {causes}" if causes else ""
    return (
        f"{count_of(missing, 'approval', 'approvals')} by {_roles(rules, 'approve')},"
        f" other than {', '.join(sorted(others))}{why}"
    )
