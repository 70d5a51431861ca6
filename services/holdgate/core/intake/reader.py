"""Turn the value and key of a Kafka record into payments, by the reader of its format."""

import re
from typing import Literal

from holdgate.core.intake import InvalidEventError, Received, canonical, iso20022, iso_json, mt, typed_json

MessageFormat = Literal["json", "xml", "mt"]

_MT = re.compile(rb"\s*\x01?\s*\{[1-5S]:")
"""A FIN message begins with its basic header block, some systems' with an SOH before it."""

_XML = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?(?:\s|\0)*<")


def read(
    value: bytes, key: bytes | None, content_type: str | None = None, rail: str | None = None
) -> tuple[Received, ...]:
    """Read a record from `payments.submitted`, one payment per transaction. Raises `InvalidEventError`.

    `content_type` is the record's header of that name; without it the content decides. `rail` is the header
    in which a payment system states the rail of an XML or MT message, or of ISO 20022 in JSON; a canonical
    payment contains its rail.
    """
    if key is None:
        payment_id = canonical.find_payment_id(value)
        raise InvalidEventError(
            "null_key", "the record has no key: key every payment by its payment_id", payment_id
        )
    kind = _format_of(value, content_type)
    if kind is None:
        raise InvalidEventError(
            "unknown_format",
            f"not JSON, ISO 20022 XML or SWIFT MT ({(content_type or 'no content-type')[:80]})",
        )
    return _read(kind, value, key, _key_as_id(key), rail)


def is_message(head: bytes) -> bool:
    """Whether a file with this beginning is one XML or MT message."""
    return bool(_XML.match(head) or _MT.match(head))


def read_message(value: bytes, rail: str | None = None) -> tuple[Received, ...]:
    """Read a file that is one XML or MT message. Raises `InvalidEventError`."""
    return _read("xml" if _XML.match(value) else "mt", value, None, None, rail)


def read_json(value: bytes) -> tuple[Received, ...]:
    """Read a payment or an ISO 20022 message in JSON, without a key. Raises `InvalidEventError`."""
    return _read("json", value, None, None, None)


def read_file(value: bytes) -> tuple[Received, ...]:
    """Read a file that is one message or one payment in JSON. Raises `InvalidEventError`."""
    return read_message(value) if is_message(value) else read_json(value.strip())


def held_payment_id(key: bytes | None, error: InvalidEventError, position: str) -> str:
    """Return the payment_id for holding an unreadable record: its key, the id read, or its position."""
    return _key_as_id(key) or error.payment_id or position


def printable_key(key: bytes) -> str:
    """Return the key as text; bytes that are not UTF-8 become escapes."""
    return key.decode("utf-8", "backslashreplace")


def _read(
    kind: MessageFormat, value: bytes, key: bytes | None, name: str | None, rail: str | None
) -> tuple[Received, ...]:
    """Read by the format's reader. If a reader fails because of a bug, the record must still be held:
    retrying would fail forever, and the payments behind it would wait."""
    try:
        match kind:
            case "json":
                return _read_json(value, key, name, rail)
            case "xml":
                return iso20022.read(value, name, rail)
            case "mt":
                return mt.read(value, name, rail)
    except InvalidEventError:
        raise
    except Exception as error:
        raise InvalidEventError(
            "reader_failed", f"the reader failed with {type(error).__name__}: the record was not screened"
        ) from error


def _read_json(value: bytes, key: bytes | None, name: str | None, rail: str | None) -> tuple[Received, ...]:
    payment = typed_json.read(value, key)
    if payment is not None:
        return (payment,)
    members, unknown = canonical.decode(value)
    if iso_json.is_message(members):
        return iso_json.read(members, name, rail)
    return (canonical.read_members(members, unknown, key),)


def _key_as_id(key: bytes | None) -> str | None:
    """Return the key as a payment id; None if it cannot be one."""
    return (printable_key(key).strip() or None) if key and len(key) <= 128 else None


def _format_of(value: bytes, content_type: str | None) -> MessageFormat | None:
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        return "json"
    if kind in ("application/xml", "text/xml") or kind.endswith("+xml"):
        return "xml"
    if content_type is not None and kind != "text/plain" and "swift" not in kind and kind != "":
        return None
    if _XML.match(value):
        return "xml"
    if _MT.match(value):
        return "mt"
    return None if kind else "json"
