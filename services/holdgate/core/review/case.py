"""A case: what the events about one held payment come to."""

from typing import Literal

from msgspec import Struct

from holdgate.core.review.event_contents import (
    Actor,
    CaseFacts,
    CaseId,
    DecisionInForce,
    Digest,
    EventId,
    Moment,
    Proposal,
    User,
)

Stage = Literal["open", "proposed", "approved", "disposed", "closed"]

ACTIVE_STAGES: tuple[Stage, ...] = ("open", "proposed", "approved")
FINAL_STAGES: tuple[Stage, ...] = ("disposed", "closed")


class StandingProposal(Struct, frozen=True):
    """The proposal in force; `authors` are all who made or changed it since the case was last open."""

    event_id: EventId
    at: Moment
    by: User
    authors: tuple[User, ...]
    content: Proposal


class GivenApproval(Struct, frozen=True):
    """An approval of the proposal in force."""

    event_id: EventId
    at: Moment
    by: Actor


class Case(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The state of a case after some events; `revision` is that of the last one that counted.

    `in_force` is the decision on the payment as far as the events know. `outcome` is the decision that ended
    the case, and `ended_at` when it did, if it has ended. `evidence` is what the events name and nobody
    erased, also that of an earlier hold.
    """

    case_id: CaseId
    revision: int
    stage: Stage
    facts: CaseFacts
    in_force: str
    opened_at: Moment
    changed_at: Moment
    owner: User | None = None
    proposal: StandingProposal | None = None
    approvals: tuple[GivenApproval, ...] = ()
    outcome: DecisionInForce | None = None
    is_escalated: bool = False
    waits_until: Moment | None = None
    is_waiting: bool = False
    is_block_lifted: bool = False
    """Whether the decision in force is a BLOCK that is taken up again."""
    evidence: tuple[Digest, ...] = ()
    ended_at: Moment | None = None
    is_erased: bool = False
    notes: int = 0
    sent_back: int = 0
