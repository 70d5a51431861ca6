"""Signing in with OpenID Connect: the browser goes to the issuer, comes back with a code, and has a session.

State, nonce and the PKCE verifier are digests of one secret in a cookie of this browser. So a sign-in that
was begun in another browser is refused, and the desk keeps nothing until somebody has signed in.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import UTC, datetime
from urllib.parse import quote, unquote

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from holdgate.adapters.oidc.issuer import OidcError
from holdgate.casework.oidc_people import OidcPeople
from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.desk.guard import is_same_origin
from holdgate.desk.sessions import SECRET_BYTES, Draft
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

SIGN_IN_SECONDS = 600
"""How long somebody may take at the issuer's pages."""

MAX_WAITING_DRAFTS = 100
MAX_TARGET_CHARACTERS = 1_000
MAX_CODE_CHARACTERS = 4_096
MAX_SHOWN_NAME = 80
BACK_PATH = "/sign-in/back"
SIGNED_OUT_PATH = "/signed-out"


class OidcSignIn:
    """The pages before a session."""

    def __init__(self, desk: DeskState) -> None:
        """Raise `SettingsError` if a setting is missing or wrong."""
        self._desk = desk
        self._people = OidcPeople(desk.settings)
        self._back = desk.settings.desk_url + BACK_PATH
        self._cookie = cookie_name(desk.settings) + "-sign-in"
        self._drafts: BoundedCache[str, Draft] = BoundedCache(MAX_WAITING_DRAFTS)
        """What was typed before a session ended, by the state of the sign-in that follows."""

    def ask_again(self, draft: Draft) -> Response:
        """Ask somebody whose session ended to sign in, and keep what they typed in the page."""
        return render(
            self._desk, "sign_in.html", 401, people=[], to=draft.path, kept=draft.hidden_fields(),
            is_demo=False, ended=True,
        )  # fmt: skip

    async def show(self, request: Request) -> Response:
        """Send the browser to the issuer."""
        target = safe_target(request.query_params.get("to", "/"))
        try:
            address, sign_in = await run_in_threadpool(self._begin)
        except OidcError as error:
            return self._refuse(503, str(error))
        response = RedirectResponse(address, 303)
        self._set_cookie(response, sign_in, target)
        return response

    async def sign_in(self, request: Request) -> Response:
        """Send a browser to the issuer whose form was not accepted because the session had ended.

        A redirect from a form to another site is against the content policy, so a page leads there.
        """
        if not is_same_origin(request, self._desk.settings.desk_url):
            return self._refuse(403, FOREIGN_FORM)
        form = await read_sign_in_form(request)
        if form is None:
            return self._refuse(413, "The form is too long.")
        try:
            address, sign_in = await run_in_threadpool(self._begin)
        except OidcError as error:
            return self._refuse(503, str(error))
        if form.kept:
            self._drafts[_derive(sign_in, "state")] = Draft(form.target, form.kept)
        response = self._lead("You are asked to sign in.", address, "Sign in")
        self._set_cookie(response, sign_in, form.target)
        return response

    async def come_back(self, request: Request) -> Response:
        """Begin a session for whoever the issuer names, if this browser began the sign-in."""
        sign_in, _, kept_target = request.cookies.get(self._cookie, "").partition(".")
        given = request.query_params
        if not sign_in or not hmac.compare_digest(
            given.get("state", "").encode(), _derive(sign_in, "state").encode()
        ):
            return self._refuse(
                403, "This sign-in was not begun in this browser, or it took too long: begin again."
            )
        draft = self._drafts.pop(_derive(sign_in, "state"), None)
        if given.get("iss", self._people.issuer.issuer) != self._people.issuer.issuer:
            return self._refuse(403, "Another issuer answered than the one that was asked.")
        code = given.get("code", "")
        if not 0 < len(code) <= MAX_CODE_CHARACTERS:
            log.info("sign-in refused by the issuer", error=given.get("error", "")[:100])
            return self._refuse(403, "The issuer signed nobody in.")
        try:
            person = await run_in_threadpool(
                self._people.issuer.redeem_code,
                code,
                self._back,
                _derive(sign_in, "nonce"),
                _derive(sign_in, "verifier"),
            )
            actor = self._people.actor(person)
        except OidcError as error:
            return self._refuse(403, str(error))
        sessions = self._desk.sessions
        sessions.end(request.cookies.get(cookie_name(self._desk.settings)))
        name = "".join(char for char in person.name if char.isprintable())[:MAX_SHOWN_NAME] or actor.user
        secret, session = sessions.start(actor, name, draft)
        session.id_token = person.id_token
        session.notice = ASK_AGAIN_NOTICE if draft else None
        log.info("signed in", user=actor.user, roles=actor.roles, method="oidc")
        response = RedirectResponse(safe_target(unquote(kept_target)), 303)
        set_cookie(response, self._desk.settings, secret)
        delete_cookie(response, self._cookie)
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the session, and lead to where the issuer ends its own."""
        if not is_same_origin(request, self._desk.settings.desk_url):
            return self._refuse(403, FOREIGN_FORM)
        name = cookie_name(self._desk.settings)
        session = self._desk.sessions.find(request.cookies.get(name))
        self._desk.sessions.end(request.cookies.get(name))
        address = None
        if session is not None and session.id_token is not None:
            back = self._desk.settings.desk_url + SIGNED_OUT_PATH
            try:
                address = await run_in_threadpool(
                    self._people.issuer.sign_out_address, session.id_token, back
                )
            except OidcError as error:
                log.warning("the issuer was not asked to end its session", error=str(error))
        response = self._lead("You are signed out of the desk.", address, "Sign out of the issuer too")
        delete_cookie(response, name)
        return response

    async def signed_out(self, _: Request) -> Response:
        """Say that both sessions ended."""
        return self._lead("You are signed out.", None, "")

    def _begin(self) -> tuple[str, str]:
        """Return the issuer's address for a new sign-in, and the secret of its cookie."""
        sign_in = secrets.token_urlsafe(SECRET_BYTES)
        state, nonce, verifier = (_derive(sign_in, name) for name in ("state", "nonce", "verifier"))
        return self._people.issuer.authorization_address(self._back, state, nonce, verifier), sign_in

    def _set_cookie(self, response: Response, sign_in: str, target: str) -> None:
        kept = quote(target, safe="")
        value = f"{sign_in}.{kept if len(kept) <= MAX_TARGET_CHARACTERS else quote('/', safe='')}"
        is_secure = self._desk.settings.desk_url.startswith("https")
        # Lax, not strict: the browser comes back from the issuer's site.
        response.set_cookie(
            self._cookie, value, SIGN_IN_SECONDS, path="/", secure=is_secure, httponly=True, samesite="lax"
        )

    def _lead(self, message: str, address: str | None, text: str) -> Response:
        return render(
            self._desk, "outside.html", 200, message=message, is_demo=False, onward=address, onward_text=text
        )

    def _refuse(self, status: int, text: str) -> Response:
        log.warning("not signed in", reason=text, at=datetime.now(UTC).isoformat(timespec="seconds"))
        return render(self._desk, "outside.html", status, message=text, is_demo=False)


def _derive(sign_in: str, purpose: str) -> str:
    """Return a value that only who has the secret can know: 43 characters, as a PKCE verifier needs."""
    digest = hashlib.sha256(f"holdgate desk {purpose} {sign_in}".encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
