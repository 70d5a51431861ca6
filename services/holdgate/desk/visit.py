"""One request of a person who is signed in, and what the desk has to answer it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from holdgate.adapters.sqlite.case_store import CaseStore
from holdgate.core.review.case import Case
from holdgate.core.review.permissions import may_act
from holdgate.core.review.review_rules import PersonAction, ReviewRules
from holdgate.desk.case_projection import CaseProjection, count_active
from holdgate.desk.case_summaries import CaseSummaries
from holdgate.desk.decision_feed import DecisionFeed
from holdgate.desk.gate_figures import GateWatch
from holdgate.desk.list_archive import ListArchive
from holdgate.desk.metrics import DeskMetrics
from holdgate.desk.sessions import DeskSession, Draft, SessionStore, StreamCounter
from holdgate.runtime.settings import Settings

SEES_CASES = frozenset({"analyst", "approver", "operator", "auditor"})
"""Roles that see payments; an administrator sees none."""

MAX_FIELD_CHARACTERS = 20_000
"""Longer values of a form or an address are cut; a note has at most 10,000 characters."""


class PageError(Exception):
    """A request that is answered with a page that says why not."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class DeskState:
    """What all requests share."""

    settings: Settings
    projection: CaseProjection
    sessions: SessionStore
    lists: ListArchive
    summaries: CaseSummaries
    templates: Environment
    metrics: DeskMetrics
    gate: GateWatch
    feed: DecisionFeed
    streams: StreamCounter

    @property
    def is_demo(self) -> bool:
        """Whether anybody may be anybody."""
        return self.settings.desk_is_demo


@dataclass(frozen=True, slots=True)
class Visit:
    """A request with its session, a connection to the cases, and the fields of its form."""

    desk: DeskState
    request: Request
    session: DeskSession
    store: CaseStore
    fields: Mapping[str, str]
    upload: bytes | None = None
    """The file that a form brought."""

    @property
    def user(self) -> str:
        """The person's pseudonym."""
        return self.session.actor.user

    @property
    def rules(self) -> ReviewRules | None:
        """The rules in force."""
        return self.store.rules()

    @property
    def sees_cases(self) -> bool:
        """Whether the person may see payments."""
        return bool(self.session.roles & SEES_CASES)

    def may(self, action: PersonAction) -> bool:
        """Return whether the person's roles allow something."""
        rules = self.rules
        return rules is not None and may_act(self.session.actor, action, rules)

    def argument(self, name: str) -> str:
        """Return a value of the address; empty if it is not there."""
        return self.request.query_params.get(name, "")[:MAX_FIELD_CHARACTERS].strip()

    def case(self) -> Case:
        """Return the case that the address names; raise `PageError` if there is none."""
        case = self.store.case(self.request.path_params["case_id"].lower())
        if case is None:
            raise PageError(404, "There is no such case.")
        return case

    def take_draft(self) -> Mapping[str, str] | None:
        """Return what was typed into this page's form before the session ended, once."""
        draft: Draft | None = self.session.draft
        if draft is None or draft.path != self.request.url.path:
            return None
        self.session.draft = None
        return dict(draft.fields)

    def page(self, template: str, status: int = 200, **context: Any) -> Response:
        """Return a page."""
        notice, self.session.notice = self.session.notice, None
        shared = {
            "session": self.session,
            "is_demo": self.desk.is_demo,
            "path": self.request.url.path,
            "counts": count_active(self.desk.projection.counts),
            "lag": self.desk.projection.lag,
            "notice": notice,
            "now": datetime.now(UTC),
            "error": None,
        }
        return render(self.desk, template, status, **(shared | context))

    def redirect(self, path: str, notice: str | None = None) -> Response:
        """Return a redirect to a page of the desk, which will say `notice`."""
        self.session.notice = notice
        return RedirectResponse(path, 303)


def render(desk: DeskState, template: str, status: int, **context: Any) -> Response:
    """Return a page, for somebody who may not be signed in."""
    return HTMLResponse(desk.templates.get_template(template).render(context), status)


def first_values(fields: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the first value of each field, cut."""
    values: dict[str, str] = {}
    for name, value in fields:
        values.setdefault(name, value[:MAX_FIELD_CHARACTERS])
    return values
