"""The decision event: the contract that payment systems read from `screening.decisions`.

The body is a pure function of payment, snapshot, policy and engine. The record's headers say when and where
the decision was made.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, TypeVar, get_args

import msgspec
from msgspec import Meta, Struct

from holdgate.core.model.evidence import Evidence
from holdgate.core.model.payment import Reference
from holdgate.core.model.review_outcome import REVIEW_REASONS, Disposition, Pseudonym, ReviewReason, Verdict

Outcome = Literal["HOLD", "RELEASE", "REJECT", "BLOCK"]
"""What becomes of a payment. Screening holds or releases; people release, reject or block what was held.
Readers treat an outcome that they do not know as HOLD."""

HeldStatus = Literal["PDNG", "RJCT"]
BlockedStatus = Literal["BLCK", "PDNG", "RJCT"]
Status = Literal["ACCP", "BLCK", HeldStatus]
"""ISO 20022 external payment transaction status codes: accepted (customer profile), blocked, pending,
rejected."""

Rule = Literal["name", "identifier", "bic", "geography", "vessel", "wallet", "goods", "text", "address"]

ReleaseReason = Literal["NO_MATCH"]
HoldReason = Literal[
    "LIST_MATCH",
    "GEOGRAPHY",
    "GOODS",
    "NOT_SCREENED",
    "CONTENT_CHANGED",
    "DEADLINE_EXCEEDED",
    "LIST_STALE",
    "LIST_UNAVAILABLE",
    "INVALID_EVENT",
    "INTERNAL_ERROR",
]
ScreeningReason = Literal[ReleaseReason, HoldReason]
Reason = Literal[ScreeningReason, ReviewReason]
LiftableReason = Literal["LIST_STALE", "LIST_UNAVAILABLE", "INTERNAL_ERROR"]
"""Reasons of holds that are not about the payment, which a policy may let rescreening lift."""

DecisionId = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]


class Match(Struct, frozen=True, omit_defaults=True):
    """A match of one field of the payment with one list entry, with the evidence for each part.

    `field` is the canonical path of the field; `origin` is the position of its value in the original XML or
    MT message. `verdict` is there once people have judged the match.
    """

    field: str
    value: str
    entry_id: str
    entry_name: str
    matched_name: str
    list: str
    programs: tuple[str, ...]
    rule: Rule
    score: Annotated[float, Meta(ge=0, le=1)]
    evidence: tuple[Evidence, ...]
    origin: str | None = None
    verdict: Verdict | None = None


NotScreenedCode = Literal[
    "EMPTY_NAME",
    "NAME_WITHOUT_LETTERS",
    "SCRIPT_NOT_COMPARED",
    "TEXT_NOT_SEARCHED_WHOLE",
    "UNDECODED_TEXT",
]
"""Why a field could not be compared. A note with one of these codes holds the payment as NOT_SCREENED, unless
the policy lists the code in `note_only` of the payment's rail."""

MereNoteCode = Literal[
    "ENCODING_REPAIRED",
    "LOOK_ALIKE_LETTERS",
    "MANY_NAMES",
    "NO_CREDITOR",
    "NO_DEBTOR",
    "TELEGRAPH_CODES",
    "TEXT_REVERSED",
    "UNEXPECTED_VALUE",
    "UNKNOWN_MEMBER",
]
"""What a reviewer should know of a field that was compared. Such a note never holds a payment."""

NoteCode = Literal[NotScreenedCode, MereNoteCode]

NOT_SCREENED_CODES: frozenset[NoteCode] = frozenset(get_args(NotScreenedCode))
"""The codes of notes that hold a payment."""


class Note(Struct, frozen=True, omit_defaults=True):
    """A limit of the comparison of one field.

    These codes hold the payment with the reason NOT_SCREENED if nothing else does. EMPTY_NAME: the message
    has the element of a name without content. NAME_WITHOUT_LETTERS: the name consists of digits or signs
    only. SCRIPT_NOT_COMPARED: letters of the field have no romanisation, so no listed name could match them.
    TEXT_NOT_SEARCHED_WHOLE: the search of the text ended early. UNDECODED_TEXT: characters of the field were
    lost before the message arrived.

    These codes only report. ENCODING_REPAIRED: the text was decoded wrongly on the way and was compared as
    repaired too. LOOK_ALIKE_LETTERS: letters of other scripts were compared as the Latin ones that they look
    like. MANY_NAMES: the field holds more names than are matched each, and was searched as a text for the
    others. NO_CREDITOR, NO_DEBTOR: the payment has no such side. TELEGRAPH_CODES: groups of four digits were
    compared as Chinese characters. TEXT_REVERSED: an override displays the text in reverse order; both orders
    were compared. UNEXPECTED_VALUE: an element that is not screened has a value that it should not have,
    which was searched as text. UNKNOWN_MEMBER: a member that the contract does not know was searched as text.

    `detail` is the note as a sentence; `origin` is the same as in a match.
    """

    field: str
    code: NoteCode
    detail: str
    origin: str | None = None


MatchOrNote = TypeVar("MatchOrNote", Match, Note)


def with_origin(match_or_note: MatchOrNote, origins: Mapping[str, str]) -> MatchOrNote:
    """Return a copy with the position of its field in the original message; `origins` has them by field."""
    return msgspec.structs.replace(match_or_note, origin=origins.get(match_or_note.field))


class ReviewOutcome(Struct, frozen=True):
    """Who decided on a held payment, and in which case of `review.events`.

    `event_id` is the approval that completed the disposition, `held_for` the reason of the hold, `code` the
    reason that people chose.
    """

    case_id: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
    event_id: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
    held_for: HoldReason
    disposition: Disposition
    code: str
    proposed_by: Pseudonym
    approved_by: Annotated[tuple[Pseudonym, ...], Meta(min_length=1, max_length=2)]


class Decision(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The decision on one payment with its reason and evidence.

    `detail` states the reason as a sentence if no match explains it. `notes` name fields that could not be
    compared completely; some of them hold the payment. `refers_to` has the ids of the payment that a
    recall, a return or a status report is about. `follows` is the id of the earlier decision on the same
    payment and content that this one supersedes. `review` is there if people decided; then every match that
    they judged has a verdict.
    """

    decision_id: DecisionId
    follows: DecisionId | None = None
    payment_id: str
    uetr: str | None = None
    refers_to: Reference | None = None
    decision: Outcome
    reason: Reason
    detail: str | None = None
    next_status: Status
    matches: tuple[Match, ...]
    notes: tuple[Note, ...] = ()
    list_version: str
    policy_version: str
    engine_version: str
    content_hash: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    deadline: Annotated[datetime, Meta(tz=True)] | None = None
    review: ReviewOutcome | None = None

    def __post_init__(self) -> None:
        # Contradictory members can be neither written nor read.
        outcome = _OUTCOMES.get(self.reason, "HOLD")
        if self.decision != outcome or self.next_status not in STATUSES[outcome]:
            raise ValueError(f"{self.decision} for {self.reason} with status {self.next_status}")
        if (self.review is not None) != (self.reason in REVIEW_REASONS.values()):
            raise ValueError(f"{self.reason} {'with' if self.review else 'without'} a review")
        if self.review is not None:
            self._check_review(self.review)
        elif any(match.verdict for match in self.matches):
            raise ValueError(f"{self.reason} with a verdict, but without a review")

    def _check_review(self, review: ReviewOutcome) -> None:
        if review.disposition != self.decision:
            raise ValueError(f"{self.decision} by a review for {review.disposition}")
        if self.follows is None:
            raise ValueError(f"{self.reason} follows no decision")
        if review.proposed_by in review.approved_by or len(set(review.approved_by)) < len(review.approved_by):
            raise ValueError("proposed and approved by the same person")
        if self.decision == "RELEASE" and any(match.verdict != "false_positive" for match in self.matches):
            raise ValueError("REVIEWED with a match that was not judged a false positive")
        if self.decision == "BLOCK" and all(match.verdict != "true_match" for match in self.matches):
            raise ValueError("BLOCKED without a match that was judged true")


_OUTCOMES: dict[Reason, Outcome] = {"NO_MATCH": "RELEASE"}
_OUTCOMES |= {reason: disposition for disposition, reason in REVIEW_REASONS.items()}
STATUSES: dict[Outcome, tuple[Status, ...]] = {
    "RELEASE": ("ACCP",),
    "HOLD": get_args(HeldStatus),
    "REJECT": ("RJCT",),
    "BLOCK": get_args(BlockedStatus),
}
"""The statuses of each outcome. A rail may report a block with another status than BLCK."""


class Versions(Struct, frozen=True):
    """The versions of lists, policy and engine that a decision was made with: short content hashes."""

    lists: str
    policy: str
    engine: str


NO_LIST = "none"
"""`list_version` of a decision made while no snapshot was loaded; such a decision is always a HOLD."""


def decision_id(
    payment_id: str,
    content_hash: str,
    versions: Versions,
    follows: str | None = None,
    event_id: str | None = None,
) -> str:
    """Return the id of a decision, 32 hexadecimal digits: equal for equal inputs and versions.

    A decision that supersedes another has an id of its own even with the same versions: a payment that was
    held because the list was stale may be decided again with that list. So does a decision of people, with
    the event by which they made it: screening may supersede the same hold with the same versions.
    """
    parts = [payment_id, content_hash, versions.lists, versions.policy, versions.engine]
    parts += [follows] if follows else []
    parts += [event_id] if event_id else []
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def decide(
    *,
    payment_id: str,
    content_hash: str,
    versions: Versions,
    reason: ScreeningReason,
    status: Status,
    uetr: str | None = None,
    refers_to: Reference | None = None,
    detail: str | None = None,
    matches: tuple[Match, ...] = (),
    notes: tuple[Note, ...] = (),
    deadline: datetime | None = None,
) -> Decision:
    """Build a decision of screening. Only the reason NO_MATCH releases.

    The only other way to a RELEASE is `core.review.disposition`.
    """
    return Decision(
        decision_id=decision_id(payment_id, content_hash, versions),
        payment_id=payment_id,
        uetr=uetr,
        refers_to=refers_to,
        decision=_OUTCOMES.get(reason, "HOLD"),
        reason=reason,
        detail=detail,
        next_status=status,
        matches=matches,
        notes=notes,
        list_version=versions.lists,
        policy_version=versions.policy,
        engine_version=versions.engine,
        content_hash=content_hash,
        deadline=deadline,
    )


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Decision)


def to_json(decision: Decision) -> bytes:
    """Return the decision as UTF-8 JSON, with members in contract order and absent ones omitted."""
    return _encoder.encode(decision)


def from_json(data: bytes) -> Decision:
    """Parse a decision. Raises `msgspec.ValidationError` with the path of the invalid member."""
    return _decoder.decode(data)


def versions_of(decision: Decision) -> Versions:
    """Return the versions that a decision was made with."""
    return Versions(decision.list_version, decision.policy_version, decision.engine_version)
