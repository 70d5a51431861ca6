"""JSON Schema 2020-12 of the events, generated from their types: what other programs are held to.

`schemas/*.schema.json` are these, written by `holdgate schemas`; a test fails where they drift.
"""

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from holdgate.core.lists.announcement import Announcement
from holdgate.core.model.decision import Decision
from holdgate.core.model.payment import AGENTS, PARTIES, Payment
from holdgate.core.records.audit import Audit

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

TEXT: Schema = {"type": "string", "pattern": r"\S"}
"""A value that says something: white space alone does not."""


class Event(NamedTuple):
    """An event whose value is JSON: its name, its type, and the rules that the type alone cannot tell.

    `written` is whether Holdgate writes it: then members are left out where there is nothing to say,
    while in what Holdgate reads null says the same as absence.
    """

    name: str
    type: type[Struct]
    written: bool
    rules: Callable[[Schema], Schema]

    @property
    def file(self) -> str:
        """The name of its schema's file."""
        return f"{self.name}.schema.json"


def generate() -> dict[str, str]:
    """The text of each schema file, by the file's name."""
    return {event.file: json.dumps(_schema(event), indent=2, ensure_ascii=False) + "\n" for event in EVENTS}


def write(folder: Path) -> list[Path]:
    """Write the files that differ; returns them."""
    drifted = drift(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for path in drifted:
        path.write_text(generate()[path.name], encoding="utf-8")
    return drifted


def drift(folder: Path) -> list[Path]:
    """The files that are missing or not what the types say."""
    return [
        path
        for name, text in generate().items()
        if not (path := folder / name).is_file() or path.read_text(encoding="utf-8") != text
    ]


def _schema(event: Event) -> Schema:
    generated = msgspec.json.schema(event.type)
    definitions: dict[str, Schema] = generated["$defs"]
    body = definitions.pop(event.type.__name__)
    head: Schema = {"$schema": DIALECT, "$id": f"urn:holdgate:{event.name}:1"}
    whole = {**head, **body, **event.rules(definitions), "$defs": definitions}
    tidy: Schema = _tidy(whole, without_null=event.written)
    return tidy


def _tidy(node: Any, *, without_null: bool) -> Any:
    """Descriptions as one paragraph; no defaults, since an absent member says nothing."""
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
    """The schema form of `holdgate.core.model.payment.names_somebody`: some party or agent is identified."""
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
    """Only NO_MATCH releases, and only a release is answered with ACCP."""
    return {
        "if": _has("decision", {"const": "RELEASE"}),
        "then": {"properties": {"reason": {"const": "NO_MATCH"}, "next_status": {"const": "ACCP"}}},
        "else": {
            "properties": {
                "reason": {"not": {"const": "NO_MATCH"}},
                "next_status": {"not": {"const": "ACCP"}},
            }
        },
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
)
