"""Signing in and out. In a demo people choose who they are; otherwise a proxy has signed them in."""

from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from holdgate.casework.sign_in import DEMO_PEOPLE, demo_person
from holdgate.core.review.event_contents import Actor
from holdgate.core.review.review_rules import Role
from holdgate.desk.guard import BodyTooLongError, is_same_origin
from holdgate.desk.sessions import DeskSession, Draft
from holdgate.desk.visit import MAX_FIELD_CHARACTERS, DeskState, render
from holdgate.runtime.settings import Settings

log = structlog.get_logger()

KEPT_PREFIX = "kept-"
PEOPLE_TEXTS = {
    "ana": "proposes what becomes of a payment",
    "ben": "approves or returns what others propose",
    "cora": "the second approver, where two are needed",
    "otto": "takes cases and notes; decides nothing",
    "dora": "sees everything, changes nothing",
    "emil": "sees lists, and no payment",
}


def cookie_name(settings: Settings) -> str:
    """Return the name of the session cookie; browsers accept the prefix `__Host-` over TLS only."""
    return "__Host-holdgate" if settings.desk_url.startswith("https") else "holdgate"


def set_cookie(response: Response, settings: Settings, secret: str) -> None:
    """Give a browser the secret of its session."""
    is_secure = settings.desk_url.startswith("https")
    response.set_cookie(
        cookie_name(settings), secret, path="/", secure=is_secure, httponly=True, samesite="lax"
    )


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

    @staticmethod
    def ask_again(desk: DeskState, draft: Draft) -> Response:
        """Ask somebody whose session ended to sign in, and keep what they typed."""
        kept = [(KEPT_PREFIX + name, value) for name, value in draft.fields]
        return _page(desk, 401, draft.path, kept)

    async def show(self, request: Request) -> Response:
        """Show whom one may be."""
        if not self._desk.is_demo:
            return RedirectResponse("/", 303)
        return _page(self._desk, 200, safe_target(request.query_params.get("to", "/")), [])

    async def sign_in(self, request: Request) -> Response:
        """Begin a session."""
        if not self._desk.is_demo or not is_same_origin(request, self._desk.settings.desk_url):
            return self._message(403, "This form was sent by another site, so it was not accepted.")
        try:
            async with request.form(max_files=0, max_fields=500) as form:
                fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
        except BodyTooLongError:
            return self._message(413, "The form is too long.")
        values = dict(fields)
        name, target = values.get("name", ""), safe_target(values.get("to", "/"))
        if name not in DEMO_PEOPLE:
            return self._message(403, "There is no such person in the demo.")
        actor = demo_person(name, datetime.now(UTC))
        kept = [
            (field.removeprefix(KEPT_PREFIX), value[:MAX_FIELD_CHARACTERS])
            for field, value in fields
            if field.startswith(KEPT_PREFIX)
        ]
        self._desk.sessions.end(request.cookies.get(cookie_name(self._desk.settings)))
        secret, session = self._desk.sessions.start(
            actor, name.capitalize(), Draft(target, kept) if kept else None
        )
        session.notice = (
            "Your session had ended. What you typed is in the form again, and not sent." if kept else None
        )
        log.info("signed in", user=actor.user, roles=actor.roles, method="demo")
        response = RedirectResponse(target if actor.roles != ("admin",) else "/lists", 303)
        set_cookie(response, self._desk.settings, secret)
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        if not is_same_origin(request, self._desk.settings.desk_url):
            return self._message(403, "This form was sent by another site, so it was not accepted.")
        name = cookie_name(self._desk.settings)
        self._desk.sessions.end(request.cookies.get(name))
        response = RedirectResponse("/sign-in", 303)
        response.delete_cookie(
            name, path="/", secure=name.startswith("__Host-"), httponly=True, samesite="lax"
        )
        return response

    def _message(self, status: int, text: str) -> Response:
        return render(self._desk, "outside.html", status, message=text, is_demo=self._desk.is_demo)


def safe_target(target: str) -> str:
    """Return an address of the desk, `/` for one that leads elsewhere."""
    is_local = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if is_local and "\\" not in target else "/"


def _page(desk: DeskState, status: int, target: str, kept: Sequence[tuple[str, str]]) -> Response:
    people = [(name, DEMO_PEOPLE[name][0], PEOPLE_TEXTS[name]) for name in DEMO_PEOPLE]
    return render(
        desk, "sign_in.html", status, people=people, to=target, kept=kept, is_demo=True, ended=status == 401
    )
