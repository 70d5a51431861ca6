"""What a person does to a case: append one event, read it back, and say whether it counts."""

import time
from collections.abc import Callable, Collection
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple, Protocol, Self
from uuid import uuid4

from kafka.errors import KafkaTimeoutError
from msgspec.structs import replace

from holdgate.adapters.case_follower import CaseFollower
from holdgate.adapters.kafka.review_log import EvidenceItem, ReviewLog
from holdgate.adapters.sqlite.case_store import CaseStore
from holdgate.core.records.topics import REVIEW_EVENTS
from holdgate.core.review.case import Case
from holdgate.core.review.event import AnyCaseEvent, CaseEvent
from holdgate.core.review.event_contents import Actor, Answer, Approval, Erasure, Proposal, Remark
from holdgate.core.review.notes_text import MAX_ATTACHMENT_BYTES, NoteError, check_note
from holdgate.core.review.reducer import VoidReason, apply
from holdgate.core.review.review_rules import ReviewRules
from holdgate.core.review.wording import VOID_TEXTS, known_codes
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

READ_BACK_SECONDS = 15.0
"""Seconds until an event that was written has to be in the projection."""

READ_BACK_WAIT_MS = 200

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


class ActionLog(Protocol):
    """Where the events of people go, and a reader that learns what became of them."""

    def append(self, event: AnyCaseEvent, attached: Attachment | None) -> WrittenEvent:
        """Write what is attached, then the event that names it."""

    def await_event(self, offset: int) -> None:
        """Return when the projection has the event at this offset."""


class CommandLog:
    """The log of a command; connections are opened when needed and kept for the `with` block."""

    def __init__(self, settings: Settings, store: CaseStore) -> None:
        self._settings = settings
        self._store = store
        self._connections = ExitStack()

    def __enter__(self) -> Self:
        """Open nothing yet: most refused commands need no connection."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._connections.close()

    def append(self, event: AnyCaseEvent, attached: Attachment | None) -> WrittenEvent:
        """Write what is attached, then the event that names it."""
        return append_event(self._writer, event, attached)

    def await_event(self, offset: int) -> None:
        """Return when the projection has the event; raise KafkaTimeoutError if it does not come."""
        deadline = time.monotonic() + READ_BACK_SECONDS
        while self._store.next_offset(REVIEW_EVENTS.name, 0) <= offset:
            if time.monotonic() > deadline:
                raise KafkaTimeoutError(f"the event at offset {offset} was written but not read back")
            self._follower.step(READ_BACK_WAIT_MS)

    @cached_property
    def _writer(self) -> ReviewLog:
        return self._connections.enter_context(closing(ReviewLog(self._settings)))

    @cached_property
    def _follower(self) -> CaseFollower:
        return self._connections.enter_context(closing(CaseFollower(self._settings, self._store)))


class RefusedActionError(OperatorError):
    """An event that cannot count was not written; `void` says why."""

    def __init__(self, void: VoidReason, rules: ReviewRules | None) -> None:
        known = f"; {known_codes(rules.codes)}" if void == "UNKNOWN_CODE" and rules is not None else ""
        super().__init__(f"{VOID_TEXTS[void]} ({void}); nothing was written{known}")
        self.void = void


def carry_out(
    log: ActionLog,
    store: CaseStore,
    actor: Actor,
    case: Case,
    kind: type[CaseEvent],
    make_what: Callable[[str | None], What],
    attached: Attachment | None = None,
    recorded: Collection[VoidReason] = (),
) -> ActionResult:
    """Append an event to the log and return what it came to.

    `case` is the case as the person was shown it; `make_what` gets the digest of what is attached. An event
    that cannot count by what is known now is not written, unless for a reason in `recorded`:
    `RefusedActionError` says why. Another person may still be first, which the result tells. Raises one of
    `KafkaFault` too; then it is not known whether the event was written, and the case has to be looked at
    again.
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
    rules = store.rules()
    refused = apply(case, event, rules).void
    if refused is not None and refused not in recorded:
        raise RefusedActionError(refused, rules)
    event, offset = log.append(event, attached)
    log.await_event(offset)
    logged, after = store.event_at(offset), store.case(case.case_id)
    if logged is None or after is None:
        raise OperatorError(f"the event was written at offset {offset} but is not in the projection")
    return ActionResult(event, offset, logged.void, after)


def append_event(log: ReviewLog, event: AnyCaseEvent, attached: Attachment | None) -> WrittenEvent:
    """Write what is attached, then the event that names it."""
    if attached is not None:
        item = EvidenceItem(attached.value, attached.media_type)
        position = log.put_evidence([item])[item.digest]
        event = replace(event, what=replace(event.what, note_at=position))
    return WrittenEvent(event, log.append([event])[0])
