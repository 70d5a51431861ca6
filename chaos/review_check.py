"""What people decided: two persons before each decision, and one decision for each approved case.

Persons, pages, reasons and verdicts are checked by the log alone, from JSON, as an auditor would. Which cases
are approved, and by how many, is what the reducer says, since every reader runs it.
"""

import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chaos.recording import Recording, StoredRecord
from holdgate.core.review.case import Case
from holdgate.core.review.casebook import Casebook
from holdgate.core.review.event import make_case_id
from holdgate.core.review.event_contents import CaseFacts

CLOCK_TOLERANCE = 2.0
"""Seconds by which two partitions' broker times may differ."""

LATE_EVENT_SECONDS = 5.0
"""Half of the time after which another review process takes over from a dead one."""

NEVER_RELEASED = frozenset(
    {"NOT_SCREENED", "INVALID_EVENT", "INTERNAL_ERROR", "LIST_STALE", "LIST_UNAVAILABLE"}
)

Json = Mapping[str, Any]


def check_review(recording: Recording) -> Iterator[tuple[str, str]]:
    """Yield the violations of what holds for decisions of people; none if nobody reviewed."""
    if not recording.review_events:
        return
    people = read_people(recording)
    decided: defaultdict[str, set[bytes | None]] = defaultdict(set)
    bodies = {body["decision_id"]: body for body in map(recording.body, recording.decisions)}
    for decision in recording.decisions:
        body = recording.body(decision)
        if "review" not in body:
            continue
        decided[body["review"]["event_id"]].add(decision.value)
        if body["decision"] == "RELEASE" and (why := _why_not_released(body, bodies.get(body["follows"]))):
            yield "unscreened_releases", f"{decision.position}: people released {why}"
        yield from _four_eyes(decision, body, people)
        approval, _ = people.events.get(body["review"]["event_id"], ({}, None))
        if approval.get("on", body["follows"]) != body["follows"]:
            yield "wrong_disposals", f"{decision.position} follows another decision than people approved"
    for event_id, values in decided.items():
        if len(values) > 1:
            yield "wrong_disposals", f"the approval {event_id} has {len(values)} decisions"
    yield from find_pending(recording)


@dataclass
class PeopleLog:
    """What people wrote: `events` are the proposals and approvals by id, with their records.

    `approvers` has who approved the page that was shown, by proposal; `approved` has each case as the reducer
    gives it after the approval that completed it, by that approval.
    """

    events: dict[str, tuple[Json, StoredRecord]] = field(default_factory=dict)
    approvers: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    approved: dict[str, Case] = field(default_factory=dict)


def read_people(recording: Recording) -> PeopleLog:
    """Return what people wrote, in the order of the log."""
    log, book = PeopleLog(), Casebook()
    facts: defaultdict[tuple[str, str], list[Json]] = defaultdict(list)
    """What pages showed of a case and the decision in force, before and after it was sent back."""
    for record in recording.review_events:
        void = book.add_record(record.value or b"")
        event = json.loads(record.value or b"{}")
        place = event.get("case_id", ""), event.get("on", "")
        match event.get("type"):
            case "opened":
                facts[place].append(event["what"])
            case "sent_back" if facts[place]:
                facts[place].append(_sent_back(facts[place][-1], event["what"]))
            case "proposed":
                log.events[event["event_id"]] = event, record
            case "approved":
                log.events[event["event_id"]] = event, record
                proposal, _ = log.events.get(event["what"]["approves"], ({}, None))
                pages = {page_digest(*place, shown, proposal) for shown in facts[place] if proposal}
                if "approver" in event["by"]["roles"] and event["what"]["saw"] in pages:
                    log.approvers[event["what"]["approves"]].add(event["by"]["user"])
                if void is None and book.cases[event["case_id"]].stage == "approved":
                    log.approved[event["event_id"]] = book.cases[event["case_id"]]
    return log


def page_digest(case_id: str, in_force: str, facts: Json, proposal: Json) -> str:
    """Return the digest of a page that shows a case and a proposal: of its JSON without spaces."""
    shown = [case_id, in_force, facts, [proposal["event_id"], proposal["what"]]]
    text = json.dumps(shown, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _sent_back(facts: Json, found: Json) -> Json:
    """Return the facts after the last screening; JSON leaves out what is empty."""
    names = ("decision", "matches", "decision_at")
    changed = {**facts, **{name: found.get(name) for name in names}}
    return {name: changed[name] for name in CaseFacts.__struct_fields__ if changed.get(name)}


def _why_not_released(body: Json, held: Json | None) -> str | None:
    """Return what people must not have released; None if they could."""
    if held is None or held["reason"] in NEVER_RELEASED:
        return "what was not screened"
    if held.get("next_status") == "RJCT":
        return "what was rejected"
    if any(match.get("verdict") != "false_positive" for match in body.get("matches", ())):
        return "a match that was not judged a false positive"
    return None


def _four_eyes(decision: StoredRecord, body: Json, people: PeopleLog) -> Iterator[tuple[str, str]]:
    """Each decision of people was proposed and approved by different persons before it was written."""
    review = body["review"]
    approval, record = people.events.get(review["event_id"], (None, None))
    proposal, _ = (
        people.events.get(approval["what"].get("approves"), (None, None)) if approval else (None, None)
    )
    if record is None or proposal is None or proposal["type"] != "proposed":
        yield "four_eyes", f"the decision at {decision.position} names no approval of the log"
    elif record.timestamp > decision.timestamp + CLOCK_TOLERANCE:
        yield "four_eyes", f"the decision at {decision.position} was written before its approval"
    elif (
        proposal["by"]["user"] != review["proposed_by"]
        or proposal["what"]["disposition"] != body["decision"]
        or review["proposed_by"] in review["approved_by"]
        or not set(review["approved_by"]) <= people.approvers[proposal["event_id"]]
    ):
        yield (
            "four_eyes",
            f"the decision at {decision.position} was not approved by another person who saw it",
        )
    else:
        case = people.approved.get(review["event_id"])
        if case is None or [one.by.user for one in case.approvals] != review["approved_by"]:
            yield "four_eyes", f"the decision at {decision.position} lacks an approval by the rules"


def find_pending(recording: Recording) -> Iterator[tuple[str, str]]:
    """At the end, no case waits for its decision, and every hold and every later decision is known to one."""
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
        if found is None and body["decision"] == "HOLD":
            yield "unopened", f"the hold {body['decision_id']} has no case"
        elif found is not None and found.in_force != body["decision_id"]:
            yield "unopened", f"case {found.case_id} was not told of the decision {body['decision_id']}"


def late_events(recording: Recording) -> int:
    """Return how many decisions of people were recorded in their case late: mostly by another process.

    A process records its own decision in its next round. If it is killed before, another one does it.
    """
    written = {
        recording.body(decision)["decision_id"]: decision.timestamp
        for decision in recording.decisions
        if "review" in recording.body(decision)
    }
    late = 0
    for record in recording.review_events:
        event = json.loads(record.value or b"{}")
        if event.get("type") == "disposed":
            decided = written.get(event["what"]["decision_id"], math.inf)
            late += record.timestamp - decided > LATE_EVENT_SECONDS
    return late


def last_disposal(recording: Recording) -> float:
    """Return when the last case was disposed of, in Unix seconds; 0 if none was."""
    disposed = (
        record.timestamp
        for record in recording.review_events
        if json.loads(record.value or b"{}").get("type") == "disposed"
    )
    return max(disposed, default=0.0)
