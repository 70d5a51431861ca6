"""The events of one case applied again, with the rules that were in force at each."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from holdgate.core.review.case import Case
from holdgate.core.review.event import AnyCaseEvent, RulesPublished, decode_event
from holdgate.core.review.reducer import VoidReason, apply
from holdgate.core.review.review_rules import ReviewRules

RulesHistory = Sequence[tuple[int, ReviewRules]]
"""The rules that counted, each with its offset, in the order of the log."""


class ReplayedEvent(NamedTuple):
    """An event of a case, its record's offset and value, and the case before and after it."""

    offset: int
    value: bytes
    event: AnyCaseEvent
    before: Case | None
    after: Case | None
    void: VoidReason | None


def rules_at(history: RulesHistory, offset: int) -> ReviewRules | None:
    """Return the rules that apply to a record; None before any were published."""
    position = bisect_right(history, offset, key=lambda entry: entry[0])
    return history[position - 1][1] if position else None


def replay_case(records: Iterable[tuple[int, bytes]], rules: RulesHistory) -> list[ReplayedEvent]:
    """Return the events of a case from its records (offset, value) in the order of the log.

    Raises `UnreadableEventError` for a record that is no event of a case.
    """
    replayed: list[ReplayedEvent] = []
    case: Case | None = None
    for offset, value in records:
        event = decode_event(value)
        assert not isinstance(event, RulesPublished), "rules are no event of a case"
        before = case
        case, void = apply(case, event, rules_at(rules, offset))
        replayed.append(ReplayedEvent(offset, value, event, before, case, void))
    return replayed
