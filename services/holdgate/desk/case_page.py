"""The case: why it is held, the payment beside its matches, what people did, and what may be done now."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from starlette.responses import Response

from holdgate.adapters.sqlite.case_queries import LoggedEvent
from holdgate.adapters.sqlite.case_store import CaseStore
from holdgate.adapters.sqlite.entry_queries import EntryOutcome
from holdgate.casework.case_text import find_evidence, read_decision
from holdgate.core.intake import Received
from holdgate.core.model.decision import Decision
from holdgate.core.review import event as events
from holdgate.core.review.case import ACTIVE_STAGES, Case
from holdgate.core.review.digest import shown_digest
from holdgate.core.review.event_contents import MatchVerdict, Proposal
from holdgate.core.review.parties import payments_of
from holdgate.core.review.permissions import approvers_needed, has_own_hand
from holdgate.core.review.review_rules import PersonAction
from holdgate.core.review.wording import VOID_TEXTS, held_because, next_step
from holdgate.desk.decision_form import DecisionForm, choices, form_of, read_form
from holdgate.desk.list_archive import ListFindings, entry_changes
from holdgate.desk.match_view import view_match
from holdgate.desk.payment_view import party_facts, view_original, view_payment
from holdgate.desk.sent_back import why_sent_back
from holdgate.desk.visit import PageError, Visit

log = structlog.get_logger()

EVENT_TEXTS: Mapping[str, str] = {
    "opened": "the hold came into force",
    "taken": "took the case",
    "given_back": "gave the case back",
    "noted": "added a note",
    "escalated": "escalated",
    "waiting": "asked for information",
    "proposed": "proposed",
    "withdrawn": "withdrew the proposal",
    "returned": "returned the proposal",
    "approved": "approved",
    "sent_back": "sent the case back: the last screening found matches that nobody judged as they are now",
    "disposed": "wrote the decision",
    "closed": "closed the case: another decision came into force",
    "reopened": "took up the block again",
    "erased": "erased evidence",
}
MAX_ENTRY_CASES = 500
MAX_SHOWN_NOTE = 10_000
MAX_SHOWN_RECORD = 400
"""Bytes of an unreadable record that its case shows; the original message has them all."""


class EventRow(NamedTuple):
    """An event as a line of the history; `void` says why it does not count."""

    offset: int
    at: datetime | None
    who: str
    text: str
    detail: str
    note: str | None
    void: str | None
    file: str | None
    """The SHA-256 of a note that is no text."""


class EntryHistory(NamedTuple):
    """How the holds that an entry caused ended: `released` of `ended`, and how many there are."""

    entry_id: str
    cases: int
    ended: int
    released: int


class OpenedCase(NamedTuple):
    """A case with its evidence as far as it is there."""

    case: Case
    decision: Decision | None
    received: Received | None
    record: bytes | None


def open_case(visit: Visit) -> OpenedCase:
    """Return the case that the address names, with its evidence; the access is logged and counted."""
    case = visit.case()
    log.info(
        "case viewed", case=case.case_id, user=visit.user, page=visit.request.url.path.rpartition("/")[2]
    )
    visit.desk.metrics.views.inc()
    return read_case(visit.store, case)


def read_case(store: CaseStore, case: Case) -> OpenedCase:
    """Return a case with its evidence."""
    stored = find_evidence(store, case, case.facts.payment) if case.facts.payment else None
    record = stored.value if stored else None
    received = payments_of(record, case.facts) if record else []
    return OpenedCase(case, read_decision(store, case), received[0] if received else None, record)


def show_case(visit: Visit) -> Response:
    """Show a case."""
    draft = visit.take_draft() or {}
    opened = open_case(visit)
    is_proposal = any(name == "decision" or name.startswith("verdict-") for name in draft)
    form = read_form(draft, len(opened.case.facts.matches)) if is_proposal else None
    return case_response(visit, opened, form=form, remark=draft.get("note", "") if form is None else "")


def case_response(
    visit: Visit,
    opened: OpenedCase,
    status: int = 200,
    form: DecisionForm | None = None,
    remark: str = "",
    error: str | None = None,
) -> Response:
    """Return the page of a case; `form` and `remark` are what a person typed before."""
    case, decision, rules = opened.case, opened.decision, visit.rules
    findings = visit.desk.lists.findings(decision, opened.received) if decision else ListFindings()
    logged = visit.store.events(case.case_id)
    precedents = visit.store.precedents(case)
    previous = _proposals(logged)
    allowed = _allowed(visit, case)
    is_changing = form is not None or case.proposal is None or bool(visit.argument("change"))
    content = case.proposal.content if case.proposal else None
    if form is None:
        form = form_of(content) if content else read_form({}, len(case.facts.matches))
    context: dict[str, Any] = {
        "case": case,
        "decision": decision,
        "held_because": held_because(case, decision),
        "next_step": next_step(case, rules),
        "payment": view_payment(opened.received, decision) if opened.received else [],
        "matches": [
            view_match(
                n, match, party_facts(opened.received, match.field), findings.entries.get(match.entry_id)
            )
            for n, match in enumerate(decision.matches if decision else (), 1)
        ],
        "entry_changes": {
            entry_id: entry_changes(entry, findings.entries_today.get(entry_id))
            for entry_id, entry in findings.entries.items()
        },
        "findings": findings,
        "unjudged": why_sent_back(visit, decision, logged) if decision and case.sent_back else [],
        "precedents": precedents,
        "waiting": sum(item.case.stage in ("open", "proposed") for item in precedents),
        "entry_history": _entry_histories(visit.store, case),
        "events": [_event_row(item, visit.store, case) for item in reversed(logged)],
        "allowed": allowed,
        "is_editing": is_changing and "propose" in allowed,
        "proposal_note": _note(content.note, visit.store, case)[0] if content else None,
        "record": _record_text(opened),
        "own_hand": has_own_hand(visit.session.actor, case),
        "saw": shown_digest(case),
        "form": form,
        "choices": choices(case, rules) if rules else [],
        "codes": rules.codes if rules else None,
        "needed": approvers_needed(case, content, rules) if content and rules else 1,
        "before": _changed(previous[-2], previous[-1]) if case.proposal and len(previous) > 1 else {},
        "verdicts": content.verdicts if content else (),
        "remark": remark,
        "is_active": case.stage in ACTIVE_STAGES,
    }
    return visit.page("case.html", status, error=error, **context)


def show_original(visit: Visit) -> Response:
    """Show the message as it was sent, with the matched words marked."""
    opened = open_case(visit)
    if opened.record is None:
        raise PageError(404, "The payment's record is missing or was erased.")
    return visit.page(
        "original.html",
        case=opened.case,
        original=view_original(opened.record, opened.decision),
        origins=[
            (n, match.field, match.origin)
            for n, match in enumerate(opened.decision.matches if opened.decision else (), 1)
        ],
    )


def show_file(visit: Visit) -> Response:
    """Give out a file that a note of the case names. It is never shown in the desk's own pages."""
    case, digest = open_case(visit).case, visit.request.path_params["digest"]
    named = {
        getattr(getattr(item.event, "what", None), "note", None) for item in visit.store.events(case.case_id)
    }
    stored = find_evidence(visit.store, case, digest) if digest in named else None
    if stored is None or stored.value is None:
        raise PageError(404, "The file is missing or was erased.")
    name = f'attachment; filename="{digest[:16]}.bin"'
    return Response(
        stored.value, media_type="application/octet-stream", headers={"content-disposition": name}
    )


def _record_text(opened: OpenedCase) -> str | None:
    """Return the beginning of a record that cannot be read as a payment; None if it can, or is not there."""
    if opened.record is None or opened.received is not None:
        return None
    return opened.record[:MAX_SHOWN_RECORD].decode("utf-8", "backslashreplace")


def _allowed(visit: Visit, case: Case) -> frozenset[str]:
    """Return what the page offers: what the person's roles and the stage of the case allow."""
    by_stage: dict[PersonAction, bool] = {
        "take": case.stage in ACTIVE_STAGES,
        "note": True,
        "escalate": case.stage in ACTIVE_STAGES and not case.is_escalated,
        "wait": case.stage in ACTIVE_STAGES and not case.is_waiting,
        "propose": case.stage in ("open", "proposed"),
        "withdraw": case.stage == "proposed"
        and case.proposal is not None
        and visit.user in case.proposal.authors,
        "approve": case.stage == "proposed" and not has_own_hand(visit.session.actor, case),
        "return": case.stage == "proposed",
        "reopen": case.stage == "disposed"
        and case.proposal is not None
        and case.proposal.content.disposition == "BLOCK",
    }
    return frozenset(action for action, is_possible in by_stage.items() if is_possible and visit.may(action))


def _entry_histories(store: CaseStore, case: Case) -> list[EntryHistory]:
    histories = []
    for entry_id in dict.fromkeys(match.entry_id for match in case.facts.matches):
        own = EntryOutcome(case.stage, case.proposal.content.disposition if case.proposal else None, -1)
        histories.append(entry_history(entry_id, [*store.entry_outcomes(entry_id, MAX_ENTRY_CASES), own]))
    return histories


def entry_history(entry_id: str, outcomes: Sequence[EntryOutcome]) -> EntryHistory:
    """Return how the cases with a match of an entry ended."""
    ended = [item for item in outcomes if item.stage == "disposed"]
    released = [item for item in ended if item.disposition == "RELEASE"]
    total, of_ended, of_released = (
        sum(item.cases for item in items) for items in (outcomes, ended, released)
    )
    return EntryHistory(entry_id, total, of_ended, of_released)


def _proposals(logged: Sequence[LoggedEvent]) -> list[Proposal]:
    return [
        item.event.what
        for item in logged
        if item.void is None and isinstance(item.event, events.ProposalMade)
    ]


def _changed(before: Proposal, after: Proposal) -> dict[int, str]:
    """Return what the proposal before said where it differs: by match, 0 for the decision itself."""
    changed: dict[int, str] = {}
    if (before.disposition, before.code) != (after.disposition, after.code):
        changed[0] = f"{before.disposition} ({before.code})"
    for n in range(1, max(len(before.verdicts), len(after.verdicts)) + 1):
        first, second = _verdict_at(before, n), _verdict_at(after, n)
        if first != second:
            changed[n] = f"{first.verdict.replace('_', ' ')} ({first.code})" if first else "not judged"
    return changed


def _verdict_at(proposal: Proposal, number: int) -> MatchVerdict | None:
    return proposal.verdicts[number - 1] if number <= len(proposal.verdicts) else None


def _event_row(logged: LoggedEvent, store: CaseStore, case: Case) -> EventRow:
    event, void = logged.event, None if logged.void is None else VOID_TEXTS[logged.void]
    if event is None:
        return EventRow(logged.offset, None, "", "unreadable record", logged.problem or "", None, void, None)
    what = event.what
    detail = (
        f"{what.disposition} ({what.code})" if isinstance(what, Proposal) else getattr(what, "code", "") or ""
    )
    text = EVENT_TEXTS.get(logged.type, logged.type)
    digest = getattr(what, "note", None)
    note, is_file = _note(digest, store, case)
    return EventRow(
        logged.offset, event.at, event.by.user, text, detail, note, void, digest if is_file else None
    )


def _note(digest: str | None, store: CaseStore, case: Case) -> tuple[str | None, bool]:
    """Return the text of a note, and whether it is a file, of which the text says how long it is."""
    if digest is None:
        return None, False
    stored = find_evidence(store, case, digest)
    if stored is None or stored.value is None:
        return ("(the note was erased)" if stored else "(the note is missing)"), False
    try:
        return stored.value.decode()[:MAX_SHOWN_NOTE], False
    except UnicodeDecodeError:
        return f"a file of {len(stored.value):,} bytes, SHA-256 {digest}", True
