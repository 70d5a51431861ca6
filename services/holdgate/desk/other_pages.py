"""The pages about lists, list entries and the log."""

from datetime import UTC, datetime
from typing import NamedTuple

from starlette.responses import Response

from holdgate.adapters.sqlite.case_queries import LoggedEvent
from holdgate.core.review.event import RulesPublished
from holdgate.core.review.wording import VOID_TEXTS
from holdgate.desk.case_page import EVENT_TEXTS, MAX_ENTRY_CASES, entry_history
from holdgate.desk.match_view import romanise
from holdgate.desk.queue_page import QueueRow
from holdgate.desk.visit import Visit

MAX_AUDITED_EVENTS = 200
MAX_ANNOUNCEMENTS = 50


class AuditRow(NamedTuple):
    """A record of review.events."""

    offset: int
    at: datetime
    user: str
    roles: str
    method: str
    text: str
    case_id: str
    void: str | None


def show_lists(visit: Visit) -> Response:
    """Show the versions of the lists, newest first, and how old each list is."""
    announced = list(reversed(visit.desk.lists.announcements()))[:MAX_ANNOUNCEMENTS]
    return visit.page("lists.html", announced=announced, has_archive=visit.desk.settings.archive is not None)


def show_entry(visit: Visit) -> Response:
    """Show a list entry as it is listed today, and the holds that it caused."""
    entry_id = visit.request.path_params["entry_id"]
    findings = visit.desk.lists.entry(entry_id)
    cases = visit.store.cases_with_entry(entry_id)
    entry = findings.entries_today.get(entry_id)
    return visit.page(
        "entry.html",
        entry_id=entry_id,
        entry=entry,
        findings=findings,
        names=[(name, romanise(name.text)) for name in entry.names] if entry else [],
        history=entry_history(entry_id, visit.store.entry_outcomes(entry_id, MAX_ENTRY_CASES)),
        rows=[QueueRow(case, visit.desk.summaries.find(visit.store, case)) for case in cases],
    )


def show_audit(visit: Visit) -> Response:
    """Show the newest events, of a person or a case if the address names one."""
    user, case_id, day = visit.argument("user"), visit.argument("case").lower(), visit.argument("day")
    if case_id:
        logged = [
            item for case in visit.store.cases_that_begin(case_id, 5) for item in _newest(visit, case.case_id)
        ]
    else:
        logged = visit.store.last_events(user.lower() or None, MAX_AUDITED_EVENTS)
    rows = [row for item in logged if (row := _audit_row(item)) is not None]
    rows = [
        row
        for row in rows
        if (not day or f"{row.at:%Y-%m-%d}" == day) and (not user or row.user == user.lower())
    ]
    return visit.page(
        "audit.html",
        rows=rows[:MAX_AUDITED_EVENTS],
        user=user,
        case_id=case_id,
        day=day,
        is_cut=len(logged) >= MAX_AUDITED_EVENTS,
    )


def _newest(visit: Visit, case_id: str) -> list[LoggedEvent]:
    return list(reversed(visit.store.events(case_id)))


def _audit_row(logged: LoggedEvent) -> AuditRow | None:
    event = logged.event
    void = None if logged.void is None else VOID_TEXTS[logged.void]
    if event is None:
        return AuditRow(
            logged.offset, datetime.fromtimestamp(0, UTC), "", "", "", "unreadable record", "", void
        )
    is_rules = isinstance(event, RulesPublished)
    text = "published rules" if is_rules else EVENT_TEXTS.get(logged.type, logged.type)
    case_id = "" if isinstance(event, RulesPublished) else event.case_id
    by = event.by
    return AuditRow(logged.offset, event.at, by.user, ", ".join(by.roles), by.method, text, case_id, void)
