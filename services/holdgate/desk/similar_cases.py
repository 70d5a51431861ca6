"""Cases that may be released together: of the same party, with the same entry of the same lists."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from holdgate.core.intake import Received
from holdgate.core.model.decision import Decision
from holdgate.core.model.payment import Party
from holdgate.core.review.case import Case, Stage
from holdgate.core.review.event_contents import Proposal
from holdgate.core.review.parties import account_key, name_key
from holdgate.core.review.permissions import has_own_hand
from holdgate.desk.case_page import OpenedCase, read_case
from holdgate.desk.payment_view import party_at, party_facts
from holdgate.desk.visit import Visit

MAX_TOGETHER = 50
BULK_CODE = "FALSE_POSITIVE"
"""The only release that is proposed for several cases."""

BULK_REASON = "LIST_MATCH"


class SameHit(NamedTuple):
    """What cases have in common that may be released together: the party with all that a payment says of it,
    and the entry as all of their decisions had it."""

    name: str
    account: str
    facts: Mapping[str, str]
    entry_id: str
    entry_name: str
    list_version: str
    compared: frozenset[tuple[object, ...]]


class SimilarCases(NamedTuple):
    """The cases of a hit: those to be proposed, and the proposals that this person may approve."""

    hit: SameHit
    open: Sequence[Case]
    proposed: Sequence[Case]


def same_hit(case: Case, decision: Decision | None, received: Received | None) -> SameHit | None:
    """Return what a case is about; None if it has to be decided by itself.

    It has to be a hold that people may release, with its payment, whose matches are all of one party by its
    name with one entry. The account has to be known: a name alone is not the same party.
    """
    facts = case.facts
    if decision is None or received is None or facts.reason != BULK_REASON or facts.look_back:
        return None
    if facts.payment is None or case.is_erased or not decision.matches:
        return None
    first, *others = decision.matches
    party = party_at(received, first.field)
    if not isinstance(party, Party) or not party.name or party.account is None:
        return None
    account = account_key(party.account.iban or party.account.other or "")
    for match in decision.matches:
        if match.rule != "name" or match.entry_id != first.entry_id:
            return None
    if not account or any(party_at(received, match.field) != party for match in others):
        return None
    compared = frozenset(
        (match.matched_name, *((part.part, part.matched, part.how) for part in match.evidence))
        for match in decision.matches
    )
    return SameHit(
        name_key(party.name),
        account,
        party_facts(received, first.field),
        first.entry_id,
        first.entry_name,
        decision.list_version,
        compared,
    )


def find_similar(visit: Visit, opened: OpenedCase) -> SimilarCases | None:
    """Return the cases that may be released together with one; None if it has to be decided by itself."""
    hit = same_hit(opened.case, opened.decision, opened.received)
    if hit is None:
        return None
    actor = visit.session.actor
    approvable = [
        case
        for case in _members(visit, hit, "proposed")
        if case.proposal is not None
        and is_bulk_release(case.proposal.content)
        and not has_own_hand(actor, case)
    ]
    return SimilarCases(hit, _members(visit, hit, "open"), approvable)


def is_bulk_release(proposal: Proposal) -> bool:
    """Return whether a proposal releases a false positive, with the same verdict on all matches."""
    return (
        proposal.disposition == "RELEASE"
        and proposal.code == BULK_CODE
        and len(set(proposal.verdicts)) == 1
        and proposal.verdicts[0] is not None
    )


def _members(visit: Visit, hit: SameHit, stage: Stage) -> list[Case]:
    found = visit.store.cases_of_party(hit.name, hit.account, hit.entry_id, stage, MAX_TOGETHER)
    return [case for case in found if same_hit(*read_case(visit.store, case)[:3]) == hit]
