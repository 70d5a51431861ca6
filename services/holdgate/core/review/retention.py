"""When the evidence of a case may be erased: after its legal time, or before by order of an authority."""

from datetime import MAXYEAR, datetime

from holdgate.core.review.case import Case
from holdgate.core.review.review_rules import ReviewRules


def erasable_from(case: Case, rules: ReviewRules) -> datetime | None:
    """Return the time from which the evidence of an ended case may be erased without an order.

    None if there is no such time: the case has not ended, or the payment is blocked. Evidence of blocked
    property is kept for as long as it is blocked, and for the legal time after (31 CFR 501.601).
    """
    if case.ended_at is None or _is_blocked(case):
        return None
    return _years_later(case.ended_at, rules.retention.evidence_years)


def is_erasable(case: Case, code: str, at: datetime, rules: ReviewRules) -> bool:
    """Return whether the evidence of an ended case may be erased at a time, for a reason."""
    if code in rules.retention.early_codes:
        return True
    start = erasable_from(case, rules)
    return start is not None and start <= at


def _is_blocked(case: Case) -> bool:
    """Return whether money waits under a block; in a look-back case none does."""
    proposal = case.proposal
    return (
        case.stage == "disposed"
        and proposal is not None
        and proposal.content.disposition == "BLOCK"
        and not case.facts.look_back
    )


def _years_later(moment: datetime, years: int) -> datetime | None:
    """Return the same day and time years later, 1 March for 29 February; None after the year 9999."""
    year = moment.year + years
    if year > MAXYEAR:
        return None
    try:
        return moment.replace(year=year)
    except ValueError:
        return moment.replace(year=year, month=3, day=1)
