"""OpenID Connect: asks one issuer who somebody is, by their browser (code flow) or a terminal (device flow).

Authlib speaks the protocol and checks ID tokens. It is the extra `holdgate[oidc]`, so it is imported late.
"""

import math
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from holdgate.adapters.oidc.messages import DeviceCode, IssuerMetadata, OidcPerson, PersonClaims
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings, SettingsError, secret, variable_name

ANSWER_SECONDS = 5.0
RETRY_SECONDS = 5.0
"""An issuer that did not answer is asked again after this; until then nobody waits for it."""

METADATA_SECONDS = 3_600.0
"""How long the issuer's addresses are kept. Its keys are read for every sign-in."""

LEEWAY_SECONDS = 60
"""How far the clocks of issuer and Holdgate may be apart."""

MAX_ID_TOKEN_CHARACTERS = 16_384
MAX_GROUPS = 1_000
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
"""Signatures that are accepted: none that can be made with the client's secret, or without a key."""

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
SLOW_DOWN_SECONDS = 5.0
"""By RFC 8628 (section 3.5) the interval grows by this when the issuer says `slow_down`."""


class OidcError(OperatorError):
    """Nobody was signed in; the message says why, without anything of the person."""


class OidcIssuer:
    """The issuer of HOLDGATE_OIDC_ISSUER. Every call may raise `OidcError`."""

    def __init__(self, settings: Settings) -> None:
        """Raise `SettingsError` if a setting or the extra is missing; the issuer is not asked."""
        if settings.oidc_issuer is None or settings.oidc_client_id is None:
            names = " and ".join(variable_name(name) for name in ("oidc_issuer", "oidc_client_id"))
            raise SettingsError(f"{names} are needed (docs/desk.md)")
        try:
            import authlib.integrations.httpx_client as authlib_client
        except ImportError as error:
            raise SettingsError("OpenID Connect needs the extra: pip install 'holdgate[oidc]'") from error
        self._authlib = authlib_client
        self.issuer = settings.oidc_issuer
        self._client_id = settings.oidc_client_id
        self._scope = settings.oidc_scope
        self._groups_claim = settings.oidc_groups_claim
        path = settings.oidc_client_secret_file
        self._client_secret = secret(path) if path else None
        try:
            self._tls = ssl.create_default_context(cafile=settings.oidc_ca_file)
        except OSError as error:
            raise SettingsError(f"{variable_name('oidc_ca_file')}: {error}") from error
        self._lock = threading.Lock()
        self._known: tuple[float, IssuerMetadata] | None = None
        self._failed_at = -math.inf

    def authorization_address(self, back: str, state: str, nonce: str, verifier: str) -> str:
        """Return the address to which a browser is sent; the issuer sends it back to `back` with a code."""
        metadata = self._metadata()
        with self._client() as client:
            address, _ = client.create_authorization_url(
                metadata.authorization_endpoint,
                state=state,
                code_verifier=verifier,
                nonce=nonce,
                redirect_uri=back,
            )
        return str(address)

    def redeem_code(self, code: str, back: str, nonce: str, verifier: str) -> OidcPerson:
        """Return who signed in, for the code with which the issuer sent a browser back."""
        metadata = self._metadata()
        with self._client(metadata) as client:
            token = client.fetch_token(
                metadata.token_endpoint,
                grant_type="authorization_code",
                code=code,
                redirect_uri=back,
                code_verifier=verifier,
            )
            return self._read(metadata, client, token, nonce)

    def sign_out_address(self, id_token: str, back: str) -> str | None:
        """Return the address at which a browser signs out of the issuer too; None if there is none."""
        endpoint = self._metadata().end_session_endpoint
        if endpoint is None:
            return None
        query = {"id_token_hint": id_token, "client_id": self._client_id, "post_logout_redirect_uri": back}
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def begin_device(self) -> DeviceCode:
        """Return the code that a person enters at the issuer's page."""
        metadata = self._metadata()
        endpoint = metadata.device_authorization_endpoint
        if endpoint is None:
            raise OidcError(f"{self.issuer} has no device flow (RFC 8628)")
        with self._client(metadata) as client:
            answer = client.post(
                endpoint,
                data={"client_id": self._client_id, "scope": self._scope},
                auth=client.client_auth(client.token_endpoint_auth_method),
            )
            if answer.status_code != 200:
                raise OidcError(f"{self.issuer} refused the device flow (HTTP {answer.status_code})")
            return msgspec.convert(answer.json(), DeviceCode)

    def await_device(self, device: DeviceCode, wait: Callable[[float], object] = time.sleep) -> OidcPerson:
        """Return who signed in with a device code, once they have."""
        metadata, interval = self._metadata(), max(device.interval, 1.0)
        waited = 0.0
        with self._client(metadata) as client:
            while waited < device.expires_in:
                wait(interval)
                waited += interval
                try:
                    token = client.fetch_token(
                        metadata.token_endpoint, grant_type=DEVICE_GRANT, device_code=device.device_code
                    )
                except self._authlib.OAuthError as error:
                    if error.error == "slow_down":
                        interval += SLOW_DOWN_SECONDS
                    elif error.error != "authorization_pending":
                        raise
                else:
                    return self._read(metadata, client, token, None)
        raise OidcError("nobody signed in in time: begin again")

    def read_id_token(self, id_token: str) -> OidcPerson:
        """Return who an ID token of this issuer for this client names, if it is valid now."""
        metadata = self._metadata()
        with self._client(metadata) as client:
            return self._read(metadata, client, {"id_token": id_token}, None)

    def _read(self, metadata: IssuerMetadata, client: Any, token: Any, nonce: str | None) -> OidcPerson:
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.jwk import KeySet
        from joserfc.jws import JWSRegistry

        id_token = token.get("id_token")
        if not isinstance(id_token, str) or len(id_token) > MAX_ID_TOKEN_CHARACTERS:
            raise OidcError("the issuer's answer has no ID token: is `openid` in HOLDGATE_OIDC_SCOPE?")
        answer = client.get(metadata.jwks_uri, auth=None)
        keys = KeySet.import_key_set(answer.raise_for_status().json())
        accepted = sorted(ALGORITHMS.intersection(metadata.id_token_signing_alg_values_supported))
        decoded = jwt.decode(
            id_token, keys, registry=JWSRegistry(algorithms=accepted, strict_check_header=False)
        )
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self._client_id},
            },
            {"nonce": nonce, "client_id": self._client_id, "access_token": token.get("access_token")},
        )
        claims.validate(leeway=LEEWAY_SECONDS)
        return self._person(dict(claims), id_token)

    def _person(self, claims: dict[str, Any], id_token: str) -> OidcPerson:
        said = msgspec.convert(claims, PersonClaims)
        groups = claims.get(self._groups_claim, [])
        groups = [groups] if isinstance(groups, str) else groups
        if not isinstance(groups, list):
            raise OidcError(f"the claim {self._groups_claim} is no list of groups")
        names = tuple(group for group in groups[:MAX_GROUPS] if isinstance(group, str))
        signed_in_at = datetime.fromtimestamp(said.auth_time or said.iat, UTC)
        name = said.name or said.preferred_username or ""
        return OidcPerson(said.sub, name, names, signed_in_at, id_token)

    def _metadata(self) -> IssuerMetadata:
        with self._lock:
            if self._known is not None and time.monotonic() - self._known[0] < METADATA_SECONDS:
                return self._known[1]
            if time.monotonic() - self._failed_at < RETRY_SECONDS:
                raise OidcError(f"{self.issuer} does not answer as expected: try again in a moment")
            self._failed_at = time.monotonic()
            with self._client() as client:
                address = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
                answer = client.get(address, auth=None)
                metadata = msgspec.convert(answer.raise_for_status().json(), IssuerMetadata)
            self._check(metadata)
            self._known, self._failed_at = (time.monotonic(), metadata), -math.inf
            return metadata

    def _check(self, metadata: IssuerMetadata) -> None:
        if metadata.issuer != self.issuer:
            raise OidcError(f"{self.issuer} says that it is another issuer: correct HOLDGATE_OIDC_ISSUER")
        scheme = urlsplit(self.issuer).scheme
        for endpoint in (
            metadata.authorization_endpoint,
            metadata.token_endpoint,
            metadata.jwks_uri,
            metadata.end_session_endpoint,
            metadata.device_authorization_endpoint,
        ):
            if endpoint is not None and urlsplit(endpoint).scheme != scheme:
                raise OidcError(f"{self.issuer} has an address that is not {scheme}")

    @contextmanager
    def _client(self, metadata: IssuerMetadata | None = None) -> Iterator[Any]:
        """Yield a client of Authlib; whatever it or the issuer's answer raises becomes `OidcError`."""
        import httpx2
        from authlib.common.errors import AuthlibBaseError
        from joserfc.errors import JoseError

        method = "none"
        if self._client_secret is not None:
            methods = metadata.token_endpoint_auth_methods_supported if metadata else []
            is_basic = "client_secret_basic" in methods or "client_secret_post" not in methods
            method = "client_secret_basic" if is_basic else "client_secret_post"
        try:
            with self._authlib.OAuth2Client(
                self._client_id,
                self._client_secret,
                token_endpoint_auth_method=method,
                scope=self._scope,
                code_challenge_method="S256",
                timeout=ANSWER_SECONDS,
                verify=self._tls,
            ) as client:
                yield client
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise OidcError(f"{self.issuer} does not answer as expected: {type(error).__name__}") from error
        except AuthlibBaseError as error:
            raise OidcError(f"{self.issuer} refused: {_code(error.error)}") from error
        except JoseError as error:
            raise OidcError(f"the ID token is not accepted: {_code(error.error)} {error}"[:200]) from error
        except (msgspec.ValidationError, ValueError, OverflowError) as error:
            raise OidcError(f"{self.issuer} gave an answer that cannot be read") from error


def _code(text: object) -> str:
    """Return an error code as the log may have it."""
    return "".join(char for char in str(text)[:100] if char.isascii() and char.isprintable())
