"""Signatures of lists (Ed25519, RFC 8032): write access to Redis is not enough to forge a list.

The signed statement is JSON, stored as the exact text that was signed, so that no two programs have to agree
on its encoding. It covers the snapshot's bytes and everything in the pointer.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from msgspec import Meta, Struct

PURPOSE = b"holdgate list 1\n"
"""Prefix of the signed bytes: a signature made with the same key for another purpose is not valid here."""

MAX_CLOCK_AHEAD = timedelta(minutes=65)
"""A statement from further in the future is rejected: once accepted, it would outdate all later ones."""

_PEM = re.compile(r"-----BEGIN [^-]+-----.*?-----END [^-]+-----", re.DOTALL)

Time = Annotated[datetime, Meta(tz=True)]


class KeyFileError(ValueError):
    """A file without the required key; the message says what it must contain."""


class UntrustedError(ValueError):
    """A list that must not be used for screening; the message says why and what to do."""


class Statement(Struct, frozen=True, omit_defaults=True):
    """The signed statement: the pointer, the SHA-256 of the snapshot's bytes (hex), and the expiry.

    A list that is older than the one in use is only accepted as a `rollback`.
    """

    version: str
    sha256: str
    published_at: Time
    expires_at: Time
    as_of: dict[str, Time]
    entries: dict[str, int]
    rollback: bool = False


class SignedStatement(Struct, frozen=True):
    """The exact text of a statement, and its signature in base64."""

    statement: str
    signature: str


def signing_key(pem: str) -> Ed25519PrivateKey:
    """Return the private key of a PEM text (PKCS 8, not encrypted); raise `KeyFileError`."""
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError(
            "the private key cannot be read: create one with openssl genpkey -algorithm ed25519"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError("not an Ed25519 key: create one with openssl genpkey -algorithm ed25519")
    return key


def verify_keys(pem: str) -> tuple[Ed25519PublicKey, ...]:
    """Return the public keys of a PEM text; there are two during a key rotation. Raise `KeyFileError`."""
    try:
        keys = [load_pem_public_key(block.encode()) for block in _PEM.findall(pem)]
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError("the public key cannot be read: create one with openssl pkey -pubout") from error
    ed25519_keys = [key for key in keys if isinstance(key, Ed25519PublicKey)]
    if not keys or len(ed25519_keys) < len(keys):
        raise KeyFileError(
            "contains no Ed25519 public key, or keys of another type: create it with openssl pkey -pubout"
        )
    return tuple(ed25519_keys)


def snapshot_digest(snapshot: bytes | bytearray) -> str:
    """Return the SHA-256 of a snapshot's bytes (hex), as in a statement."""
    return hashlib.sha256(snapshot).hexdigest()


def sign(key: Ed25519PrivateKey, statement: Statement) -> SignedStatement:
    """Return the statement as JSON text with its signature."""
    text = msgspec.json.encode(statement)
    return SignedStatement(text.decode(), base64.b64encode(key.sign(PURPOSE + text)).decode())


def verified_statement(
    keys: Sequence[Ed25519PublicKey],
    proof: SignedStatement | None,
    before: Statement | None,
    now: datetime,
    announced: datetime | None = None,
) -> Statement:
    """Verify a proof and return its statement; raise `UntrustedError`.

    `before` is the newest accepted statement; an older one, or one with older lists, is a replay. So is one
    published before `announced`, which detects a replay when nothing has been accepted yet.
    """
    if proof is None:
        raise UntrustedError("the list is not signed: publish it with HOLDGATE_LIST_SIGNING_KEY_FILE")
    text = proof.statement.encode("utf-8", "surrogatepass")
    if not any(_signed(key, proof.signature, text) for key in keys):
        raise UntrustedError(
            "the list's signature matches no key of HOLDGATE_LIST_VERIFY_KEY_FILE: the list was altered,"
            " or signed with another key; publish it again with the right key"
        )
    try:
        statement = msgspec.json.decode(text, type=Statement)
    except msgspec.DecodeError as error:
        raise UntrustedError(
            f"the signed statement cannot be read ({error}): publish the lists again with this"
            " version of holdgate"
        ) from error
    if now >= statement.expires_at:
        raise UntrustedError(
            f"the list's signature expired {statement.expires_at:%Y-%m-%d %H:%M} UTC: publish it again"
        )
    if statement.published_at > now + MAX_CLOCK_AHEAD:
        raise UntrustedError(
            f"the list was signed {statement.published_at:%Y-%m-%d %H:%M} UTC, which is in the future:"
            " correct the clocks"
        )
    if announced is not None and statement.published_at < announced:
        raise UntrustedError(
            f"the list was published {statement.published_at:%Y-%m-%d %H:%M:%S} UTC, but one of"
            f" {announced:%Y-%m-%d %H:%M:%S} was announced: it is a replay; publish the lists again"
        )
    if before is not None:
        _check_newer(before, statement)
    return statement


def _signed(key: Ed25519PublicKey, signature: str, text: bytes) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), PURPOSE + text)
    except (InvalidSignature, ValueError):
        return False
    return True


def _check_newer(before: Statement, statement: Statement) -> None:
    if statement.published_at < before.published_at:
        raise UntrustedError(
            f"the list was published {statement.published_at:%Y-%m-%d %H:%M:%S} UTC, before the one in use:"
            " it is a replay; publish the lists again"
        )
    older = older_lists(before.as_of, statement.as_of)
    if older and not statement.rollback:
        raise UntrustedError(f"list {older[0]} is older than the one in use: publish it with --rollback")


def older_lists(before: Mapping[str, datetime], after: Mapping[str, datetime]) -> list[str]:
    """Return the names of lists whose time is earlier than before, sorted."""
    return sorted(name for name, as_of in after.items() if name in before and as_of < before[name])
