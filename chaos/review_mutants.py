"""Bugs of review, one each, which the checker must find.

The review process and the people run with the same bug: all readers run the same reducer.
"""

from collections.abc import Callable, Sequence
from typing import Any, get_args
from unittest.mock import ANY

from msgspec.structs import replace

from holdgate.core.model.decision import Decision, HoldReason
from holdgate.core.review import reducer
from holdgate.review.decision_changes import DecisionChange, DecisionChanges
from holdgate.review.disposal import DecidedCase, Disposal

patched: Any = reducer


def self_approval() -> None:
    """Let people approve what they proposed: in the reducer, and where a decision checks itself."""
    patched.has_own_hand = lambda *_: False
    Decision._check_review = lambda *_: None  # type: ignore[method-assign]


def one_approver() -> None:
    """Take one approval where the rules ask for two."""
    patched.approvers_needed = lambda *_: 1


def any_page() -> None:
    """Ignore the digest of what an approver was shown."""
    patched.shown_digest = lambda _: ANY


def unscreened() -> None:
    """Let people release what was held for any reason."""
    patched.RELEASABLE = frozenset(get_args(HoldReason))


def second_disposal() -> None:
    """Dispose of each approved case twice: the second decision follows the first."""
    write = Disposal._write

    def write_twice(self: Disposal, decided: list[DecidedCase]) -> None:
        write(self, decided)
        write(self, [one._replace(decision=_following(one.decision)) for one in decided])

    Disposal._write = write_twice  # type: ignore[method-assign]


def overtaking() -> None:
    """Dispose of cases although another decision came into force: ignore those of rescreening."""
    find = DecisionChanges.find

    def find_some(self: DecisionChanges, records: Sequence[Any]) -> list[DecisionChange]:
        changes = find(self, records)
        return [one for one in changes if one.decision.follows is None or one.decision.review is not None]

    DecisionChanges.find = find_some  # type: ignore[method-assign]


def _following(decision: Any) -> Any:
    return replace(decision, decision_id=decision.decision_id[::-1], follows=decision.decision_id)


REVIEW_MUTANTS: dict[str, Callable[[], None]] = {
    "self-approval": self_approval,
    "one-approver": one_approver,
    "any-page": any_page,
    "unscreened": unscreened,
    "second-disposal": second_disposal,
    "overtaking": overtaking,
}
