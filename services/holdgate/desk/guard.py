"""What every answer of the desk has, whatever the page: security headers, a known host, bounded requests."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from holdgate.core.review.notes_text import MAX_ATTACHMENT_BYTES

MAX_BODY_BYTES = 512 * 1024
"""The longest form has a note of 10,000 characters, 12 bytes each in a form, and 200 verdicts."""

UPLOAD_SUFFIX = "/attach"
MAX_UPLOAD_BYTES = MAX_ATTACHMENT_BYTES + 16 * 1024
"""Bytes of a form with a file, for addresses that end with UPLOAD_SUFFIX."""

MAX_TARGET_BYTES = 8 * 1024

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Sequence[tuple[str, str]] = (
    ("content-security-policy", CONTENT_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=()"),
)
NO_STORE = "no-store"
STATIC_CACHE = "public, max-age=3600"


class Guard:
    """Middleware around all pages. `origin` is the address by which browsers know the desk."""

    def __init__(self, app: ASGIApp, origin: str) -> None:
        self._app = app
        parts = urlsplit(origin)
        self._host = parts.netloc
        self._is_secure = parts.scheme == "https"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_static = scope["path"].startswith("/static/")

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS:
                    headers[name] = value
                headers["cache-control"] = STATIC_CACHE if is_static else NO_STORE
                if self._is_secure:
                    headers["strict-transport-security"] = "max-age=31536000"
            await send(message)

        refusal = self._why_refused(scope)
        if refusal is not None:
            await refusal(scope, receive, send_guarded)
            return
        read = 0

        async def receive_bounded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > _max_body(scope):
                raise BodyTooLongError
            return message

        await self._app(scope, receive_bounded, send_guarded)

    def _why_refused(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        # Another name for this address, under an attacker's control, would make their page same-origin.
        if headers.get("host", "").lower() != self._host:
            return PlainTextResponse("this desk has another address\n", 421)
        if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_TARGET_BYTES:
            return PlainTextResponse("the address is too long\n", 414)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > _max_body(scope):
            return PlainTextResponse("the form is too long\n", 413)
        return None


def _max_body(scope: Scope) -> int:
    return MAX_UPLOAD_BYTES if scope["path"].endswith(UPLOAD_SUFFIX) else MAX_BODY_BYTES


class BodyTooLongError(Exception):
    """A body without a stated length went on beyond MAX_BODY_BYTES."""


def is_same_origin(request: Request, origin: str) -> bool:
    """Return whether the browser says that a form was sent by a page of the desk."""
    site = request.headers.get("sec-fetch-site")
    return site == "same-origin" if site is not None else request.headers.get("origin", "").lower() == origin
