"""Why a payment was decided as it was, and the smallest change that would change the decision."""

from collections.abc import Sequence

from msgspec import Struct

from holdgate.core.engine.screener import Screener
from holdgate.core.intake import Received
from holdgate.core.model.decision import Decision, Outcome
from holdgate.explain.nearest_entries import ComparedField, compare_fields, notes_elsewhere
from holdgate.explain.what_if import holding_changes, releasing_changes


class Explanation(Struct, frozen=True, omit_defaults=True):
    """A decision explained. Each of `changes` alone would make the decision `otherwise`."""

    payment_id: str
    decision: Outcome
    verdict: str
    fields: tuple[ComparedField, ...]
    otherwise: Outcome
    changes: tuple[str, ...]
    list_version: str
    policy_version: str
    notes: tuple[str, ...] = ()
    """Notes on what is no compared field, such as an empty name or an absent creditor."""


def explain_decision(received: Received, screener: Screener) -> Explanation:
    """Screen the payment and explain each field; the age of lists and deadlines are not judged."""
    [decision] = screener.screen([received])
    fields = tuple(compare_fields(received, decision, screener))
    is_held = decision.decision == "HOLD"
    changes = (
        releasing_changes(received, screener, decision, fields)
        if is_held
        else holding_changes(received, screener, fields)
    )
    return Explanation(
        payment_id=decision.payment_id,
        decision=decision.decision,
        verdict=_verdict(decision, fields),
        fields=fields,
        otherwise="RELEASE" if is_held else "HOLD",
        changes=tuple(changes),
        list_version=decision.list_version,
        policy_version=decision.policy_version,
        notes=notes_elsewhere(received, decision),
    )


def _verdict(decision: Decision, fields: Sequence[ComparedField]) -> str:
    compared = f"{len(fields)} field{'s' if len(fields) != 1 else ''} compared"
    if decision.decision == "HOLD" and decision.matches:
        entries = {match.entry_id: match for match in reversed(decision.matches)}
        best = decision.matches[0]
        others = f", and {len(entries) - 1} more" if len(entries) > 1 else ""
        return f"Held: {best.field} matches {best.entry_id} {best.entry_name}{others}; {compared}." + (
            f" {len(decision.matches)} matches hold, each by itself." if len(decision.matches) > 1 else ""
        )
    if decision.decision == "HOLD":
        return f"Held: {decision.reason}, {decision.detail}."
    nearest = max((found.judged for field in fields for found in field.candidates), default=None)
    near = "nothing listed comes near" if nearest is None else f"the nearest listed name scores {nearest:.4f}"
    return f"Released: no match holds; {near}; {compared}."
