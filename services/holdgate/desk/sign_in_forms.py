"""What all ways of signing in share: the cookie, the form that keeps typed text, and where it leads."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from holdgate.desk.guard import BodyTooLongError
from holdgate.desk.sessions import KEPT_PREFIX
from holdgate.desk.visit import MAX_FIELD_CHARACTERS
from holdgate.runtime.settings import Settings

FOREIGN_FORM = "This form was sent by another site, so it was not accepted."
ASK_AGAIN_NOTICE = "Your session had ended. What you typed is in the form again, and not sent."
MAX_SIGN_IN_FIELDS = 500


class SignInForm(NamedTuple):
    """The form of a sign-in: its fields, where it leads, and what was typed before a session ended."""

    values: Mapping[str, str]
    target: str
    kept: Sequence[tuple[str, str]]


async def read_sign_in_form(request: Request) -> SignInForm | None:
    """Return the form; None if it is too long."""
    try:
        async with request.form(max_files=0, max_fields=MAX_SIGN_IN_FIELDS) as form:
            fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    except BodyTooLongError:
        return None
    values = dict(fields)
    kept = [
        (field.removeprefix(KEPT_PREFIX), value[:MAX_FIELD_CHARACTERS])
        for field, value in fields
        if field.startswith(KEPT_PREFIX)
    ]
    return SignInForm(values, safe_target(values.get("to", "/")), kept)


def cookie_name(settings: Settings) -> str:
    """Return the name of the session cookie; browsers accept the prefix `__Host-` over TLS only."""
    return "__Host-holdgate" if settings.desk_url.startswith("https") else "holdgate"


def set_cookie(response: Response, settings: Settings, secret: str) -> None:
    """Give a browser the secret of its session."""
    is_secure = settings.desk_url.startswith("https")
    response.set_cookie(
        cookie_name(settings), secret, path="/", secure=is_secure, httponly=True, samesite="lax"
    )


def delete_cookie(response: Response, name: str) -> None:
    """Have a browser forget a cookie of the desk."""
    response.delete_cookie(name, path="/", secure=name.startswith("__Host-"), httponly=True, samesite="lax")


def safe_target(target: str) -> str:
    """Return an address of the desk, `/` for one that leads elsewhere."""
    is_local = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if is_local and "\\" not in target else "/"
