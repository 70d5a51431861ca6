"""Signed checkpoints: the size and root of a tree, as C2SP tlog-checkpoint in a C2SP signed-note.

    <origin>
    <size, decimal>
    <root, base64>

    — <origin> <base64 of key id and Ed25519 signature>

The text has nothing else, such as a time, and Ed25519 is deterministic: a tree of one size has one checkpoint
per key. Specifications: https://c2sp.org/signed-note and https://c2sp.org/tlog-checkpoint.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from holdgate.audit.merkle import HASH_BYTES

_ED25519 = b"\x01"
"""The signature type of Ed25519 in key ids (signed-note)."""

_KEY_ID_BYTES = 4

MAX_SIGNATURES = 100
"""A note with more signatures is rejected, as the specification allows."""

_SIGNATURE_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class CheckpointError(ValueError):
    """A note that is malformed or not signed by a known key; the message says which."""


class TreeHead(NamedTuple):
    """The root of the first `size` leaves of the tree named `origin`."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def key_id(name: str, key: Ed25519PublicKey) -> bytes:
    """Return the four bytes that identify a key under a name."""
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + raw).digest()[:_KEY_ID_BYTES]


def sign_note(name: str, key: Ed25519PrivateKey, text: str) -> str:
    """Return a note: the text, which ends in a line feed, with one signature."""
    signature = key_id(name, key.public_key()) + key.sign(text.encode())
    return f"{text}\n— {name} {base64.b64encode(signature).decode()}\n"


def open_note(name: str, keys: Sequence[Ed25519PublicKey], note: str) -> str:
    """Return the text of a note that one of the keys has signed under `name`; raise `CheckpointError`.

    Signatures of others, such as witnesses, are ignored. One by a known key that is wrong rejects the note.
    """
    text, blank, signatures = note.rpartition("\n\n")
    text += "\n"
    if not blank or not signatures.endswith("\n") or _CONTROL.search(note):
        raise CheckpointError("not a signed note")
    lines = signatures.removesuffix("\n").split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise CheckpointError(f"a note with more than {MAX_SIGNATURES} signatures")
    known = {key_id(name, key): key for key in keys}
    verified = False
    for line in lines:
        signer, key, signature = _read_signature(line)
        if signer == name and key in known:
            try:
                known[key].verify(signature, text.encode())
            except InvalidSignature as error:
                raise CheckpointError(f"the signature of {name} is wrong") from error
            verified = True
    if not verified:
        raise CheckpointError(f"not signed by a known key of {name}")
    return text


def _read_signature(line: str) -> tuple[str, bytes, bytes]:
    """Return the name, key id and signature of a signature line."""
    match = _SIGNATURE_LINE.fullmatch(line)
    if match is None:
        raise CheckpointError("a malformed signature line")
    raw = _decoded(match[2])
    if raw is None or len(raw) <= _KEY_ID_BYTES:
        raise CheckpointError("a malformed signature line")
    return match[1], raw[:_KEY_ID_BYTES], raw[_KEY_ID_BYTES:]


def sign_checkpoint(key: Ed25519PrivateKey, head: TreeHead) -> str:
    """Return a checkpoint as a note signed under the name of its origin."""
    return sign_note(head.origin, key, head.text)


def open_checkpoint(keys: Sequence[Ed25519PublicKey], note: str) -> TreeHead:
    """Return the checkpoint of a note that one of the keys has signed; raise `CheckpointError`.

    Lines after the root are extensions of other programs; they are signed, and ignored here.
    """
    origin = note.partition("\n")[0]
    lines = open_note(origin, keys, note).split("\n")
    if len(lines) < 4 or not _SIZE.fullmatch(lines[1]):
        raise CheckpointError("a signed note that is not a checkpoint")
    root = _decoded(lines[2])
    if root is None or len(root) != HASH_BYTES:
        raise CheckpointError(f"a checkpoint whose root is not base64 of {HASH_BYTES} bytes")
    return TreeHead(origin, int(lines[1]), root)


def _decoded(text: str) -> bytes | None:
    """Return the bytes of base64 text; None unless it is what those bytes are encoded as."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if base64.b64encode(data).decode() == text else None
