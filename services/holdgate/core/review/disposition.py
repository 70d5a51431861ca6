"""The decision by which an approved case ends."""

from msgspec.structs import replace

from holdgate.core.model.decision import Decision, Match, ReviewOutcome, Status, Versions, decision_id
from holdgate.core.model.review_outcome import REVIEW_REASONS
from holdgate.core.review.case import Case
from holdgate.core.review.event_contents import MatchVerdict
from holdgate.core.review.review_rules import ReviewRules


def decide_case(case: Case, judged: Decision, versions: Versions, rules: ReviewRules | None) -> Decision:
    """Return the decision of an approved case, which follows the one in force.

    `judged` is the decision whose matches people judged: the held one, or that of the last screening if the
    case was sent back. `versions` are those of the last screening. Raises ValueError if the case is not
    approved or if its members contradict each other; then nothing may be written.
    """
    proposal = case.proposal
    if case.stage != "approved" or proposal is None or not case.approvals:
        raise ValueError(f"case {case.case_id} is {case.stage}, not approved")
    disposition = proposal.content.disposition
    event_id = case.approvals[-1].event_id
    return Decision(
        decision_id=decision_id(
            judged.payment_id, judged.content_hash, versions, case.in_force, event_id=event_id
        ),
        follows=case.in_force,
        payment_id=judged.payment_id,
        uetr=judged.uetr,
        refers_to=judged.refers_to,
        decision=disposition,
        reason=REVIEW_REASONS[disposition],
        detail=judged.detail,
        next_status=_status(case, rules),
        matches=_with_verdicts(judged.matches, proposal.content.verdicts),
        notes=judged.notes,
        list_version=versions.lists,
        policy_version=versions.policy,
        engine_version=versions.engine,
        content_hash=judged.content_hash,
        deadline=judged.deadline,
        review=ReviewOutcome(
            case_id=case.case_id,
            event_id=event_id,
            held_for=case.facts.reason,
            disposition=disposition,
            code=proposal.content.code,
            proposed_by=proposal.by,
            approved_by=tuple(approval.by.user for approval in case.approvals),
        ),
    )


def find_unjudged(judged: Decision, again: Decision) -> tuple[Match, ...]:
    """Return the matches of a new screening that nobody judged as they are: with this entry by this rule, its
    name, its programmes, and what was compared with what.

    Weights and scores are left out: every list update changes how rare words are, and so all of them.
    """
    known = {_as_shown(match) for match in judged.matches}
    return tuple(match for match in again.matches if _as_shown(match) not in known)


def _as_shown(match: Match) -> tuple[object, ...]:
    compared = tuple((part.part, part.matched, part.how) for part in match.evidence)
    named = (match.entry_name, match.matched_name, match.programs)
    return match.field, match.entry_id, match.rule, *named, compared


def _status(case: Case, rules: ReviewRules | None) -> Status:
    assert case.proposal is not None, "the case is approved"
    match case.proposal.content.disposition:
        case "RELEASE":
            return "ACCP"
        case "REJECT":
            return "RJCT"
    by_rail = {} if rules is None else rules.block_status
    return by_rail.get((case.facts.rail or "").lower(), "BLCK")


def _with_verdicts(
    matches: tuple[Match, ...], verdicts: tuple[MatchVerdict | None, ...]
) -> tuple[Match, ...]:
    if not verdicts:
        return matches
    return tuple(
        match if given is None else replace(match, verdict=given.verdict)
        for match, given in zip(matches, verdicts, strict=True)
    )
