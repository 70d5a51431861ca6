"""Events of review: what people and the review process did to cases, as written to `review.events`.

An event has ids, digests, codes and scores, never a name or free text: the topic is kept for ever. Texts and
payments are evidence, which can be erased: an event has only the SHA-256 under which they are kept.
"""

import hashlib
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from holdgate.core.model.decision import DecisionId
from holdgate.core.review.event_contents import (
    Actor,
    Answer,
    Approval,
    CaseFacts,
    CaseId,
    DecisionInForce,
    Erasure,
    EventId,
    Moment,
    NewMatches,
    Proposal,
    Remark,
)
from holdgate.core.review.review_rules import ReviewRules

MAX_EVENT_BYTES = 512 * 1024
"""A longer record is void. The longest event has 200 matches, with entry ids of up to 1,000 characters."""


class LogEntry(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """What every record of the topic has; `at` is the writer's clock."""

    event_id: EventId
    at: Moment
    by: Actor


class RulesPublished(LogEntry, frozen=True, kw_only=True, tag="rules"):
    """The rules from here on: all readers apply the same ones to the same events."""

    what: ReviewRules


class CaseEvent(LogEntry, frozen=True, kw_only=True):
    """An event of one case. It counts if `revision` is the next and `on` is the decision in force."""

    case_id: CaseId
    revision: Annotated[int, Meta(ge=1)]
    on: DecisionId


class CaseOpened(CaseEvent, frozen=True, kw_only=True, tag="opened"):
    """A HOLD came into force; also on a case that was closed or disposed."""

    what: CaseFacts


class CaseTaken(CaseEvent, frozen=True, kw_only=True, tag="taken"):
    """Somebody works on the case."""

    what: Remark = Remark()


class CaseGivenBack(CaseEvent, frozen=True, kw_only=True, tag="given_back"):
    """Nobody works on the case any more."""

    what: Remark = Remark()


class NoteAdded(CaseEvent, frozen=True, kw_only=True, tag="noted"):
    """A note or an attachment."""

    what: Remark


class CaseEscalated(CaseEvent, frozen=True, kw_only=True, tag="escalated"):
    """Somebody with more authority should look."""

    what: Remark


class InformationAwaited(CaseEvent, frozen=True, kw_only=True, tag="waiting"):
    """Information was asked for."""

    what: Remark


class ProposalMade(CaseEvent, frozen=True, kw_only=True, tag="proposed"):
    """A proposal, also in the place of an earlier one."""

    what: Proposal


class ProposalWithdrawn(CaseEvent, frozen=True, kw_only=True, tag="withdrawn"):
    """One of its authors takes a proposal back."""

    what: Answer


class ProposalReturned(CaseEvent, frozen=True, kw_only=True, tag="returned"):
    """An approver does not approve."""

    what: Answer


class ProposalApproved(CaseEvent, frozen=True, kw_only=True, tag="approved"):
    """An approver approves; a second one may be needed."""

    what: Approval


class CaseSentBack(CaseEvent, frozen=True, kw_only=True, tag="sent_back"):
    """The last screening found matches that nobody judged as they are now."""

    what: NewMatches


class CaseDisposed(CaseEvent, frozen=True, kw_only=True, tag="disposed"):
    """The decision that was approved is in force."""

    what: DecisionInForce


class CaseClosed(CaseEvent, frozen=True, kw_only=True, tag="closed"):
    """Another decision came into force, which is no HOLD."""

    what: DecisionInForce


class CaseReopened(CaseEvent, frozen=True, kw_only=True, tag="reopened"):
    """A person takes up a blocked payment again."""

    what: Remark


class EvidenceErased(CaseEvent, frozen=True, kw_only=True, tag="erased"):
    """A person has evidence erased after its legal time; the review process does it."""

    what: Erasure


AnyCaseEvent = (
    CaseOpened
    | CaseTaken
    | CaseGivenBack
    | NoteAdded
    | CaseEscalated
    | InformationAwaited
    | ProposalMade
    | ProposalWithdrawn
    | ProposalReturned
    | ProposalApproved
    | CaseSentBack
    | CaseDisposed
    | CaseClosed
    | CaseReopened
    | EvidenceErased
)
ReviewEvent = AnyCaseEvent | RulesPublished

RULES_KEY = "rules"
"""Key of the records that carry rules; every other record has its case_id as key."""

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[ReviewEvent] = msgspec.json.Decoder(ReviewEvent)


class UnreadableEventError(ValueError):
    """A record of the topic that is no event: too long, no JSON, of an unknown type, or out of its bounds."""


def encode_event(event: ReviewEvent) -> bytes:
    """Return an event as UTF-8 JSON."""
    return _encoder.encode(event)


def decode_event(value: bytes) -> ReviewEvent:
    """Return the event of a record; raise `UnreadableEventError`, which names the member."""
    if len(value) > MAX_EVENT_BYTES:
        raise UnreadableEventError(f"{len(value):,} bytes, {MAX_EVENT_BYTES:,} are allowed")
    try:
        return _decoder.decode(value)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UnreadableEventError(str(error)) from error


def is_readable(event: ReviewEvent) -> bool:
    """Return whether readers can read an event once it is written: the types do not check what is built."""
    try:
        decode_event(encode_event(event))
    except UnreadableEventError:
        return False
    return True


def event_key(event: ReviewEvent) -> str:
    """Return the key under which an event is written."""
    return RULES_KEY if isinstance(event, RulesPublished) else event.case_id


def make_case_id(payment_id: str, content_hash: str) -> str:
    """Return the id of the case about a payment and its content, 32 hexadecimal digits."""
    return _digest_of(payment_id, content_hash)


def service_event_id(case_id: str, kind: str, revision: int, on: str) -> str:
    """Return the id of an event of the review process: the same for whichever process writes it."""
    return _digest_of(case_id, kind, str(revision), on)


def _digest_of(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
