"""JSON Schema 2020-12 of the events, generated from their types, for use by other programs.

`holdgate schemas` writes them to `schemas/*.schema.json`; a test fails if those files are out of date.
"""

import inspect
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, get_args

import msgspec

from holdgate.core.lists.announcement import Announcement
from holdgate.core.model.decision import STATUSES, Decision, HoldReason, Outcome, ReleaseReason
from holdgate.core.model.payment import AGENTS, PARTIES, Payment
from holdgate.core.model.review_outcome import ReviewReason
from holdgate.core.records.audit import Audit
from holdgate.core.review.event import ReviewEvent

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

TEXT: Schema = {"type": "string", "pattern": r"\S"}
"""A value that is not blank."""


class Event(NamedTuple):
    """An event whose value is JSON: its name, its type or union of types, and rules beyond the type.

    `written` says whether Holdgate writes the event. If so, absent members are omitted and never null; in
    events that Holdgate reads, null means the same as absence.
    """

    name: str
    type: Any
    written: bool
    rules: Callable[[Schema], Schema]

    @property
    def file(self) -> str:
        """The name of the schema file."""
        return f"{self.name}.schema.json"


def generate() -> dict[str, str]:
    """Return the text of each schema file, by file name."""
    return {event.file: json.dumps(_schema(event), indent=2, ensure_ascii=False) + "\n" for event in EVENTS}


def write(folder: Path) -> list[Path]:
    """Write the schema files that are missing or out of date, and return their paths."""
    paths = drift(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        path.write_text(generate()[path.name], encoding="utf-8")
    return paths


def drift(folder: Path) -> list[Path]:
    """Return the paths of the schema files that are missing or differ from the types."""
    return [
        path
        for name, text in generate().items()
        if not (path := folder / name).is_file() or path.read_text(encoding="utf-8") != text
    ]


def _schema(event: Event) -> Schema:
    generated = msgspec.json.schema(event.type)
    definitions: dict[str, Schema] = generated["$defs"]
    body = {name: value for name, value in generated.items() if name != "$defs"}
    if "$ref" in body:
        body = definitions.pop(body["$ref"].rpartition("/")[2])
    head: Schema = {"$schema": DIALECT, "$id": f"urn:holdgate:{event.name}:1"}
    schema = {**head, **body, **event.rules(definitions), "$defs": definitions}
    tidy: Schema = _tidy(schema, without_null=event.written)
    return tidy


def _tidy(node: Any, *, without_null: bool) -> Any:
    """Return the schema with each description as one paragraph and without defaults.

    With `without_null`, a type that may be null becomes the type alone.
    """
    if isinstance(node, list):
        return [_tidy(item, without_null=without_null) for item in node]
    if not isinstance(node, dict):
        return node
    tidy: Schema = {
        name: " ".join(inspect.cleandoc(value).split())
        if name == "description" and isinstance(value, str)
        else _tidy(value, without_null=without_null)
        for name, value in node.items()
        if name != "default"
    }
    choices = [choice for choice in tidy.get("anyOf", ()) if choice != {"type": "null"}]
    if without_null and len(choices) == 1:
        del tidy["anyOf"]
        return choices[0] | tidy
    return tidy


def _payment_rules(definitions: dict[str, Schema]) -> Schema:
    """Return the schema of `core.model.payment.names_somebody`: at least one party or agent is identified."""
    account = {"type": "object", "anyOf": [_has("iban", TEXT), _has("other", TEXT)]}
    document = {"type": "object", "required": ["value"], "properties": {"value": TEXT}}
    definitions["IdentifiedParty"] = {
        "title": "IdentifiedParty",
        "description": "A party with a name, an account or an identifier.",
        "type": "object",
        "anyOf": [
            _has("name", TEXT),
            _has("account", account),
            _has("ids", {"type": "array", "contains": document}),
        ],
    }
    definitions["IdentifiedAgent"] = {
        "title": "IdentifiedAgent",
        "description": "An agent with a name or an identifier.",
        "type": "object",
        "anyOf": [
            *(_has(member, TEXT) for member in ("bic", "name", "lei", "clearing_id")),
            _has("ids", {"type": "array", "contains": document}),
        ],
    }
    party, agent = {"$ref": "#/$defs/IdentifiedParty"}, {"$ref": "#/$defs/IdentifiedAgent"}
    definitions["NamesSomebody"] = {
        "title": "NamesSomebody",
        "description": "A transfer with at least one identified party or agent.",
        "type": "object",
        "anyOf": [
            *(_has(role, party) for role in PARTIES),
            *(_has(role, agent) for role in AGENTS),
            _has("intermediary_agents", {"type": "array", "contains": agent}),
            _has("other_parties", {"type": "array", "contains": party}),
        ],
    }
    somebody = {"$ref": "#/$defs/NamesSomebody"}
    return {"anyOf": [somebody, _has("underlying", somebody)]}


def _decision_rules(_definitions: dict[str, Schema]) -> Schema:
    """Return the schema of which reasons and statuses an outcome has, and that people's decisions say who."""
    reasons: dict[Outcome, Sequence[str]] = {
        "RELEASE": (*get_args(ReleaseReason), "REVIEWED"),
        "HOLD": get_args(HoldReason),
        "REJECT": ("REJECTED",),
        "BLOCK": ("BLOCKED",),
    }
    by_outcome = [
        {
            "if": _has("decision", {"const": outcome}),
            "then": {
                "properties": {
                    "reason": {"enum": list(allowed)},
                    "next_status": {"enum": list(STATUSES[outcome])},
                }
            },
        }
        for outcome, allowed in reasons.items()
    ]
    by_people: Schema = {
        "if": _has("reason", {"enum": sorted(get_args(ReviewReason))}),
        "then": {"required": ["review", "follows"]},
        "else": {"not": {"required": ["review"]}},
    }
    return {"allOf": [*by_outcome, by_people]}


def _review_event_rules(_definitions: dict[str, Schema]) -> Schema:
    return {
        "title": "ReviewEvent",
        "description": "What somebody did to a case of review, or the rules from here on.",
    }


def _no_rules(_definitions: dict[str, Schema]) -> Schema:
    return {}


def _has(member: str, schema: Schema) -> Schema:
    return {"required": [member], "properties": {member: schema}}


EVENTS = (
    Event("payment", Payment, written=False, rules=_payment_rules),
    Event("decision", Decision, written=True, rules=_decision_rules),
    Event("list-announcement", Announcement, written=True, rules=_no_rules),
    Event("audit", Audit, written=True, rules=_no_rules),
    Event("review-event", ReviewEvent, written=True, rules=_review_event_rules),
)
