"""Audit records of actions on payments, dead letters and lists; written to `operations.audit`."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

Action = Literal[
    "replay.publish",
    "replay.reissue",
    "dead-letters.redrive",
    "dead-letters.discard",
    "lists.rollback",
    "lists.accept-change",
    "lists.pin",
    "lists.resume",
    "lists.conflict",
    "cases.export",
    "cases.erase",
]
State = Literal["started", "ended"]
AuditOutcome = Literal["done", "refused"]

DEAD_LETTER_ACTIONS: tuple[Action, ...] = ("dead-letters.redrive", "dead-letters.discard")
"""Actions on dead letters. Their `what` has the topic, and the offsets as `positions`."""


LIFTED_AFTER = "lifted_after_seconds"
"""In the counts of a reissue: the total seconds for which the released holds had lasted."""

IN_REVIEW = "in_review"
"""In the counts of a reissue: planned releases that were not written, since people work on the holds."""

UNREADABLE_CLAIMS = "unreadable_claims"
"""In the counts of a reissue: claims that were damaged or forged, and were replaced."""


class Audit(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An action of a person or of the rescreening service: who did what, why, and to how many records.

    An action of one step has one record, with the state `ended`. A longer action also has a record with the
    state `started`, written before its first step; both have the same `run_id`. The outcome `refused` means
    that Kafka rejected a write, or that rescreening found more changed decisions than it may reissue.
    `what` identifies the records, without names or accounts. Reviewers appear under their pseudonym.
    """

    run_id: Annotated[str, Meta(min_length=1)]
    action: Action
    state: State
    at: Annotated[datetime, Meta(tz=True)]
    by: Annotated[str, Meta(min_length=1)]
    reason: Annotated[str, Meta(min_length=1)]
    outcome: AuditOutcome = "done"
    what: dict[str, str] = {}
    counts: dict[str, int] = {}
