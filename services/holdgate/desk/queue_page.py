"""The queue: what waits, most urgent first, with its filters in the address."""

from collections.abc import Sequence
from typing import NamedTuple, get_args
from urllib.parse import urlencode

from starlette.responses import Response

from holdgate.adapters.sqlite.entry_queries import PAGE_CASES
from holdgate.core.model.decision import HoldReason
from holdgate.core.review.case import Case, Stage
from holdgate.core.review.permissions import has_own_hand
from holdgate.core.review.review_rules import Queue
from holdgate.desk.case_summaries import CaseSummary
from holdgate.desk.visit import Visit

TABS = ("all", "sanctions", "operations", "mine")


class QueueRow(NamedTuple):
    """A case with its summary."""

    case: Case
    summary: CaseSummary


class Filters(NamedTuple):
    """What the address asks for; empty members ask for nothing."""

    tab: str
    stage: str
    reason: str
    q: str

    def query(self, **changes: str) -> str:
        """Return the address with some filters changed; `after` is the case after which a page begins."""
        values = self._asdict() | changes
        values["tab"] = "" if values["tab"] == "all" else values["tab"]
        query = urlencode({name: value for name, value in values.items() if value})
        return f"/?{query}" if query else "/"


def show_queue(visit: Visit) -> Response:
    """Show a page of cases."""
    filters = Filters(
        _known(visit.argument("tab"), TABS) or "all",
        _known(visit.argument("stage"), get_args(Stage)),
        _known(visit.argument("reason"), get_args(HoldReason)),
        visit.argument("q"),
    )
    cases = _search(visit, filters) if filters.q else _list(visit, filters)
    has_more = len(cases) > PAGE_CASES
    rows = [QueueRow(case, visit.desk.summaries.find(visit.store, case)) for case in cases[:PAGE_CASES]]
    return visit.page(
        "queue.html",
        rows=rows,
        filters=filters,
        next_page=filters.query(after=rows[-1].case.case_id) if has_more and not filters.q else None,
        is_cut=has_more and bool(filters.q),
        mine=visit.store.owned_count(visit.user),
        tabs=TABS,
        stages=get_args(Stage),
        reasons=get_args(HoldReason),
    )


def show_approvals(visit: Visit) -> Response:
    """Show the proposals that wait for an approval: those this person may approve, then the others."""
    proposed = visit.store.queue_page(stage="proposed", limit=PAGE_CASES + 1)
    may_approve = visit.may("approve")
    rows = [QueueRow(case, visit.desk.summaries.find(visit.store, case)) for case in proposed[:PAGE_CASES]]
    waiting = [row for row in rows if may_approve and not has_own_hand(visit.session.actor, row.case)]
    others = [(row, _why_not(visit, row.case, may_approve)) for row in rows if row not in waiting]
    return visit.page("approvals.html", waiting=waiting, others=others, is_cut=len(proposed) > PAGE_CASES)


def _why_not(visit: Visit, case: Case, may_approve: bool) -> str:
    if case.proposal is not None and visit.user in case.proposal.authors:
        return "your own proposal: somebody else has to approve it"
    if any(approval.by.user == visit.user for approval in case.approvals):
        return "you approved it; a second person has to"
    return "" if may_approve else "your roles do not allow you to approve"


def _list(visit: Visit, filters: Filters) -> list[Case]:
    after = visit.store.case(visit.argument("after")) if visit.argument("after") else None
    queue: Queue | None = filters.tab if filters.tab in get_args(Queue) else None  # type: ignore[assignment]
    return visit.store.queue_page(
        queue,
        filters.stage or None,  # type: ignore[arg-type]  # one of the stages
        visit.user if filters.tab == "mine" else None,
        after,
        PAGE_CASES + 1,
        filters.reason or None,  # type: ignore[arg-type]  # one of the reasons
    )


def _search(visit: Visit, filters: Filters) -> list[Case]:
    found = visit.store.search(filters.q, PAGE_CASES + 1)
    return [
        case
        for case in found
        if filters.tab in ("all", case.facts.queue) or (filters.tab == "mine" and case.owner == visit.user)
        if filters.stage in ("", case.stage)
        if filters.reason in ("", case.facts.reason)
    ]


def _known(value: str, values: Sequence[str]) -> str:
    return value if value in values else ""
