"""The canonical payment in JSON, decoded straight into its type: the ordinary case, at half the cost.

A typed decoder drops members in silence: unknown ones, those that are null or empty, and all but the last of
those given twice. Each takes the two quotation marks of its name along. So nothing was dropped if the
canonical form of the payment has as many quotation marks as the text. Every other record is left to
`canonical`, which tells why it is refused, or what else is in it.
"""

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from holdgate.core.intake import MAX_BYTES, Received, screenable
from holdgate.core.intake.canonical import without_frame
from holdgate.core.model.payment import Payment

_decoder = msgspec.json.Decoder(Payment)
_encoder = msgspec.json.Encoder(order="sorted")

_NAME_AND_VALUE = 4
"""Quotation marks of a member whose value is a string."""

_ESCAPED_MARK = b"\\u0022"
"""A quotation mark of a value that the text does not show as one, which could make up for a dropped name."""


def read(value: bytes, key: bytes | None) -> Received | None:
    """Return what `canonical.read` returns; None for a record that it may read differently or refuse.

    Raises `InvalidEventError`, as `canonical.read` does, for a payment that cannot be screened.
    """
    text = without_frame(value)
    if len(value) > MAX_BYTES or (b"\\" in text and _ESCAPED_MARK in text):
        return None
    if b"null" in text:  # most likely a member that would be dropped: do not decode it in vain
        return None
    try:
        payment = _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if key is not None and key != payment.payment_id.encode():
        return None
    content = _encoder.encode(replace(payment, payment_id=UNSET, submitted_at=None))
    marks = content.count(b'"') + _NAME_AND_VALUE + payment.payment_id.count('"')
    if payment.submitted_at is not None:
        marks += _NAME_AND_VALUE
    if marks != text.count(b'"'):
        return None
    return screenable.receive(payment, content)
