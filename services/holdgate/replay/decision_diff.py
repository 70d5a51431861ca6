"""Two decisions on one payment, side by side: what changed, and why."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from holdgate.core.model.decision import Decision, Match, Outcome, Reason, Rule, Status
from holdgate.core.model.payment import Party, Payment

DecisionChange = Literal["held", "released", "reason", "matches", "same"]
"""held and released are the outcome now; reason is a hold with another reason or status; matches is the same
decision with other matches; same says the same as before, whatever the versions."""

ALL_CHANGES: tuple[DecisionChange, ...] = ("held", "released", "reason", "matches")

BY_POLICY: tuple[Rule, ...] = ("geography", "goods")
"""Rules whose entries stand in the policy, not in a list."""

NO_COUNTRY = "-"


class DiffMatch(Struct, frozen=True):
    """A match as a difference tells it: where, what, how much; the payment's own words stay out of it."""

    field: str
    entry_id: str
    entry_name: str
    rule: Rule
    score: float


class DecisionSummary(Struct, frozen=True, omit_defaults=True):
    """One of the two decisions."""

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
        """The best score of its matches, 0 without any."""
        return max((hit.score for hit in self.matches), default=0.0)


def summarise(decision: Decision) -> DecisionSummary:
    """A decision as one side of a difference."""
    return DecisionSummary(
        decision.decision_id,
        decision.decision,
        decision.reason,
        decision.next_status,
        decision.list_version,
        decision.policy_version,
        decision.engine_version,
        tuple(map(_hit, decision.matches)),
    )


def _hit(match: Match) -> DiffMatch:
    return DiffMatch(match.field, match.entry_id, match.entry_name, match.rule, match.score)


def change_between(before: Decision, after: Decision) -> DecisionChange:
    """What became of a decision."""
    if before.decision != after.decision:
        return "held" if after.decision == "HOLD" else "released"
    if (before.reason, before.next_status) != (after.reason, after.next_status):
        return "reason"
    return "same" if _matched(before) == _matched(after) else "matches"


def change_reason(before: Decision, after: Decision, listed: frozenset[str]) -> str:
    """What made the difference, as a sentence; `listed` are the ids of the entries screened with now.

    Names fields and entries, never what stood in the payment.
    """
    appeared = _best(match for match in after.matches if _key(match) not in _matched(before))
    gone = _best(match for match in before.matches if _key(match) not in _matched(after))
    if appeared is not None:
        return f"{appeared.field} now meets {appeared.entry_id} by {appeared.rule} with {appeared.score:.4f}"
    if gone is not None:
        is_gone = gone.entry_id not in listed and gone.rule not in BY_POLICY
        now = "is no longer listed" if is_gone else f"no longer holds {gone.field} ({gone.rule})"
        return f"{gone.entry_id} {now}; it held with {gone.score:.4f}"
    return after.detail or f"{before.reason} no longer applies"


def corridor(payment: Payment | None) -> str:
    """The countries of debtor and creditor, as `KZ>DE`; a dash where one is not said."""
    if payment is None:
        return f"{NO_COUNTRY}>{NO_COUNTRY}"
    return f"{country(payment.debtor)}>{country(payment.creditor)}"


def match_origin(payment: Payment | None, decision: Decision) -> str:
    """The country of the party that the best match is about, or of the debtor where no party is."""
    if payment is None:
        return NO_COUNTRY
    role = decision.matches[0].field.partition(".")[0] if decision.matches else "debtor"
    party = getattr(payment, role, None)
    return country(party) if isinstance(party, Party) else NO_COUNTRY


def country(party: Party | None) -> str:
    """Where a party lives, as far as it says: residence, address, or its IBAN's country."""
    if party is None:
        return NO_COUNTRY
    address = party.address.country if party.address else None
    iban = (party.account.iban if party.account else None) or ""
    return party.country_of_residence or address or iban[:2].upper() or NO_COUNTRY


def _best(matches: Iterable[Match]) -> Match | None:
    return max(matches, key=lambda match: match.score, default=None)


def _matched(decision: Decision) -> set[tuple[str, str, Rule]]:
    return set(map(_key, decision.matches))


def _key(match: Match) -> tuple[str, str, Rule]:
    return match.field, match.entry_id, match.rule
