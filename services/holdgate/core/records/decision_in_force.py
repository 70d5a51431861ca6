"""The decision in force: the one rule by which every reader of `screening.decisions` acts.

For a payment_id and content_hash, the first record without `follows` is in force. After it, in the order of
the log, each record whose `follows` names the decision in force replaces it. Every other record is void: a
repeat, a successor of a decision that was replaced before, or a first decision that came later. So a reader
has to remember one decision_id per payment and content. `tests/cases/decisions_in_force.jsonl` has test
vectors for readers in other languages.
"""

from datetime import datetime
from typing import Literal

from holdgate.core.model.decision import Decision

DecisionKey = tuple[str, str]
"""payment_id and content hash, which identify what a decision is about."""

Standing = Literal["in force", "replaced", "repeated", "void"]
"""What a record is in the log: the decision in force, one that was in force before, a repeat of either, or
one that never took effect."""


def decision_key(decision: Decision) -> DecisionKey:
    """Return what a decision is about."""
    return decision.payment_id, decision.content_hash


def takes_effect(follows: str | None, in_force: str | None) -> bool:
    """Return whether the next record in the log comes into force.

    `follows` is the record's, `in_force` the id of the decision in force on the same payment and content,
    None if there is none yet.
    """
    return follows == in_force


def is_late_release(decision: Decision, written_at: datetime) -> bool:
    """Return whether readers treat a decision as a hold: a first RELEASE, written after its deadline.

    `written_at` is the broker's time of the record that brought it into force. Only the broker knows whether
    a record was written in time, and nothing takes it back. A repeat is no first release; a RELEASE that
    follows a hold is late on purpose. `tests/cases/late_releases.jsonl` has test vectors.
    """
    return (
        decision.decision == "RELEASE"
        and decision.follows is None
        and decision.deadline is not None
        and written_at > decision.deadline
    )


class DecisionsInForce:
    """The decisions in force after the records that were added, in the order of their log."""

    def __init__(self) -> None:
        self._by_key: dict[DecisionKey, Decision] = {}
        self._replaced: set[str] = set()

    def add(self, decision: Decision) -> bool:
        """Add the next record; return whether it came into force."""
        key = decision_key(decision)
        before = self._by_key.get(key)
        if not takes_effect(decision.follows, None if before is None else before.decision_id):
            return False
        if before is not None:
            self._replaced.add(before.decision_id)
        self._by_key[key] = decision
        return True

    def find_standing(self, decision: Decision, took_effect: bool) -> Standing:
        """Return what a record is after all were added; `took_effect` is what `add` returned for it."""
        in_force = self._by_key.get(decision_key(decision))
        is_in_force = in_force is not None and in_force.decision_id == decision.decision_id
        if took_effect:
            return "in force" if is_in_force else "replaced"
        return "repeated" if is_in_force or decision.decision_id in self._replaced else "void"
