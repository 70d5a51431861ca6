"""A small OpenID Connect issuer on a local port: one client, and one person at a time, who agrees."""

import contextlib
import hashlib
import secrets
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from deploy.local.ports import free_port
from tests.support.rig import wait_until

CLIENT, SECRET = "holdgate", "a secret of this client"
USER_CODE = "WDJB-MJHT"


class SmallIssuer:
    """Tests change its members: who signs in, the claims, the key that signs, what the device flow says."""

    def __init__(self, back: str = "") -> None:
        self.address = f"http://localhost:{free_port()}"
        self.back = back
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.signing_key: RSAKey | OctKey = self.key
        self.algorithm = "RS256"
        self.person: dict[str, Any] = {"sub": "4711", "name": "Anna Analyst", "groups": ["team-a"]}
        self.claims: dict[str, Any] = {}
        """Claims that replace those of an honest ID token; None leaves one out."""
        self.metadata: dict[str, Any] = {}
        self.device_answers: list[str] = []
        """Errors that the device flow says before it says who signed in."""
        self.asked: list[dict[str, str]] = []
        """What browsers asked the authorization endpoint for."""
        self._codes: dict[str, dict[str, str]] = {}

    @contextlib.contextmanager
    def served(self) -> Iterator["SmallIssuer"]:
        """Serve for the length of the block."""
        host, _, port = self.address.removeprefix("http://").rpartition(":")
        config = uvicorn.Config(
            Starlette(
                routes=[
                    Route("/.well-known/openid-configuration", self._metadata),
                    Route("/jwks", self._jwks),
                    Route("/authorize", self._authorize),
                    Route("/token", self._token, methods=["POST"]),
                    Route("/device", self._device, methods=["POST"]),
                    Route("/end", self._end),
                ]
            ),
            host=host,
            port=int(port),
            log_config=None,
            lifespan="off",
            ws="none",
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            wait_until(lambda: server.started, "the issuer listens")
            yield self
        finally:
            server.should_exit = True
            thread.join()

    def id_token(self, nonce: str | None = None) -> str:
        """Return a signed ID token for the person."""
        now = int(time.time())
        honest = {"iss": self.address, "aud": CLIENT, "iat": now, "exp": now + 300, "auth_time": now - 60}
        honest |= {"nonce": nonce} if nonce else {}
        claims = honest | self.person | self.claims
        return jwt.encode(
            {"alg": self.algorithm, "kid": "one"},
            {name: value for name, value in claims.items() if value is not None},
            self.signing_key,
            algorithms=[self.algorithm],
        )

    async def _metadata(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/jwks",
                "end_session_endpoint": f"{self.address}/end",
                "device_authorization_endpoint": f"{self.address}/device",
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            }
            | self.metadata
        )

    async def _jwks(self, _: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        self.asked.append(asked)
        is_right = (
            asked.get("client_id") == CLIENT
            and asked.get("redirect_uri") == self.back
            and asked.get("response_type") == "code"
            and asked.get("code_challenge_method") == "S256"
            and "openid" in asked.get("scope", "").split()
        )
        if not is_right:
            return PlainTextResponse("not asked for as it should be", 400)
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        query = urlencode({"code": code, "state": asked["state"], "iss": self.address})
        return RedirectResponse(f"{self.back}?{query}", 302)

    async def _token(self, request: Request) -> Response:
        async with request.form() as form:
            given = {name: str(value) for name, value in form.items()}
        if not self._is_client(request):
            return JSONResponse({"error": "invalid_client"}, 401)
        nonce = None
        if given["grant_type"] == "authorization_code":
            asked = self._codes.pop(given["code"], None)  # a code is good for one time
            if asked is None or _challenge(given.get("code_verifier", "")) != asked["code_challenge"]:
                return JSONResponse({"error": "invalid_grant"}, 400)
            nonce = asked["nonce"]
        elif self.device_answers:
            return JSONResponse({"error": self.device_answers.pop(0)}, 400)
        token = {"access_token": "opaque", "token_type": "Bearer", "expires_in": 300}
        return JSONResponse(token | {"id_token": self.id_token(nonce)})

    async def _device(self, request: Request) -> Response:
        if not self._is_client(request):
            return JSONResponse({"error": "invalid_client"}, 401)
        return JSONResponse(
            {
                "device_code": "a device code",
                "user_code": USER_CODE,
                "verification_uri": f"{self.address}/enter",
                "expires_in": 60,
                "interval": 0,
            }
        )

    async def _end(self, request: Request) -> Response:
        return RedirectResponse(request.query_params["post_logout_redirect_uri"], 302)

    @staticmethod
    def _is_client(request: Request) -> bool:
        given = request.headers.get("authorization", "").removeprefix("Basic ")
        return b64decode(given).decode() == f"{CLIENT}:{SECRET}"


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
