"""A case as JSON, for another program or an auditor."""

import base64
from typing import Any

import msgspec

from holdgate.adapters.sqlite.case_queries import LoggedEvent
from holdgate.adapters.sqlite.case_store import CaseStore
from holdgate.core.review.case import Case
from holdgate.core.review.digest import shown_digest
from holdgate.core.review.wording import VOID_TEXTS, held_because, next_step


def case_view(case: Case, store: CaseStore, with_evidence: bool = False) -> dict[str, Any]:
    """Return a case with its parties, precedents and events, void ones with the reason.

    With evidence, its values are there in base64 by SHA-256, null where they were erased. Contains personal
    data.
    """
    from holdgate.casework.case_text import read_decision

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
            for other, entry_id, name in store.precedents(case, [party.name for party in parties])
        ],
        "events": [_event(logged) for logged in events],
    }
    if with_evidence:
        view["evidence"] = {digest: _value(store, digest) for digest in _digests(case, events)}
    built: dict[str, Any] = msgspec.to_builtins(view)
    return built


def _event(logged: LoggedEvent) -> dict[str, Any]:
    why = {} if logged.void is None else {"void": logged.void, "because": VOID_TEXTS[logged.void]}
    problem = {} if logged.problem is None else {"problem": logged.problem}
    return {"offset": logged.offset, "event": logged.event, **why, **problem}


def _digests(case: Case, events: list[LoggedEvent]) -> list[str]:
    notes = [getattr(getattr(logged.event, "what", None), "note", None) for logged in events]
    return list(
        dict.fromkeys(digest for digest in (case.facts.payment, case.facts.decision, *notes) if digest)
    )


def _value(store: CaseStore, digest: str) -> str | None:
    stored = store.evidence(digest)
    return None if stored is None or stored.value is None else base64.b64encode(stored.value).decode()
