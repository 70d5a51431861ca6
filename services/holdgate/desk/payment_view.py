"""A payment as the page shows it, field by field, and its original message with the matched words marked."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape as escape_xml
from itertools import groupby
from typing import Any, NamedTuple

import msgspec
from markupsafe import Markup

from holdgate.core.intake import Received
from holdgate.core.model.decision import Decision, Match
from holdgate.core.model.payment import Payment
from holdgate.core.places.corridor import UNKNOWN, corridor_of
from holdgate.desk.match_view import romanise
from holdgate.desk.page_templates import show_moment
from holdgate.desk.text_marks import find_spans, show_spans, show_text

MAX_PAYMENT_FIELDS = 2_000
MAX_ORIGINAL_CHARACTERS = 1_000_000
_NUMBERED = re.compile(r"s?\[(\d+)\]")
"""The place of a member in a list: `lines[0]` is shown as `line 1`."""

_UNGROUPED = "payment"


class PaymentField(NamedTuple):
    """A field of a payment; `matches` are the numbers of the matches that it caused."""

    path: str
    label: str
    value: Markup
    matches: tuple[int, ...]
    romanised: str | None
    origin: str | None
    is_long: bool


class FieldGroup(NamedTuple):
    """The fields of one party, agent or other member."""

    name: str
    fields: tuple[PaymentField, ...]


LONG_VALUE = 400
"""Characters from which a value is shown in a box that scrolls."""


def view_payment(received: Received, decision: Decision | None) -> list[FieldGroup]:
    """Return the fields of a payment by group, those of the payment itself first."""
    by_path: dict[str, list[tuple[int, Match]]] = {}
    for number, match in enumerate(decision.matches if decision else (), 1):
        by_path.setdefault(match.field, []).append((number, match))
    members: Mapping[str, Any] = msgspec.to_builtins(received.payment)
    flat = list(_flatten(members, ""))[:MAX_PAYMENT_FIELDS]
    known = {path for path, _ in flat}
    # A match of a member that the contract does not know, or of an address as a whole, has a row of its own.
    flat += [(path, found[0][1].value) for path, found in by_path.items() if path not in known]
    ordered = sorted(flat, key=lambda item: _rank(_group_of(item[0])))
    return [
        FieldGroup(
            name.replace("_", " "),
            tuple(_field(path, value, by_path.get(path, ()), received) for path, value in fields),
        )
        for name, fields in groupby(ordered, key=lambda item: _group_of(item[0]))
    ]


def party_at(received: Received | None, path: str) -> Any:
    """Return the party or agent that a field belongs to; None if it belongs to none."""
    if received is None or "." not in path:
        return None
    node: Any = received.payment
    for step in path.split(".")[:-1]:
        name, _, index = step.partition("[")
        node = getattr(node, name, None)
        if index and isinstance(node, tuple):
            position = int(index.rstrip("]"))
            node = node[position] if position < len(node) else None
        if node is None:
            return None
    return node


def party_facts(received: Received | None, path: str) -> dict[str, str]:
    """Return what a payment says of the party that a field belongs to, for `match_view.view_match`."""
    node = party_at(received, path)
    if node is None:
        return {}
    address = getattr(node, "address", None)
    countries = (
        getattr(node, "country_of_residence", None),
        getattr(node, "country", None),
        getattr(address, "country", None),
    )
    facts = {
        "birth_date": getattr(node, "birth_date", None) or "",
        "countries": ", ".join(dict.fromkeys(code for code in countries if code)),
        "ids": ", ".join(f"{item.type} {item.value}" for item in getattr(node, "ids", ())),
    }
    return {name: text for name, text in facts.items() if text}


def corridor_text(payment: Payment) -> str:
    """Return origin and destination of a payment as `DE > RU`; empty if neither is known."""
    origin, destination = corridor_of(payment)
    if origin == destination == UNKNOWN:
        return ""
    return " > ".join("?" if code == UNKNOWN else code for code in (origin, destination))


def view_original(record: bytes, decision: Decision | None) -> Markup:
    """Return the record as it was sent, as text, with the matched values marked where they stand."""
    text = record.decode("utf-8", "backslashreplace")[:MAX_ORIGINAL_CHARACTERS]
    values = [match.value for match in decision.matches] if decision else []
    needles = [form for value in values for form in (value, escape_xml(value), json.dumps(value)[1:-1])]
    return show_spans(text, find_spans(text, needles))


def _flatten(node: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping):
        for name, member in node.items():
            yield from _flatten(member, f"{path}.{name}" if path else str(name))
    elif isinstance(node, list | tuple):
        for position, member in enumerate(node):
            yield from _flatten(member, f"{path}[{position}]")
    elif node is not None and node != "":
        yield path, str(node)


def _group_of(path: str) -> str:
    head = path.partition(".")[0]
    return head if "." in path else head.partition("[")[0] if "[" in path else _UNGROUPED


def _rank(group: str) -> tuple[int, str]:
    order = (_UNGROUPED, "debtor", "creditor", "debtor_agent", "creditor_agent")
    return (order.index(group), "") if group in order else (len(order), group)


def _field(path: str, value: str, found: Sequence[tuple[int, Match]], received: Received) -> PaymentField:
    words = [
        part.part
        for _, match in found
        for part in match.evidence
        if part.weight > 0 and part.how not in ("agrees", "conflicts")
    ]
    whole = [match.value for _, match in found]
    spans = find_spans(value, words) or find_spans(value, whole)
    label = path.partition(".")[2] or path
    sent = received.payment.submitted_at
    is_time = path == "submitted_at" and sent is not None and not found
    return PaymentField(
        path,
        _NUMBERED.sub(lambda found: f" {int(found[1]) + 1}", label).replace("_", " ").replace(".", " "),
        show_moment(sent) if is_time else show_spans(value, spans) if found else show_text(value),
        tuple(number for number, _ in found),
        romanise(value) if found else None,
        received.origins.get(path),
        len(value) > LONG_VALUE,
    )
