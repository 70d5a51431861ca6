"""A case as lines of text: why it is held, its matches, what happened, and what it needs next."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import click
import msgspec

from holdgate.adapters.sqlite.case_queries import LoggedEvent, StoredEvidence
from holdgate.adapters.sqlite.case_store import CaseStore
from holdgate.adapters.sqlite.entry_queries import Precedent
from holdgate.core.model.decision import Decision, Match, from_json
from holdgate.core.review.case import FINAL_STAGES, Case
from holdgate.core.review.digest import shown_digest
from holdgate.core.review.event import AnyCaseEvent, RulesPublished
from holdgate.core.review.event_contents import Approval, Proposal
from holdgate.core.review.wording import VOID_TEXTS, held_because, next_step
from holdgate.explain.page import evidence_lines, wrap_lines
from holdgate.runtime.terminal_text import escape_text

SHORT_ID = 12
"""Digits of a case id in tables. Of 200,000 cases two share them with a chance of 1 in 14,000; a command that
is given them then says so."""

SAW_DIGITS = 16
MAX_NOTE_LINES = 40
QUEUE_HEAD = ("case", "stage", "due", "reason", "amount", "best match", "payment", "owner")


def queue_row(case: Case, now: datetime) -> tuple[object, ...]:
    """Return the row of a case, by QUEUE_HEAD."""
    facts = case.facts
    best = max(facts.matches, key=lambda match: match.score, default=None)
    stage = case.stage + (" waiting" if case.is_waiting else "") + (" escalated" if case.is_escalated else "")
    return (
        case.case_id[:SHORT_ID],
        stage,
        _time_left(case, now),
        facts.reason,
        _amount(case),
        f"{best.entry_id} {best.score:.2f}" if best else "",
        facts.payment_id,
        case.owner or "",
    )


def find_evidence(store: CaseStore, case: Case, digest: str) -> StoredEvidence | None:
    """Return a value of a case's evidence, None if it never came.

    What a case has erased is not shown in it, also if it is kept for another case.
    """
    if case.is_erased and digest not in case.evidence:
        return StoredEvidence(None)
    return store.evidence(digest)


def read_decision(store: CaseStore, case: Case) -> Decision | None:
    """Return the held decision of a case, or that of the last screening; None if it is missing or erased."""
    return decision_of(store, case, case.facts.decision)


def decision_of(store: CaseStore, case: Case, digest: str) -> Decision | None:
    """Return a decision that is evidence of a case; None if it is missing or erased."""
    stored = find_evidence(store, case, digest)
    if stored is None or stored.value is None:
        return None
    try:
        return from_json(stored.value)
    except msgspec.DecodeError:  # of a later version, or not written by review
        return None


def case_lines(case: Case, store: CaseStore, now: datetime) -> Iterator[str]:
    """Yield the lines of a case."""
    decision = read_decision(store, case)
    yield from wrap_lines(held_because(case, decision), 0)
    yield ""
    yield from _fact_lines(case, now)
    if decision is None:
        yield "The decision with the names is missing or was erased."
    else:
        for number, match in enumerate(decision.matches, 1):
            yield from _match_lines(number, match, case)
        for note in decision.notes:
            yield from wrap_lines(f"NOTE {note.field}: {note.detail} ({note.code})", 0)
    if case.proposal is not None:
        yield from _proposal_lines(case)
    yield from _precedent_lines(store.precedents(case))
    yield ""
    yield "Events"
    for logged in store.events(case.case_id):
        yield from _event_lines(logged, store, case)
    yield ""
    yield from wrap_lines(f"Next: {next_step(case, store.rules())}", 0)


def _time_left(case: Case, now: datetime) -> str:
    if case.facts.due is None or case.stage in FINAL_STAGES:
        return ""
    minutes = int((case.facts.due - now).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"{hours} h {rest:02} min{' late' if minutes < 0 else ''}"


def _amount(case: Case) -> str:
    return " ".join(part for part in (case.facts.amount, case.facts.currency) if part)


def _fact_lines(case: Case, now: datetime) -> Iterator[str]:
    facts = case.facts
    rows = {
        "case": f"{case.case_id}, {case.stage}, revision {case.revision}, queue {facts.queue}",
        "held as": f"{facts.reason} with status {facts.status}, decision {facts.decision_id}",
        "in force": "" if case.in_force == facts.decision_id else f"decision {case.in_force}",
        "amount": f"{_amount(case) or 'unknown'}, rail {facts.rail or 'unknown'}",
        "payment": "" if facts.payment else "its record was gone when the case was opened",
        "due": f"{facts.due.astimezone(UTC):%Y-%m-%d %H:%M} UTC, {_time_left(case, now)}"
        if facts.due
        else "",
        "owner": case.owner or "",
        "evidence": "erased" if case.is_erased else "",
    }
    for name, text in rows.items():
        if text:
            yield escape_text(f"{name:<9} {text}".rstrip(", "))


def _match_lines(number: int, match: Match, case: Case) -> Iterator[str]:
    verdicts = case.proposal.content.verdicts if case.proposal else ()
    given = verdicts[number - 1] if number <= len(verdicts) else None
    judged = f"judged {given.verdict}: {given.code}" if given else "not judged"
    programmes = ", ".join(match.programs) or "no programme"
    yield ""
    yield from wrap_lines(f"Match {number}, {judged}: {match.field} by {match.rule}, {match.score:.4f}", 0)
    yield from wrap_lines(match.value, 2)
    yield from wrap_lines(f"{match.entry_id} {match.entry_name}, list {match.list}, {programmes}", 2)
    if match.matched_name != match.entry_name:
        yield from wrap_lines(f"as {match.matched_name}", 2)
    yield from evidence_lines(match.evidence)


def _proposal_lines(case: Case) -> Iterator[str]:
    assert case.proposal is not None, "checked by the caller"
    content, approvals = case.proposal.content, ", ".join(item.by.user for item in case.approvals)
    yield ""
    yield f"Proposed: {content.disposition} ({content.code}) by {', '.join(case.proposal.authors)}"
    if approvals:
        yield f"Approved by {approvals}"
    if case.stage == "proposed":
        yield f"To approve what is shown here: --saw {shown_digest(case)[:SAW_DIGITS]}"


def _precedent_lines(precedents: Sequence[Precedent]) -> Iterator[str]:
    if precedents:
        yield ""
        yield "Other cases of the same party with the same entry"
    for case, entry_id, name in precedents:
        content = case.proposal.content if case.proposal else None
        ended = f", {content.disposition} ({content.code})" if content else ""
        line = f"{case.case_id[:SHORT_ID]} {case.opened_at:%Y-%m-%d} {entry_id} {name}: {case.stage}{ended}"
        yield from wrap_lines(line, 2)


def _event_lines(logged: LoggedEvent, store: CaseStore, case: Case) -> Iterator[str]:
    event = logged.event
    if event is None or isinstance(event, RulesPublished):
        text = f"offset {logged.offset}: {logged.problem}"
    else:
        text = (
            f"{event.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} {logged.type} by {event.by.user}{_content(event)}"
        )
    if logged.void is None:
        yield from wrap_lines(text, 2)
    else:
        for line in wrap_lines(text, 2):
            yield click.style(line, strikethrough=True)
        yield from wrap_lines(f"void, {logged.void}: {VOID_TEXTS[logged.void]}", 4)
    digest = getattr(getattr(event, "what", None), "note", None)
    if digest is not None:
        yield from _note_lines(find_evidence(store, case, digest), digest)


def _content(event: AnyCaseEvent) -> str:
    what = event.what
    if isinstance(what, Proposal):
        return f": {what.disposition} ({what.code})"
    if isinstance(what, Approval):
        return f": approves {what.approves[:SHORT_ID]}"
    code = getattr(what, "code", None)
    return f": {code}" if code else ""


def _note_lines(stored: StoredEvidence | None, digest: str) -> Iterator[str]:
    if stored is None or stored.value is None:
        yield "    (the note was erased)" if stored else "    (the note is missing)"
        return
    try:
        lines = stored.value.decode().splitlines()
    except UnicodeDecodeError:
        yield f"    (a file of {len(stored.value):,} bytes, SHA-256 {digest})"
        return
    for line in lines[:MAX_NOTE_LINES]:
        yield from wrap_lines(line, 4)
    if len(lines) > MAX_NOTE_LINES:
        yield f"    ({len(lines) - MAX_NOTE_LINES:,} more lines: holdgate cases export)"
