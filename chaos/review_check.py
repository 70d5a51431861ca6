"""What people decided: two persons before each decision, and each approved case decided.

The four eyes are checked by the log alone, from JSON, as an auditor would. Which cases are approved is what
the reducer says, since every reader runs it.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from chaos.recording import Recording, StoredRecord
from holdgate.core.review.casebook import Casebook
from holdgate.core.review.event import make_case_id

CLOCK_TOLERANCE = 2.0
"""Seconds by which two partitions' broker times may differ."""

NEVER_RELEASED = frozenset(
    {"NOT_SCREENED", "INVALID_EVENT", "INTERNAL_ERROR", "LIST_STALE", "LIST_UNAVAILABLE"}
)


def check_review(recording: Recording) -> Iterator[tuple[str, str]]:
    """Yield the violations of what holds for decisions of people; none if nobody reviewed."""
    if not recording.review_events:
        return
    yield from _four_eyes(recording)
    yield from find_pending(recording)


def _four_eyes(recording: Recording) -> Iterator[tuple[str, str]]:
    """Each decision of people was proposed and approved by different persons before it was written."""
    logged = {event["event_id"]: (event, record) for event, record in _people_events(recording)}
    approvers: defaultdict[str, set[str]] = defaultdict(set)
    for event, _ in logged.values():
        if event["type"] == "approved" and "approver" in event["by"]["roles"]:
            approvers[event["what"]["approves"]].add(event["by"]["user"])
    held = {body["decision_id"]: body for body in map(recording.body, recording.decisions)}
    for decision in recording.decisions:
        body = recording.body(decision)
        review = body.get("review")
        if review is None:
            continue
        if body["decision"] == "RELEASE" and held[body["follows"]]["reason"] in NEVER_RELEASED:
            yield (
                "unscreened_releases",
                f"{decision.position}: people released what was not screened",
            )
        approval, record = logged.get(review["event_id"], (None, None))
        proposal, _ = logged.get(approval["what"].get("approves"), (None, None)) if approval else (None, None)
        if record is None or proposal is None or proposal["type"] != "proposed":
            yield "four_eyes", f"the decision at {decision.position} names no approval of the log"
        elif record.timestamp > decision.timestamp + CLOCK_TOLERANCE:
            yield "four_eyes", f"the decision at {decision.position} was written before its approval"
        elif (
            proposal["by"]["user"] != review["proposed_by"]
            or proposal["what"]["disposition"] != body["decision"]
            or review["proposed_by"] in review["approved_by"]
            or not set(review["approved_by"]) <= approvers[proposal["event_id"]]
        ):
            yield "four_eyes", f"the decision at {decision.position} was not approved by another person"


def find_pending(recording: Recording) -> Iterator[tuple[str, str]]:
    """No case waits for its decision at the end, and every hold in force has an open or decided case."""
    book = Casebook()
    for record in recording.review_events:
        book.add_record(record.value or b"")
    for case in book.cases.values():
        if case.stage == "approved":
            yield "undisposed", f"case {case.case_id} is approved and not decided"
    in_force: dict[tuple[str, str], dict[str, Any]] = {}
    for body in map(recording.body, recording.decisions):
        content = body["payment_id"], body["content_hash"]
        before = in_force.get(content)
        if body.get("follows") == (before["decision_id"] if before else None):
            in_force[content] = body
    for (payment_id, content_hash), body in in_force.items():
        found = book.cases.get(make_case_id(payment_id, content_hash))
        if body["decision"] == "HOLD" and (found is None or found.in_force != body["decision_id"]):
            yield "unopened", f"the hold {body['decision_id']} has no case"


def last_disposal(recording: Recording) -> float:
    """Return when the last case was disposed of, in Unix seconds; 0 if none was."""
    disposed = (
        record.timestamp
        for record in recording.review_events
        if json.loads(record.value or b"{}").get("type") == "disposed"
    )
    return max(disposed, default=0.0)


def _people_events(recording: Recording) -> Iterator[tuple[dict[str, Any], StoredRecord]]:
    for record in recording.review_events:
        event = json.loads(record.value or b"{}")
        if event.get("type") in ("proposed", "approved"):
            yield event, record
