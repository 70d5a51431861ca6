"""What a person does to a case: append one event, read it back, and say whether it counts."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import uuid4

from msgspec.structs import replace

from holdgate.adapters.case_follower import catch_up
from holdgate.adapters.kafka.review_log import EvidenceItem, ReviewLog
from holdgate.adapters.sqlite.case_store import CaseStore
from holdgate.core.review.case import Case
from holdgate.core.review.event import AnyCaseEvent, CaseEvent
from holdgate.core.review.event_contents import Actor, Answer, Approval, Erasure, Proposal, Remark
from holdgate.core.review.notes_text import MAX_ATTACHMENT_BYTES, NoteError, check_note
from holdgate.core.review.reducer import VoidReason, apply
from holdgate.core.review.wording import VOID_TEXTS
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

NOTE_TYPE, ATTACHMENT_TYPE = "text/plain; charset=utf-8", "application/octet-stream"

What = Proposal | Approval | Answer | Remark | Erasure


class Attachment(NamedTuple):
    """A note or an attachment, to be kept as evidence."""

    value: bytes
    media_type: str

    @property
    def digest(self) -> str:
        """The SHA-256 of the value, by which an event names it."""
        return sha256(self.value).hexdigest()


class WrittenEvent(NamedTuple):
    """An event as it was written, and its offset."""

    event: AnyCaseEvent
    offset: int


class ActionResult(NamedTuple):
    """The event as written, why it does not count (None if it does), and the case after it."""

    event: AnyCaseEvent
    offset: int
    void: VoidReason | None
    case: Case


def note_of(text: str) -> Attachment:
    """Return a note as evidence; raise `OperatorError` if it is not accepted."""
    try:
        return Attachment(check_note(text).encode(), NOTE_TYPE)
    except NoteError as error:
        raise OperatorError(str(error)) from error


def attachment_of(value: bytes) -> Attachment:
    """Return a file as evidence; raise `OperatorError` if it is empty or too large."""
    if not 0 < len(value) <= MAX_ATTACHMENT_BYTES:
        raise OperatorError(f"the file has {len(value):,} bytes; 1 to {MAX_ATTACHMENT_BYTES:,} are allowed")
    return Attachment(value, ATTACHMENT_TYPE)


def carry_out(
    settings: Settings,
    store: CaseStore,
    actor: Actor,
    case: Case,
    kind: type[CaseEvent],
    make_what: Callable[[str | None], What],
    attached: Attachment | None = None,
) -> ActionResult:
    """Append an event to the log and return what it came to.

    `case` is the case as the person was shown it; `make_what` gets the digest of what is attached. An event
    that cannot count by what is known now is not written: `OperatorError` says why. Another person may still
    be first, which the result tells. Raises one of `KafkaFault` too; then it is not known whether the event
    was written, and the case has to be looked at again.
    """
    members: dict[str, Any] = {
        "event_id": uuid4().hex,
        "at": datetime.now(UTC),
        "by": actor,
        "case_id": case.case_id,
        "revision": case.revision + 1,
        "on": case.in_force,
        "what": make_what(None if attached is None else attached.digest),
    }
    event: AnyCaseEvent = kind(**members)  # type: ignore[assignment]
    refused = apply(case, event, store.rules()).void
    if refused is not None:
        raise OperatorError(f"{VOID_TEXTS[refused]} ({refused}); nothing was written")
    event, offset = _write(settings, event, attached)
    catch_up(settings, store)
    logged, after = store.event_at(offset), store.case(case.case_id)
    if logged is None or after is None:
        raise OperatorError(f"the event was written at offset {offset} but is not in the projection")
    return ActionResult(event, offset, logged.void, after)


def _write(settings: Settings, event: AnyCaseEvent, attached: Attachment | None) -> WrittenEvent:
    """Write what is attached, then the event that names it."""
    with closing(ReviewLog(settings)) as log:
        if attached is not None:
            item = EvidenceItem(attached.value, attached.media_type)
            position = log.put_evidence([item])[item.digest]
            event = replace(event, what=replace(event.what, note_at=position))
        return WrittenEvent(event, log.append([event])[0])
