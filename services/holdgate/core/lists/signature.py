"""Signatures of lists (Ed25519, RFC 8032): who can write to Redis cannot make a list.

What is signed is a statement in JSON, kept as the very text that was signed, so that no two programs have
to agree on how to write it. It fixes the snapshot's bytes and all that the pointer says.
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
"""Stands before what is signed: a key that signs other things too signs no list by them."""

MAX_CLOCK_AHEAD = timedelta(minutes=65)
"""A statement from further ahead of the clock is refused: once believed, it would outdate all that follow."""

_PEM = re.compile(r"-----BEGIN [^-]+-----.*?-----END [^-]+-----", re.DOTALL)

Time = Annotated[datetime, Meta(tz=True)]


class KeyFileError(ValueError):
    """A file that does not hold the key it should; the message says what it has to hold."""


class UntrustedError(ValueError):
    """A list that is not to be screened with; the message says why and what to do."""


class Statement(Struct, frozen=True, omit_defaults=True):
    """What is signed: the pointer, the SHA-256 of the snapshot's bytes (hex), and until when it may be used.

    A list that is older than the one before is believed only as a `rollback`.
    """

    version: str
    sha256: str
    published_at: Time
    expires_at: Time
    as_of: dict[str, Time]
    entries: dict[str, int]
    rollback: bool = False


class SignedStatement(Struct, frozen=True):
    """A statement as it was signed, and its signature in base64."""

    statement: str
    signature: str


def signing_key(pem: str) -> Ed25519PrivateKey:
    """The private key of a PEM text (PKCS 8, not encrypted); raises `KeyFileError`."""
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError(
            "not a private key that can be read: make one with openssl genpkey -algorithm ed25519"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError("not an Ed25519 key: make one with openssl genpkey -algorithm ed25519")
    return key


def verify_keys(pem: str) -> tuple[Ed25519PublicKey, ...]:
    """The public keys of a PEM text, one after the other: two while a key is changed for another.

    Raises `KeyFileError`.
    """
    try:
        keys = [load_pem_public_key(one.encode()) for one in _PEM.findall(pem)]
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError("not a public key that can be read: make one with openssl pkey -pubout") from error
    wanted = [key for key in keys if isinstance(key, Ed25519PublicKey)]
    if not keys or len(wanted) < len(keys):
        raise KeyFileError("holds no Ed25519 public key, or others beside: make it with openssl pkey -pubout")
    return tuple(wanted)


def snapshot_digest(snapshot: bytes | bytearray) -> str:
    """What a statement says of a snapshot's bytes."""
    return hashlib.sha256(snapshot).hexdigest()


def sign(key: Ed25519PrivateKey, statement: Statement) -> SignedStatement:
    """The proof of a statement."""
    text = msgspec.json.encode(statement)
    return SignedStatement(text.decode(), base64.b64encode(key.sign(PURPOSE + text)).decode())


def verified_statement(
    keys: Sequence[Ed25519PublicKey],
    proof: SignedStatement | None,
    before: Statement | None,
    now: datetime,
    announced: datetime | None = None,
) -> Statement:
    """The statement of a proof; raises `UntrustedError`.

    `before` is the newest statement that was believed: one that is older, or whose lists are, is a replay. So
    is one from before the time that was `announced`, which tells it where nothing was believed yet.
    """
    if proof is None:
        raise UntrustedError("the list is not signed: publish it with HOLDGATE_LIST_SIGNING_KEY_FILE")
    text = proof.statement.encode("utf-8", "surrogatepass")
    if not any(_signed(key, proof.signature, text) for key in keys):
        raise UntrustedError(
            "the list's signature is by no key of HOLDGATE_LIST_VERIFY_KEY_FILE: it was altered, or signed"
            " by somebody else"
        )
    try:
        statement = msgspec.json.decode(text, type=Statement)
    except msgspec.DecodeError as error:
        raise UntrustedError(
            f"what is signed is no statement of this format ({error}): publish the lists again with this"
            " version of holdgate"
        ) from error
    if now >= statement.expires_at:
        raise UntrustedError(
            f"the list's signature expired {statement.expires_at:%Y-%m-%d %H:%M} UTC: publish it again"
        )
    if statement.published_at > now + MAX_CLOCK_AHEAD:
        raise UntrustedError(
            f"the list was signed {statement.published_at:%Y-%m-%d %H:%M} UTC, which is yet to come:"
            " set the clocks right"
        )
    if announced is not None and statement.published_at < announced:
        raise UntrustedError(
            f"the list was published {statement.published_at:%Y-%m-%d %H:%M:%S} UTC, and another announced"
            f" {announced:%Y-%m-%d %H:%M:%S}: it comes again; publish the lists"
        )
    if before is not None:
        _follows(before, statement)
    return statement


def _signed(key: Ed25519PublicKey, signature: str, text: bytes) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), PURPOSE + text)
    except (InvalidSignature, ValueError):
        return False
    return True


def _follows(before: Statement, statement: Statement) -> None:
    if statement.published_at < before.published_at:
        raise UntrustedError(
            f"the list was published {statement.published_at:%Y-%m-%d %H:%M:%S} UTC, before the one in use:"
            " it comes again"
        )
    older = older_lists(before.as_of, statement.as_of)
    if older and not statement.rollback:
        raise UntrustedError(f"list {older[0]} is older than the one in use: publish it with --rollback")


def older_lists(before: Mapping[str, datetime], after: Mapping[str, datetime]) -> list[str]:
    """The lists that are of an earlier time than before, by name."""
    return sorted(name for name, as_of in after.items() if name in before and as_of < before[name])
