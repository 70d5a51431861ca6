"""What an issuer of OpenID Connect answers."""

from datetime import datetime
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta, Struct

MAX_INTERVAL_SECONDS = 60.0
Address = Annotated[str, Meta(max_length=2_000)]


class OidcPerson(NamedTuple):
    """Who the issuer says somebody is, and the ID token that says so."""

    subject: str
    name: str
    groups: tuple[str, ...]
    signed_in_at: datetime
    id_token: str


class DeviceCode(Struct, frozen=True):
    """The answer of the device authorization endpoint (RFC 8628, section 3.2)."""

    device_code: Annotated[str, Meta(min_length=1, max_length=4_096)]
    user_code: Annotated[str, Meta(min_length=1, max_length=100)]
    verification_uri: Address
    expires_in: Annotated[float, Meta(gt=0, le=3_600)]
    interval: Annotated[float, Meta(ge=0, le=MAX_INTERVAL_SECONDS)] = 5


class IssuerMetadata(Struct, frozen=True):
    """What Holdgate needs of the issuer's metadata (OpenID Connect Discovery 1.0, section 3)."""

    issuer: Address
    authorization_endpoint: Address
    token_endpoint: Address
    jwks_uri: Address
    end_session_endpoint: Address | None = None
    device_authorization_endpoint: Address | None = None
    id_token_signing_alg_values_supported: list[str] = msgspec.field(default_factory=lambda: ["RS256"])
    token_endpoint_auth_methods_supported: list[str] = msgspec.field(
        default_factory=lambda: ["client_secret_basic"]
    )


class PersonClaims(Struct, frozen=True):
    """The claims of an ID token that say who somebody is; the others are checked by Authlib."""

    sub: Annotated[str, Meta(min_length=1, max_length=200)]
    iat: float
    auth_time: float | None = None
    name: str | None = None
    preferred_username: str | None = None
