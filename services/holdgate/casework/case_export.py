"""A case as JSON, for another program or an auditor."""

import base64
from typing import Any
from uuid import uuid4

import msgspec

from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.sqlite.case_queries import LoggedEvent
from holdgate.adapters.sqlite.case_store import CaseStore
from holdgate.casework.case_text import find_evidence, read_decision
from holdgate.core.review.case import Case
from holdgate.core.review.digest import shown_digest
from holdgate.core.review.event import RulesPublished
from holdgate.core.review.event_contents import Actor
from holdgate.core.review.named_evidence import named_evidence
from holdgate.core.review.notes_text import NoteError, check_note
from holdgate.core.review.permissions import may_act
from holdgate.core.review.wording import VOID_TEXTS, held_because, next_step
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

MAX_REASON_CHARACTERS = 500
"""Characters of the reason of an export, which is kept in the audit for ever."""


def export_case(settings: Settings, store: CaseStore, actor: Actor, case: Case, reason: str) -> bytes:
    """Return a case with all of its evidence as JSON, after the audit has who exported it and why.

    Raises `OperatorError` if the person may not, or for a reason that is not accepted, and one of
    `KafkaFault` if the audit cannot be written: nothing is exported then.
    """
    rules = store.rules()
    if rules is None or not may_act(actor, "export", rules):
        raise OperatorError(f"{VOID_TEXTS['NO_RULES' if rules is None else 'ROLE_MAY_NOT']}; not exported")
    try:
        text = check_note(reason)
    except NoteError as error:
        raise OperatorError(f"--reason: {error}") from error
    if len(text) > MAX_REASON_CHARACTERS:
        raise OperatorError(f"--reason has {len(text):,} characters, {MAX_REASON_CHARACTERS} are allowed")
    AuditLog(settings).write(
        uuid4().hex, "cases.export", "ended", text, {"case": case.case_id}, by=actor.user
    )
    return msgspec.json.encode(case_view(case, store, with_evidence=True))


def case_view(case: Case, store: CaseStore, with_evidence: bool = False) -> dict[str, Any]:
    """Return a case with its parties, precedents and events, void ones with the reason.

    With evidence, its values are there in base64 by SHA-256, null where they were erased. Contains personal
    data.
    """
    parties = store.parties(case.case_id)
    events = store.events(case.case_id)
    decision = read_decision(store, case)
    view = {
        "case": case,
        "held_because": held_because(case, decision),
        "next": next_step(case, store.rules()),
        "saw": shown_digest(case),
        "decision": decision,
        "parties": parties,
        "precedents": [
            {"case_id": other.case_id, "entry_id": entry_id, "name": name, "stage": other.stage}
            for other, entry_id, name in store.precedents(case)
        ],
        "events": [_event(logged) for logged in events],
    }
    if with_evidence:
        view["evidence"] = {digest: _value(store, case, digest) for digest in case_evidence(events)}
    built: dict[str, Any] = msgspec.to_builtins(view)
    return built


def _event(logged: LoggedEvent) -> dict[str, Any]:
    why = {} if logged.void is None else {"void": logged.void, "because": VOID_TEXTS[logged.void]}
    problem = {} if logged.problem is None else {"problem": logged.problem}
    return {"offset": logged.offset, "event": logged.event, **why, **problem}


def case_evidence(events: list[LoggedEvent]) -> list[str]:
    """Return the digests of all evidence that the events of a case name, void ones included."""
    named = (
        one.digest
        for logged in events
        if logged.event is not None and not isinstance(logged.event, RulesPublished)
        for one in named_evidence(logged.event)
    )
    return list(dict.fromkeys(named))


def _value(store: CaseStore, case: Case, digest: str) -> str | None:
    stored = find_evidence(store, case, digest)
    return None if stored is None or stored.value is None else base64.b64encode(stored.value).decode()
