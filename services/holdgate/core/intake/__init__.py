"""Turn bytes into payments, one module per format.

A record that cannot be read raises `InvalidEventError`: the record becomes a dead letter and a HOLD, never
a release.
"""

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from holdgate.core.model.decision import Note
from holdgate.core.model.payment import Payment
from holdgate.core.model.screened_fields import Field

MAX_BYTES = 1_000_000
"""Largest record value that is read; a pacs.008 with 280 indented transactions is about as long."""

InvalidEventCode = Literal[
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
    "not_xml",
    "not_mt",
    "unknown_message",
    "wrong_structure",
    "wrong_value",
    "reader_failed",
]
"""Why a record could not be read: the dead letter's reason code, and a metric's label."""


class InvalidEventError(ValueError):
    """A record that is not a payment.

    `code` is the reason code, `payment_id` the id if it could be read. The message is for a person; it
    quotes paths and sizes, never names or accounts. `line` is the line in an XML or MT message, counted from
    1; the message contains it too.
    """

    def __init__(
        self, code: InvalidEventCode, message: str, payment_id: str | None = None, line: int | None = None
    ) -> None:
        super().__init__(message)
        self.code: InvalidEventCode = code
        self.payment_id = payment_id
        self.line = line


class Received(Struct, frozen=True):
    """A payment with the SHA-256 (64 hexadecimal digits) of its canonical content.

    `origins` maps canonical paths to the position of the value in the original message: an XPath without
    namespaces (`/Document/FIToFICstmrCdtTrf/CdtTrfTxInf[2]/UltmtCdtr/Nm`), or an MT field and line
    (`59F line 2`). Empty for canonical JSON, where path and position are the same. `notes` report what the
    reader found wrong with a field; those of `NOT_SCREENED_CODES` hold the payment. `other_fields` are
    screened with the fields of the payment: those of members that the contract does not know, and values that
    do not look like what their member is for.
    """

    payment: Payment
    content_hash: str
    origins: Mapping[str, str] = MappingProxyType({})
    notes: tuple[Note, ...] = ()
    other_fields: tuple[Field, ...] = ()


def raw_hash(value: bytes) -> str:
    """Return the content hash of a record that could not be read: SHA-256 over its bytes."""
    return hashlib.sha256(value).hexdigest()
