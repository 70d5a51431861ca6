"""When a case is due: business hours of a calendar, and cut-offs of rails."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from holdgate.core.review.event_contents import CaseFacts
from holdgate.core.review.review_rules import DAYS, Calendar, DueRule, ReviewRules

MAX_DAYS_AHEAD = 3_660
"""Days searched for working time. Rules allow 2,000 business hours, which are 400 days of 5 hours."""


def due_time(facts: CaseFacts, opened_at: datetime, rules: ReviewRules) -> datetime | None:
    """Return the earliest time, in UTC, that a rule sets for a case opened then; None if none applies."""
    times = [_due_by(rule, opened_at, rules.calendar) for rule in rules.due if _applies(rule, facts)]
    return min(times, default=None)


def _applies(rule: DueRule, facts: CaseFacts) -> bool:
    return (
        rule.queue in (None, facts.queue)
        and rule.reason in (None, facts.reason)
        and rule.rail in (None, (facts.rail or "").lower())
    )


def _due_by(rule: DueRule, opened_at: datetime, calendar: Calendar) -> datetime:
    due = add_business_hours(opened_at, rule.business_hours, calendar)
    local = opened_at.astimezone(ZoneInfo(calendar.time_zone))
    if rule.cut_off is not None and local.time() < rule.cut_off and is_business_day(local.date(), calendar):
        due = min(due, datetime.combine(local.date(), rule.cut_off, local.tzinfo).astimezone(UTC))
    return due


def is_business_day(day: date, calendar: Calendar) -> bool:
    """Return whether people work on a day."""
    return DAYS[day.weekday()] in calendar.days and day not in calendar.holidays.get(str(day.year), ())


def add_business_hours(start: datetime, hours: float, calendar: Calendar) -> datetime:
    """Return the time, in UTC, at which this many hours of work have passed since `start`.

    If a calendar has no working time in the next ten years, the hours count round the clock.
    """
    left = timedelta(hours=hours)
    for opens, closes in _working_times(start, calendar):
        if opens + left <= closes:
            return opens + left
        left -= closes - opens
    return start.astimezone(UTC) + timedelta(hours=hours)


def _working_times(start: datetime, calendar: Calendar) -> Iterator[tuple[datetime, datetime]]:
    """Yield the working times from `start` on, as pairs of UTC times."""
    zone, begin = ZoneInfo(calendar.time_zone), start.astimezone(UTC)
    first = start.astimezone(zone).date()
    for number in range(MAX_DAYS_AHEAD):
        day = first + timedelta(days=number)
        if not is_business_day(day, calendar):
            continue
        opens = datetime.combine(day, calendar.opens, zone).astimezone(UTC)
        closes = datetime.combine(day, calendar.closes, zone).astimezone(UTC)
        if closes > begin:
            yield max(opens, begin), closes
