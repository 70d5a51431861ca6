"""What events of review carry: ids, digests, codes and scores, never a name or free text."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from holdgate.core.model.decision import DecisionId, HeldStatus, HoldReason, Rule
from holdgate.core.model.review_outcome import Disposition, Verdict
from holdgate.core.review.review_rules import Code, Queue, Role

CaseId = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
EventId = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
"""SHA-256 of a value of `review.evidence`, which is also its key there."""

User = Annotated[str, Meta(pattern="^(u:[0-9a-f]{4,64}|service:review)$")]
"""A person's pseudonym, or the review process."""

Moment = Annotated[datetime, Meta(tz=True)]
SignIn = Literal["demo", "token", "proxy", "oidc", "service"]

REVIEW_USER = "service:review"
MAX_ERASED_VALUES = 1_000
"""Values that one event erases. A case with more takes several events."""

MAX_CASE_MATCHES = 200
"""Four times what screening reports of a payment (`engine.screener.MAX_MATCHES`)."""


class Actor(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Who wrote an event: pseudonym, roles, and how and when the person signed in."""

    user: User
    roles: Annotated[tuple[Role, ...], Meta(max_length=8)]
    method: SignIn
    auth_time: Moment | None = None


class MatchFacts(Struct, frozen=True, forbid_unknown_fields=True):
    """What an event says of a match of the held decision; names are in the decision, which is evidence."""

    entry_id: Annotated[str, Meta(max_length=1_000)]
    rule: Rule
    score: Annotated[float, Meta(ge=0, le=1)]


class LogPosition(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a record is in its topic."""

    partition: Annotated[int, Meta(ge=0)]
    offset: Annotated[int, Meta(ge=0)]


class CaseFacts(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """What a case is about: a HOLD in force, and what rules and readers need of it.

    `decision` and `payment` are the evidence; `payment` is None if the record was gone when the case was
    opened. `decision_at` and `payment_at` are where they were written in `review.evidence`, which is too long
    to be searched for a key; a later record of the same key may have replaced them. `partition` and `offset`
    are the decision's. `due` is None where no rule sets a time. In a `look_back` case the payment was
    rejected when it was held: no money waits.
    """

    decision_id: DecisionId
    payment_id: Annotated[str, Meta(max_length=1_000)]
    content_hash: Digest
    reason: HoldReason
    status: HeldStatus
    decision: Digest
    payment: Digest | None = None
    decision_at: LogPosition | None = None
    payment_at: LogPosition | None = None
    partition: Annotated[int, Meta(ge=0)]
    offset: Annotated[int, Meta(ge=0)]
    matches: Annotated[tuple[MatchFacts, ...], Meta(max_length=MAX_CASE_MATCHES)] = ()
    amount: Annotated[str, Meta(pattern=r"^[0-9]{1,18}(\.[0-9]{1,10})?$")] | None = None
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] | None = None
    rail: Annotated[str, Meta(max_length=64)] | None = None
    queue: Queue
    look_back: bool = False
    due: Moment | None = None


class MatchVerdict(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person found of one match, and why, as a code of the rules."""

    verdict: Verdict
    code: Code


class Proposal(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a person proposes. `verdicts` has one item per match, in order; None where there is none.

    Here and below, `note_at` is where the note was written in `review.evidence`.
    """

    disposition: Disposition
    code: Code
    verdicts: Annotated[tuple[MatchVerdict | None, ...], Meta(max_length=MAX_CASE_MATCHES)] = ()
    note: Digest | None = None
    note_at: LogPosition | None = None


class Approval(Struct, frozen=True, forbid_unknown_fields=True):
    """An approval of the proposal in force; `saw` is `digest.shown_digest` of what the approver was shown."""

    approves: EventId
    saw: Digest


class Answer(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The proposal that is withdrawn or returned, and why."""

    proposal: EventId
    code: Code | None = None
    note: Digest | None = None
    note_at: LogPosition | None = None


class Remark(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A code, a note or attachment, and a time until which the case waits."""

    code: Code | None = None
    note: Digest | None = None
    until: Moment | None = None
    note_at: LogPosition | None = None


class NewMatches(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the last screening found that nobody judged: its decision as evidence, and all matches now."""

    decision: Digest
    matches: Annotated[tuple[MatchFacts, ...], Meta(max_length=MAX_CASE_MATCHES)]
    decision_at: LogPosition | None = None


class DecisionInForce(Struct, frozen=True, forbid_unknown_fields=True):
    """The decision that is in force now, and where it was written."""

    decision_id: DecisionId
    partition: Annotated[int, Meta(ge=0)]
    offset: Annotated[int, Meta(ge=0)]


class Erasure(Struct, frozen=True, forbid_unknown_fields=True):
    """The evidence that is erased, and why. A value that another case needs is kept for that case."""

    evidence: Annotated[tuple[Digest, ...], Meta(min_length=1, max_length=MAX_ERASED_VALUES)]
    code: Code
