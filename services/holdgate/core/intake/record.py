"""A Kafka record's value and key to a payment: which reader it is for."""

from holdgate.core.intake import InvalidEventError, Received, canonical


def read(value: bytes, key: bytes | None, content_type: str | None = None) -> Received:
    """Read a record from `payments.submitted`; raises `InvalidEventError`.

    `content_type` is the record's header of that name; without it the content tells.
    """
    if key is None:
        payment_id = canonical.find_payment_id(value)
        raise InvalidEventError(
            "null_key", "the record has no key: key every payment by its payment_id", payment_id
        )
    if not _is_json(value, content_type):
        raise InvalidEventError("unknown_format", f"not JSON ({(content_type or 'no content-type')[:80]})")
    return canonical.read(value, key)


def identity(key: bytes | None, error: InvalidEventError, position: str) -> str:
    """The payment_id under which an unreadable record is held: its key, what was read, or where it stands."""
    if key and len(key) <= 128 and (name := printable_key(key).strip()):
        return name
    return error.payment_id or position


def printable_key(key: bytes) -> str:
    """The key as text; bytes that are not UTF-8 show as escapes."""
    return key.decode("utf-8", "backslashreplace")


def _is_json(value: bytes, content_type: str | None) -> bool:
    if content_type is not None:
        kind = content_type.partition(";")[0].strip().lower()
        return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
    start = value.lstrip()[:3]
    return not start.startswith(b"<") and start != b"{1:"
