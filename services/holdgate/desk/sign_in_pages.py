"""Signing in and out. In a demo people choose who they are; otherwise a proxy has signed them in."""

from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from holdgate.casework.sign_in import DEMO_PEOPLE, demo_person
from holdgate.core.review.event_contents import Actor
from holdgate.core.review.review_rules import Role
from holdgate.desk.guard import is_same_origin
from holdgate.desk.sessions import DeskSession, Draft
from holdgate.desk.sign_in_forms import (
    ASK_AGAIN_NOTICE,
    FOREIGN_FORM,
    cookie_name,
    delete_cookie,
    read_sign_in_form,
    safe_target,
    set_cookie,
)
from holdgate.desk.visit import DeskState, render

log = structlog.get_logger()

PEOPLE_TEXTS = {
    "ana": "proposes what becomes of a payment",
    "ben": "approves or returns what others propose",
    "cora": "the second approver, where two are needed",
    "otto": "takes cases and notes; decides nothing",
    "dora": "sees everything, changes nothing",
    "emil": "sees lists, and no payment",
}


class SignInPages:
    """The pages before a session."""

    def __init__(self, desk: DeskState) -> None:
        self._desk = desk

    @staticmethod
    def start_proxy_session(desk: DeskState, user: str, roles: tuple[Role, ...]) -> tuple[str, DeskSession]:
        """Return a new session of a person whom a proxy signed in, with its secret."""
        actor = Actor(user, roles, "proxy", datetime.now(UTC))
        log.info("signed in", user=user, roles=roles, method="proxy")
        return desk.sessions.start(actor, user)

    def ask_again(self, draft: Draft) -> Response:
        """Ask somebody whose session ended to sign in, and keep what they typed."""
        return _page(self._desk, 401, draft.path, draft.hidden_fields())

    async def show(self, request: Request) -> Response:
        """Show whom one may be."""
        if not self._desk.is_demo:
            return RedirectResponse("/", 303)
        return _page(self._desk, 200, safe_target(request.query_params.get("to", "/")), [])

    async def sign_in(self, request: Request) -> Response:
        """Begin a session."""
        if not self._desk.is_demo or not is_same_origin(request, self._desk.settings.desk_url):
            return self._message(403, FOREIGN_FORM)
        form = await read_sign_in_form(request)
        if form is None:
            return self._message(413, "The form is too long.")
        name = form.values.get("name", "")
        if name not in DEMO_PEOPLE:
            return self._message(403, "There is no such person in the demo.")
        actor = demo_person(name, datetime.now(UTC))
        self._desk.sessions.end(request.cookies.get(cookie_name(self._desk.settings)))
        draft = Draft(form.target, form.kept) if form.kept else None
        secret, session = self._desk.sessions.start(actor, name.capitalize(), draft)
        session.notice = ASK_AGAIN_NOTICE if draft else None
        log.info("signed in", user=actor.user, roles=actor.roles, method="demo")
        response = RedirectResponse(form.target if actor.roles != ("admin",) else "/lists", 303)
        set_cookie(response, self._desk.settings, secret)
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        if not is_same_origin(request, self._desk.settings.desk_url):
            return self._message(403, FOREIGN_FORM)
        name = cookie_name(self._desk.settings)
        self._desk.sessions.end(request.cookies.get(name))
        response = RedirectResponse("/sign-in", 303)
        delete_cookie(response, name)
        return response

    def _message(self, status: int, text: str) -> Response:
        return render(self._desk, "outside.html", status, message=text, is_demo=self._desk.is_demo)


def _page(desk: DeskState, status: int, target: str, kept: Sequence[tuple[str, str]]) -> Response:
    people = [(name, DEMO_PEOPLE[name][0], PEOPLE_TEXTS[name]) for name in DEMO_PEOPLE]
    return render(
        desk, "sign_in.html", status, people=people, to=target, kept=kept, is_demo=True, ended=status == 401
    )
