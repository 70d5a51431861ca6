"""Who a reviewer is: the signed statement of whoever manages identities, and the pseudonym in events."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Meta, Struct

from holdgate.core.review.event_contents import Moment
from holdgate.core.review.review_rules import Role

TOKEN_PURPOSE = b"holdgate reviewer 1\n"
"""Prefix of the signed bytes: a signature made with the same key for another purpose is not valid here."""

PSEUDONYM_DIGITS = 16
"""64 bits: by the birthday bound, two of a million people share a pseudonym with a chance of 1 in 36 million.
People with the same pseudonym could not approve each other's proposals."""

MAX_TOKEN_CHARACTERS = 4_096


class IdentityError(ValueError):
    """A token that is not accepted; the message says why and what to do."""


class ReviewerToken(Struct, frozen=True, forbid_unknown_fields=True):
    """A person (`subject` at `issuer`), their roles, and from when until when the statement is valid."""

    issuer: Annotated[str, Meta(min_length=1, max_length=200)]
    subject: Annotated[str, Meta(min_length=1, max_length=200)]
    roles: Annotated[tuple[Role, ...], Meta(min_length=1, max_length=8)]
    issued_at: Moment
    expires_at: Moment

    def __post_init__(self) -> None:
        if "review" in self.roles:
            raise ValueError("no person has the role review")


def pseudonym(key: bytes, issuer: str, subject: str) -> str:
    """Return the pseudonym of a person, the HMAC-SHA-256 of issuer and subject: only who has the key can tell
    whose it is."""
    digest = hmac.new(key, msgspec.json.encode((issuer, subject)), "sha256").hexdigest()
    return f"u:{digest[:PSEUDONYM_DIGITS]}"


def sign_token(key: Ed25519PrivateKey, token: ReviewerToken) -> str:
    """Return a token as one line: the statement and its signature, both in base64url, joined by a dot."""
    statement = msgspec.json.encode(token)
    parts = (statement, key.sign(TOKEN_PURPOSE + statement))
    return ".".join(base64.urlsafe_b64encode(part).decode() for part in parts)


def read_token(keys: Sequence[Ed25519PublicKey], line: str, now: datetime) -> ReviewerToken:
    """Return the statement of a token that one of the keys signed and that is valid now.

    Raises `IdentityError`.
    """
    try:
        if len(line) > MAX_TOKEN_CHARACTERS:
            raise ValueError("too long")
        statement, signature = (base64.urlsafe_b64decode(part) for part in line.strip().split("."))
    except (ValueError, binascii.Error) as error:
        raise IdentityError("the token cannot be read: ask for a new one") from error
    if not any(_is_signed(key, signature, statement) for key in keys):
        raise IdentityError("the token is not signed by a key of HOLDGATE_REVIEW_TOKEN_KEY_FILE")
    try:
        token = msgspec.json.decode(statement, type=ReviewerToken)
    except msgspec.DecodeError as error:
        raise IdentityError(f"the token cannot be read: {error}") from error
    if not token.issued_at <= now < token.expires_at:
        valid = f"from {token.issued_at:%Y-%m-%d %H:%M} to {token.expires_at:%Y-%m-%d %H:%M %Z}"
        raise IdentityError(f"the token is valid {valid}: ask for a new one")
    return token


def _is_signed(key: Ed25519PublicKey, signature: bytes, statement: bytes) -> bool:
    try:
        key.verify(signature, TOKEN_PURPOSE + statement)
    except InvalidSignature:
        return False
    return True
