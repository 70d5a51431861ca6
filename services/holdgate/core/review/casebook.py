"""All cases of a log in memory: for checks, tests and readers that need few of them."""

from collections import Counter

from holdgate.core.review.case import Case
from holdgate.core.review.event import ReviewEvent, RulesPublished, UnreadableEventError, decode_event
from holdgate.core.review.reducer import VoidReason, apply, why_rules_are_void
from holdgate.core.review.review_rules import ReviewRules


class Casebook:
    """The cases after the events that were added, in the order of their log."""

    def __init__(self) -> None:
        self.rules: ReviewRules | None = None
        self.cases: dict[str, Case] = {}
        self.void: Counter[VoidReason] = Counter()

    def add(self, event: ReviewEvent) -> VoidReason | None:
        """Add the next event; return why it does not count, or None."""
        if isinstance(event, RulesPublished):
            void = why_rules_are_void(event)
            self.rules = event.what if void is None else self.rules
        else:
            case, void = apply(self.cases.get(event.case_id), event, self.rules)
            if case is not None:
                self.cases[event.case_id] = case
        if void is not None:
            self.void[void] += 1
        return void

    def add_record(self, value: bytes) -> VoidReason | None:
        """Add the next record of the topic; one that is no event is void as UNREADABLE."""
        try:
            return self.add(decode_event(value))
        except UnreadableEventError:
            self.void["UNREADABLE"] += 1
            return "UNREADABLE"
