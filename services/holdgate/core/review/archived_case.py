"""A case as it is archived: its state, all of its events as they were written, and a list of its evidence.

It has ids, digests and codes, never a name or free text: those are in the evidence, which is archived apart
and can be erased.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Raw, Struct

from holdgate.core.review.case import Case
from holdgate.core.review.case_replay import ReplayedEvent
from holdgate.core.review.event_contents import Digest
from holdgate.core.review.reducer import VoidReason


class ArchivedEvent(Struct, frozen=True, omit_defaults=True):
    """A record of `review.events`, byte for byte, with its offset; `void` says why it does not count."""

    offset: int
    event: Raw
    void: VoidReason | None = None


class ArchivedEvidence(Struct, frozen=True, omit_defaults=True):
    """A value of evidence; without a size it was missing when the case was archived."""

    digest: Digest
    media_type: str | None = None
    size: int | None = None


class ArchivedCase(Struct, frozen=True):
    """A case that has ended, up to its last event that counts."""

    case: Case
    events: tuple[ArchivedEvent, ...]
    evidence: tuple[ArchivedEvidence, ...]


def archived_case(
    case: Case, history: Sequence[ReplayedEvent], evidence: Sequence[ArchivedEvidence]
) -> ArchivedCase:
    """Return a case to be archived with the events of its history."""
    events = (ArchivedEvent(replayed.offset, Raw(replayed.value), replayed.void) for replayed in history)
    return ArchivedCase(case, tuple(events), tuple(evidence))


def encode_archived_case(archived: ArchivedCase) -> bytes:
    """Return an archived case as JSON."""
    return msgspec.json.encode(archived)


def decode_archived_case(data: bytes) -> ArchivedCase:
    """Return an archived case from JSON; raises msgspec.DecodeError."""
    return msgspec.json.decode(data, type=ArchivedCase)
