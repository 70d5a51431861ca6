"""Compare two decisions on one payment: what changed, and why."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from holdgate.core.engine.rules import POLICY_RULES
from holdgate.core.model.decision import Decision, Match, Outcome, Reason, Rule, Status
from holdgate.core.model.payment import Party, Payment
from holdgate.core.places.corridor import UNKNOWN, corridor_of

DecisionChange = Literal["held", "released", "reason", "matches", "same"]
"""`held` and `released` name the new outcome; `reason` is a hold with another reason or status; `matches` is
the same decision with other matches; `same` differs in its versions at most."""

ALL_CHANGES: tuple[DecisionChange, ...] = ("held", "released", "reason", "matches")


class DiffMatch(Struct, frozen=True):
    """A match in a difference: field, entry, rule and score, without the text of the payment."""

    field: str
    entry_id: str
    entry_name: str
    rule: Rule
    score: float


class DecisionSummary(Struct, frozen=True, omit_defaults=True):
    """One of the two decisions, without the text of the payment."""

    decision_id: str
    decision: Outcome
    reason: Reason
    next_status: Status
    list_version: str
    policy_version: str
    engine_version: str
    matches: tuple[DiffMatch, ...] = ()

    @property
    def score(self) -> float:
        """The best score of its matches; 0 without a match."""
        return max((match.score for match in self.matches), default=0.0)


def summarise(decision: Decision) -> DecisionSummary:
    """Return a decision as one side of a difference."""
    return DecisionSummary(
        decision.decision_id,
        decision.decision,
        decision.reason,
        decision.next_status,
        decision.list_version,
        decision.policy_version,
        decision.engine_version,
        tuple(map(_diff_match, decision.matches)),
    )


def _diff_match(match: Match) -> DiffMatch:
    return DiffMatch(match.field, match.entry_id, match.entry_name, match.rule, match.score)


def change_between(before: Decision, after: Decision) -> DecisionChange:
    """Return the kind of change from one decision to the other."""
    if before.decision != after.decision:
        return "held" if after.decision == "HOLD" else "released"
    if (before.reason, before.next_status) != (after.reason, after.next_status):
        return "reason"
    return "same" if _matched(before) == _matched(after) else "matches"


def change_reason(before: Decision, after: Decision, listed: frozenset[str]) -> str:
    """Return the cause of the difference as a sentence; `listed` are the ids of the entries in the new lists.

    The sentence names fields and entries, never the text of the payment.
    """
    appeared = _best(match for match in after.matches if _key(match) not in _matched(before))
    gone = _best(match for match in before.matches if _key(match) not in _matched(after))
    if appeared is not None:
        return f"{appeared.field} now meets {appeared.entry_id} by {appeared.rule} with {appeared.score:.4f}"
    if gone is not None:
        is_delisted = gone.entry_id not in listed and gone.rule not in POLICY_RULES
        effect = "is no longer listed" if is_delisted else f"no longer holds {gone.field} ({gone.rule})"
        return f"{gone.entry_id} {effect}; it held with {gone.score:.4f}"
    return after.detail or f"{before.reason} no longer applies"


def corridor(payment: Payment | None) -> str:
    """Return the corridor of a payment as `KZ>DE`; an unreadable payment has none that is known."""
    return ">".join((UNKNOWN, UNKNOWN) if payment is None else corridor_of(payment))


def match_origin(payment: Payment | None, decision: Decision) -> str:
    """Return the country of the party with the best match, or of the debtor if nothing matches."""
    if payment is None:
        return UNKNOWN
    role = decision.matches[0].field.partition(".")[0] if decision.matches else "debtor"
    party = getattr(payment, role, None)
    return country(party) if isinstance(party, Party) else UNKNOWN


def country(party: Party | None) -> str:
    """Return a party's country: of its residence, its address, or its IBAN, or UNKNOWN."""
    if party is None:
        return UNKNOWN
    address = party.address.country if party.address else None
    iban = (party.account.iban if party.account else None) or ""
    return party.country_of_residence or address or iban[:2].upper() or UNKNOWN


def _best(matches: Iterable[Match]) -> Match | None:
    return max(matches, key=lambda match: match.score, default=None)


def _matched(decision: Decision) -> set[tuple[str, str, Rule]]:
    return set(map(_key, decision.matches))


def _key(match: Match) -> tuple[str, str, Rule]:
    return match.field, match.entry_id, match.rule
