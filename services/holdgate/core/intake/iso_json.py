"""ISO 20022 messages in JSON: turned into elements and read as XML is.

Recognised by a member named after the root of a message (`FIToFICstmrCdtTrf`): alone, in a `Document`, in an
envelope such as a BusinessMessage or Tazama's `TxTp` beside it. An array is an element that repeats. An
attribute is a member with `@` before its name, or `Ccy` beside an amount; its element's text is a member
`#text`, `$`, `_`, `value` or, beside `Ccy`, `Amt`.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element

from holdgate.core.intake import InvalidEventError, Received, iso20022
from holdgate.core.intake.iso20022 import FAMILIES
from holdgate.core.intake.unknown_members import MAX_KEY, PLAIN_KEY
from holdgate.core.intake.xml import MAX_ELEMENTS, RefusedElementError
from holdgate.core.model.payment import AGENTS, PARTIES

ENVELOPES = frozenset({"Document", "BusinessMessage", "BizMsgEnvlp", "Message", "AppHdr", "Body", "Envelope"})
"""Members around a message. A record that has one and no message that is read is refused as one."""

MAX_ENVELOPES = 4
"""Objects around a message: the deepest envelope of the reference data has three."""

TEXT_KEYS = frozenset({"#text", "$", "_", "_text", "value", "Amt"})
"""Names for the text of an element that has attributes."""

_TYPE = re.compile(r"[a-z]{4}\.[0-9]{3}\.[0-9]{3}\.[0-9]{2,3}")
"""Tazama's `TxTp`: the message's type with its version."""

ISO_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"

_NAMESPACES = ("@xmlns", "xmlns")
_ATTRIBUTES = ("@", "xmlns")

_CANONICAL = frozenset({*PARTIES, *AGENTS, "other_parties", "intermediary_agents", "underlying"})
_FAMILIES = frozenset(FAMILIES)


def is_message(members: Mapping[str, Any]) -> bool:
    """Whether a JSON object is an ISO 20022 message: it has one in it, and no party of the canonical form.

    The unknown members of a canonical payment are screened with it instead, messages among them.
    """
    if not _CANONICAL.isdisjoint(members):
        return False
    level: list[Mapping[str, Any]] = [members]
    for _ in range(MAX_ENVELOPES):
        keys = frozenset().union(*level)
        if not _FAMILIES.isdisjoint(map(_local, keys)) or not ENVELOPES.isdisjoint(map(_local, keys)):
            return True
        level = [value for outer in level for value in outer.values() if isinstance(value, dict)]
    return False


def read(members: Mapping[str, Any], key: str | None, rail: str | None = None) -> tuple[Received, ...]:
    """Read every payment of a message. Raises `InvalidEventError` with the name of the member at fault.

    `key` is the record's key: the id of the payment if there is only one, which a `payment_id` beside the
    message has to repeat. `rail` is the rail stated by the payment system, as is a `rail` beside the message.
    """
    content = dict(members)
    own_id = _stated(content, "payment_id")
    if key and own_id and key != own_id:
        raise InvalidEventError(
            "key_mismatch", "the record's key is not the payment_id: key every payment by it", own_id
        )
    payment_id = key or own_id
    own_rail = _stated(content, "rail")
    type_ = content.get("TxTp")
    space = ""
    if isinstance(type_, str) and _TYPE.fullmatch(type_):
        space = f"{ISO_NAMESPACE}{content.pop('TxTp')}"
    if _size(content) > MAX_ELEMENTS:
        raise InvalidEventError("too_large", f"more than {MAX_ELEMENTS:,} elements", payment_id)
    root = Element("json")
    _append(root, content, space)
    try:
        return iso20022.read_tree(root, payment_id, rail or own_rail)
    except RefusedElementError as error:
        where = "" if error.element is root else f", in {error.element.tag[:MAX_KEY]}"
        raise InvalidEventError(error.code, f"ISO 20022 in JSON{where}: {error}", payment_id) from error


def _stated(content: dict[str, Any], member: str) -> str | None:
    """Take a text of the payment system out of the members beside the message."""
    value = content.get(member)
    return content.pop(member) if isinstance(value, str) and value.strip() else None


def _size(value: Any) -> int:
    """Return the number of values in a value."""
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(_size, children))


def _append(parent: Element, members: Mapping[str, Any], space: str) -> None:
    for name, value in members.items():
        tag = _local(name)[:MAX_KEY]
        if not PLAIN_KEY.fullmatch(name):
            parent.append(_element("Key", name, space))
        elif name.startswith(_NAMESPACES):
            continue
        elif name.startswith("@"):
            parent.set(tag, _text_of(value))
            continue
        for item in _flat(value):
            parent.append(_element(tag, item, space))


def _element(tag: str, value: Any, space: str) -> Element:
    if isinstance(value, dict):
        space = next((str(value[name]) for name in value if name.startswith(_NAMESPACES)), space)
    element = Element(f"{{{space}}}{tag}" if space else tag)
    if not isinstance(value, dict):
        element.text = _text_of(value)
        return element
    inner = value.get("Amt")
    if tag.endswith("Amt") and len(value) == 1 and isinstance(inner, dict):
        value = inner  # Tazama: {"InstdAmt": {"Amt": {"Amt": 10.5, "Ccy": "EUR"}}}
    attributes = {name: item for name, item in value.items() if name == "Ccy" or name.startswith(_ATTRIBUTES)}
    rest = value.keys() - attributes.keys()
    if len(rest) == 1 and (text := min(rest)) in TEXT_KEYS and not isinstance(value[text], dict | list):
        for name, item in attributes.items():
            if not name.startswith(_NAMESPACES):
                element.set(_local(name.removeprefix("@")), _text_of(item))
        element.text = _text_of(value[text])
    else:
        _append(element, value, space)
    return element


def _flat(value: Any) -> list[Any]:
    """Return the elements that a value stands for: those of an array, none for null."""
    if isinstance(value, list):
        return [inner for item in value for inner in _flat(item)]
    return [] if value is None else [value]


def _text_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}"
    return "" if value is None else str(value)


def _local(name: str) -> str:
    """Return the name without a namespace's prefix (`pacs:Dbtr`, `@xmlns:pacs`)."""
    return name.rpartition(":")[2] if ":" in name else name.removeprefix("@")
