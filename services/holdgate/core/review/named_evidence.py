"""The evidence that an event names: the payment, decisions, notes and attachments, by their SHA-256."""

from typing import NamedTuple

from holdgate.core.review.event import AnyCaseEvent
from holdgate.core.review.event_contents import (
    Answer,
    CaseFacts,
    Digest,
    LogPosition,
    NewMatches,
    Proposal,
    Remark,
)


class NamedEvidence(NamedTuple):
    """A value of `review.evidence`, and where it was written if the event says so."""

    digest: Digest
    at: LogPosition | None


def named_evidence(event: AnyCaseEvent) -> tuple[NamedEvidence, ...]:
    """Return the evidence that an event adds to its case; an erasure adds none."""
    what = event.what
    if isinstance(what, CaseFacts):
        decision = NamedEvidence(what.decision, what.decision_at)
        return (
            (decision,) if what.payment is None else (decision, NamedEvidence(what.payment, what.payment_at))
        )
    if isinstance(what, NewMatches):
        return (NamedEvidence(what.decision, what.decision_at),)
    if isinstance(what, Proposal | Answer | Remark) and what.note is not None:
        return (NamedEvidence(what.note, what.note_at),)
    return ()


def evidence_after(before: tuple[Digest, ...], event: AnyCaseEvent) -> tuple[Digest, ...]:
    """Return the evidence of a case after an event that counts, each value once."""
    added = named_evidence(event)
    if not added:
        return before
    return tuple(dict.fromkeys((*before, *(named.digest for named in added))))
