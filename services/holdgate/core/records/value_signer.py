"""Signatures of values in Redis (HMAC-SHA-256): write access to Redis is not enough to forge a claim.

A signature covers the name of the key as well as the value, so that a value cannot be moved to another key.
It does not say when the value was signed: an earlier value of the same key is valid again if somebody
restores it.

    first byte, with its highest bit set (1) | the rest of the value | signature (9)

A signature of nine bytes costs no memory: with it the claim of a RELEASE has 44 bytes, the longest value that
Redis stores in one allocation with its header (136 bytes with a payment_id as long as a UETR; 152 with a
signature of 16 bytes, by `MEMORY USAGE` in Redis 7.0). Only a worker can check a guess, one per payment that
it reads, and it counts each wrong one, so 72 bits are enough.
"""

import hmac
from collections.abc import Sequence

_PURPOSE = b"holdgate redis 1\n"
"""Prefix of the signed bytes: a signature made with the same key for another purpose is not valid here."""

SIGNATURE_BYTES = 9
_SIGNED = 0x80
"""Highest bit of the first byte, which no unsigned value has: all begin with an ASCII character."""


class ValueSigner:
    """Signs with the first key and accepts signatures by any; without keys, nothing is signed or verified."""

    def __init__(self, keys: Sequence[bytes] = ()) -> None:
        self._keys = tuple(keys)

    def sign(self, name: str, value: bytes) -> bytes:
        """Return a value, which begins with an ASCII character, as it is stored under a name."""
        if not self._keys:
            return value
        return bytes((value[0] | _SIGNED,)) + value[1:] + _signature(self._keys[0], name, value)

    def verify(self, name: str, stored: bytes) -> bytes | None:
        """Return the value that is stored under a name; None if its signature is missing or wrong.

        Without keys, a signed value is returned without its signature, unverified.
        """
        if not stored or stored[0] < _SIGNED:
            return None if self._keys else stored
        value = bytes((stored[0] & ~_SIGNED,)) + stored[1:-SIGNATURE_BYTES]
        signature = stored[-SIGNATURE_BYTES:]
        valid = [hmac.compare_digest(_signature(key, name, value), signature) for key in self._keys]
        return value if any(valid) or not self._keys else None


def _signature(key: bytes, name: str, value: bytes) -> bytes:
    encoded = name.encode()
    text = _PURPOSE + len(encoded).to_bytes(4, "big") + encoded + value
    return hmac.digest(key, text, "sha256")[:SIGNATURE_BYTES]
