"""Bytes to payments, one module a format.

What cannot be read raises `InvalidEventError`: the record becomes a dead letter and a HOLD, never a release.
"""

import hashlib
from typing import Literal

from msgspec import Struct

from holdgate.core.payment import Payment

MAX_BYTES = 1_000_000
"""Largest record value that is read; a pacs.008 with 400 transactions is about as long."""

Code = Literal[
    "too_large",
    "not_utf8",
    "not_json",
    "duplicate_member",
    "too_deep",
    "wrong_type",
    "no_payment_id",
    "no_party",
    "null_key",
    "key_mismatch",
    "unknown_format",
]
"""Why a record could not be read: the dead letter's reason code, and a metric's label."""


class InvalidEventError(ValueError):
    """A record that is not a payment.

    `code` is one of `Code`, `payment_id` is what could be read of it. The message is for a person; it
    quotes paths and sizes, never names or accounts.
    """

    def __init__(self, code: Code, message: str, payment_id: str | None = None) -> None:
        super().__init__(message)
        self.code: Code = code
        self.payment_id = payment_id


class Received(Struct, frozen=True):
    """A payment with the SHA-256 (64 hexadecimal digits) of its canonical content."""

    payment: Payment
    content_hash: str


def raw_hash(value: bytes) -> str:
    """The content hash of a record that could not be read: SHA-256 over its bytes as they came."""
    return hashlib.sha256(value).hexdigest()
