"""The canonical payment as JSON, plain or in Confluent's wire format.

Confluent's serialisers put five bytes before the value (a zero and the schema's id, big endian); newer
ones put the schema's id into a header and leave the value plain. Neither is needed to read the payment.
"""

import json
import re
from collections.abc import Sequence
from itertools import chain
from typing import Any

import msgspec

from holdgate.core.intake import MAX_BYTES, InvalidEventError, Received, screenable
from holdgate.core.intake.unknown_members import UnknownMember, find_unknown, screen_unknown
from holdgate.core.model.payment import Id, Payment

MAX_DEPTH = 32
"""Levels of nesting that are read: the contract itself needs five (underlying.debtor.address.lines)."""

_FRAME_BYTES = 5
_encoder = msgspec.json.Encoder(order="deterministic")
_MEMBER = re.compile(rb'"\s*:')
_QUOTED = re.compile(r"Invalid enum value .*(?= - at `\$)", re.DOTALL)
_NODES = frozenset({dict, list})
_NOT_CONTENT = frozenset({"payment_id", "submitted_at"})


def read(value: bytes, key: bytes | None = None) -> Received:
    """Read one payment. Raises `InvalidEventError` for anything else.

    `key` is the record's key, which must be the payment's id; None is for callers without keys.
    """
    members, unknown = decode(value)
    return read_members(members, unknown, key)


def read_members(
    members: dict[str, Any], unknown: Sequence[UnknownMember], key: bytes | None = None
) -> Received:
    """Read one payment that is decoded, as `read` does."""
    payment_id = _payment_id(members)
    if key is not None and key != payment_id.encode():
        raise InvalidEventError(
            "key_mismatch", "the record's key is not the payment_id: key every payment by it", payment_id
        )
    try:
        payment = msgspec.convert(members, Payment)
    except msgspec.ValidationError as error:
        raise InvalidEventError("wrong_type", f"not a payment: {without_value(error)}", payment_id) from error
    try:
        fields, notes = screen_unknown(unknown) if unknown else ((), ())
    except InvalidEventError as error:
        raise InvalidEventError(error.code, str(error), payment_id) from error
    return screenable.receive(payment, canonical_content(members), other_fields=fields, notes=notes)


def find_payment_id(value: bytes) -> str | None:
    """Return the payment_id of a record that is refused for another reason; None if it has none."""
    try:
        return _payment_id(decode(value)[0])
    except InvalidEventError:
        return None


def without_frame(value: bytes) -> bytes:
    """Return the JSON of a value, without what Confluent's serialisers put before it."""
    return value[_FRAME_BYTES:] if value[:1] == b"\0" else value


def canonical_content(members: dict[str, Any]) -> bytes:
    """Return the canonical form of a payment, of which its content hash is the SHA-256.

    It is JSON in UTF-8 with sorted members and no white space, without the id and the submission time.
    """
    content = members
    if not _NOT_CONTENT.isdisjoint(members):
        content = {name: member for name, member in members.items() if name not in _NOT_CONTENT}
    return _encoder.encode(content)


def decode(value: bytes) -> tuple[dict[str, Any], list[UnknownMember]]:
    """Decode a JSON object; return it with the members that a payment does not have.

    Raises `InvalidEventError` for anything else, and for members given twice.
    """
    if len(value) > MAX_BYTES:
        raise InvalidEventError(
            "too_large", f"the value has {len(value):,} bytes; at most {MAX_BYTES:,} are read"
        )
    text = without_frame(value)
    try:
        decoded = msgspec.json.decode(text)
    except RecursionError as error:
        raise InvalidEventError("too_deep", f"nested more than {MAX_DEPTH} levels deep") from error
    except UnicodeDecodeError as error:
        raise InvalidEventError("not_utf8", f"not UTF-8: {error.reason} at byte {error.start}") from error
    except msgspec.DecodeError as error:
        raise InvalidEventError("not_json", f"not JSON: {error}") from error
    if not isinstance(decoded, dict):
        raise InvalidEventError("wrong_type", f"a payment is a JSON object, not {_kind_of(decoded)}")
    # A colon follows every member name, so equal numbers of decoded names and of colons mean that no name was
    # given twice. A string that contains `":` makes the count too high; then the slow reader decides.
    count, unknown = find_unknown(decoded)
    if unknown:
        count = _count_members(decoded)
    if count != len(_MEMBER.findall(text)):
        _count_members(decoded)
        json.loads(text, object_pairs_hook=_refuse_duplicates)
    return decoded, unknown


def _count_members(payment: dict[str, Any]) -> int:
    """Count the member names at every depth. Raises `InvalidEventError` if nested too deeply."""
    count = depth = 0
    level: list[Any] = [payment]
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise InvalidEventError("too_deep", f"nested more than {MAX_DEPTH} levels deep")
        objects = [node for node in level if type(node) is dict]
        count += sum(map(len, objects))
        children = chain(*map(dict.values, objects), *(node for node in level if type(node) is list))
        level = [node for node in children if type(node) in _NODES]
    return count


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidEventError(
            "duplicate_member", "a member is given twice: which one counts cannot be known"
        )
    return members


def _payment_id(members: dict[str, Any]) -> str:
    if "payment_id" not in members:
        raise InvalidEventError("no_payment_id", "payment_id is missing")
    try:
        return msgspec.convert(members["payment_id"], Id)
    except msgspec.ValidationError as error:
        raise InvalidEventError("wrong_type", f"payment_id: {error}") from error


def without_value(error: msgspec.ValidationError) -> str:
    """Return the error text without the value, which may be a name in the wrong member."""
    return _QUOTED.sub("not one of the values allowed", str(error))


def _kind_of(value: object) -> str:
    return {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}.get(
        type(value), "a number"
    )
