"""The web application: which page has which address, who may see it, and what every request passes first."""

import hmac
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from holdgate.desk import case_actions_page, case_page, live_page, other_pages, queue_page, similar_page
from holdgate.desk.guard import UPLOAD_SUFFIX, BodyTooLongError, Guard, is_same_origin
from holdgate.desk.oidc_sign_in import BACK_PATH, SIGNED_OUT_PATH, OidcSignIn
from holdgate.desk.proxy_people import ForeignHeaderError, ProxyPeople
from holdgate.desk.sessions import DeskSession, Draft
from holdgate.desk.sign_in_forms import FOREIGN_FORM, cookie_name, set_cookie
from holdgate.desk.sign_in_pages import SignInPages
from holdgate.desk.visit import SEES_CASES, DeskState, PageError, Visit, first_values, render
from holdgate.runtime.stack_frames import exception_frames

log = structlog.get_logger()

ACTS_ON_CASES = frozenset({"analyst", "approver", "operator"})
"""Roles that may send a form about a case; the rules of review say which."""

EVERYBODY = SEES_CASES | {"admin"}
LIVE_STREAM_PAGE = "live-stream"
"""Its requests are made by the page, so they do not keep a session open."""

STATIC_FOLDERS: list[str | tuple[str, str]] = [
    ("holdgate.desk", "static"),
    ("holdgate.page_design", "static"),
]
ATTACH_PAGE = "attach"
HEADINGS = {403: "Not allowed", 404: "Not found"}
"""Headings of the pages that answer with a message, by status; of the others it is "Not possible"."""

MAX_FORM_FIELDS = 500
"""A case has at most 200 matches."""


class Page(NamedTuple):
    """A page or a form: its address, the roles that may see it, and what answers."""

    method: str
    path: str
    name: str
    roles: frozenset[str]
    answer: Callable[[Visit], Response]


PAGES: Sequence[Page] = (
    Page("GET", "/", "queue", SEES_CASES, queue_page.show_queue),
    Page("GET", "/approvals", "approvals", SEES_CASES, queue_page.show_approvals),
    Page("GET", "/case/{case_id}", "case", SEES_CASES, case_page.show_case),
    Page("GET", "/case/{case_id}/original", "original", SEES_CASES, case_page.show_original),
    Page("POST", "/case/{case_id}/propose", "propose", ACTS_ON_CASES, case_actions_page.propose),
    Page("POST", "/case/{case_id}/approve", "approve", ACTS_ON_CASES, case_actions_page.approve),
    Page("GET", "/case/{case_id}/similar", "similar", SEES_CASES, similar_page.show_similar),
    Page(
        "POST", "/case/{case_id}/similar/propose", "similar_propose", ACTS_ON_CASES, similar_page.propose_all
    ),
    Page(
        "POST", "/case/{case_id}/similar/approve", "similar_approve", ACTS_ON_CASES, similar_page.approve_all
    ),
    Page("POST", "/case/{case_id}" + UPLOAD_SUFFIX, ATTACH_PAGE, ACTS_ON_CASES, case_actions_page.attach),
    Page("GET", "/case/{case_id}/file/{digest}", "file", SEES_CASES, case_page.show_file),
    *(
        Page("POST", f"/case/{{case_id}}/{action}", action, ACTS_ON_CASES, case_actions_page.answer)
        for action in case_actions_page.ANSWERS
    ),
    *(
        Page("POST", f"/case/{{case_id}}/{action}", action, ACTS_ON_CASES, case_actions_page.remark)
        for action in case_actions_page.REMARKS
    ),
    Page("GET", "/entry/{entry_id:path}", "entry", SEES_CASES, other_pages.show_entry),
    Page("GET", "/live", "live", EVERYBODY, live_page.show_live),
    Page("GET", "/live/stream", LIVE_STREAM_PAGE, EVERYBODY, live_page.stream_live),
    Page("GET", "/lists", "lists", EVERYBODY, other_pages.show_lists),
    Page("GET", "/audit", "audit", SEES_CASES, other_pages.show_audit),
)
"""Every page of people who are signed in. The tests try each with each role."""


def make_app(desk: DeskState) -> Starlette:
    """Return the application; raise `SettingsError` if people cannot be signed in as the settings say."""
    proxy = ProxyPeople(desk.settings) if desk.settings.desk_sign_in == "proxy" else None
    oidc = OidcSignIn(desk) if desk.settings.desk_sign_in == "oidc" else None
    entrance = oidc or SignInPages(desk)
    requests = _Requests(desk, proxy, entrance)
    routes = [Route(page.path, requests.endpoint(page), methods=[page.method]) for page in PAGES]
    return Starlette(
        routes=[
            Mount("/static", StaticFiles(packages=STATIC_FOLDERS)),
            Route("/sign-in", entrance.show, methods=["GET"]),
            Route("/sign-in", entrance.sign_in, methods=["POST"]),
            Route("/sign-out", entrance.sign_out, methods=["POST"]),
            *([Route(BACK_PATH, oidc.come_back), Route(SIGNED_OUT_PATH, oidc.signed_out)] if oidc else []),
            *routes,
        ],
        middleware=[Middleware(Guard, origin=desk.settings.desk_url)],
        exception_handlers={404: _not_found(desk), 405: _not_found(desk), 500: _failed(desk)},
    )


class _Requests:
    """Finds who asks, refuses what is not allowed, and calls the page in a thread."""

    def __init__(
        self, desk: DeskState, proxy: ProxyPeople | None, entrance: SignInPages | OidcSignIn
    ) -> None:
        self._desk = desk
        self._entrance = entrance
        self._proxy = proxy
        self._cookie = cookie_name(desk.settings)

    def endpoint(self, page: Page) -> Callable[..., object]:
        """Return the endpoint of a page."""

        async def answer(request: Request) -> Response:
            started = time.perf_counter()
            request.scope["path_params"].setdefault("action", page.name)
            response = await self._answer(page, request)
            self._desk.metrics.latency.labels(page.name).observe(time.perf_counter() - started)
            self._desk.metrics.requests.labels(page.name, str(response.status_code)).inc()
            self._desk.metrics.sessions.set(len(self._desk.sessions))
            return response

        return answer

    async def _answer(self, page: Page, request: Request) -> Response:
        if page.method == "POST" and not is_same_origin(request, self._desk.settings.desk_url):
            return self._message(403, FOREIGN_FORM)
        try:
            session, new_secret = self._find_session(request, page.name != LIVE_STREAM_PAGE)
        except ForeignHeaderError:
            return self._message(403, "Only the proxy may say who somebody is.")
        is_upload = page.name == ATTACH_PAGE
        if session is None and is_upload:
            return self._message(401, "Your session has ended. Sign in, and choose the file again.")
        try:
            form = await _read_form(request, is_upload) if page.method == "POST" else _NO_FORM
        except BodyTooLongError:
            return PlainTextResponse("the form is too long\n", 413)
        if session is None:
            return self._sign_in_first(page, request, form.fields)
        response = await run_in_threadpool(self._show, page, request, session, form)
        if new_secret is not None:
            set_cookie(response, self._desk.settings, new_secret)
        return response

    def _show(self, page: Page, request: Request, session: DeskSession, form: "_Form") -> Response:
        values = first_values(form.fields)
        with self._desk.projection.store() as store:
            visit = Visit(self._desk, request, session, store, values, form.upload)
            try:
                if not session.roles & page.roles:
                    raise PageError(403, "Your roles do not allow you to see this page.")
                if page.method == "POST" and not _is_token(values.get("token", ""), session):
                    raise PageError(403, "This form does not belong to your session: load the page again.")
                return page.answer(visit)
            except PageError as error:
                return visit.page(
                    "message.html",
                    error.status,
                    message=error.message,
                    heading=HEADINGS.get(error.status, "Not possible"),
                )

    def _find_session(self, request: Request, is_use: bool) -> tuple[DeskSession | None, str | None]:
        """Return the session, and its secret if it is a new one."""
        session = self._desk.sessions.find(request.cookies.get(self._cookie), is_use)
        if self._proxy is None:
            return session, None
        person = self._proxy.read(request)
        if person is None:
            return None, None
        user, roles = person
        if session is not None and session.actor.user == user and session.actor.roles == roles:
            return session, None
        secret, session = SignInPages.start_proxy_session(self._desk, user, roles)
        return session, secret

    def _sign_in_first(self, page: Page, request: Request, fields: Sequence[tuple[str, str]]) -> Response:
        if self._proxy is not None:
            return self._message(401, "The proxy did not say who you are.")
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        if page.method == "GET":
            return RedirectResponse(f"/sign-in?to={quote(target, safe='')}", 303)
        # What was typed survives: the person signs in again and finds it in the form, unsent.
        path = urlsplit(target).path.rpartition("/")[0]
        kept = [(name, value) for name, value in fields if name not in ("token", "revision", "saw")]
        return self._entrance.ask_again(Draft(path, kept))

    def _message(self, status: int, text: str) -> Response:
        return render(self._desk, "outside.html", status, message=text, is_demo=self._desk.is_demo)


class _Form(NamedTuple):
    fields: Sequence[tuple[str, str]]
    upload: bytes | None


_NO_FORM = _Form((), None)


async def _read_form(request: Request, is_upload: bool) -> _Form:
    async with request.form(max_files=int(is_upload), max_fields=MAX_FORM_FIELDS) as form:
        items = form.multi_items()
        fields = [(name, value) for name, value in items if isinstance(value, str)]
        files = [value for _, value in items if not isinstance(value, str)]
        return _Form(fields, await files[0].read() if files else None)


def _is_token(given: str, session: DeskSession) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), session.form_token.encode())


def _not_found(desk: DeskState) -> Callable[[Request, Exception], Response]:
    def answer(_: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 404)
        return render(desk, "outside.html", status, message="There is no such page.", is_demo=desk.is_demo)

    return answer


def _failed(desk: DeskState) -> Callable[[Request, Exception], Response]:
    def answer(_: Request, error: Exception) -> Response:
        log.error("a page failed", error=type(error).__name__, frames=exception_frames(error))
        text = "This page failed; nothing more is known. The log of the desk says why."
        return render(desk, "outside.html", 500, message=text, is_demo=desk.is_demo)

    return answer
