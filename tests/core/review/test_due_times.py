"""When cases are due, on days around weekends, holidays and the change to summer time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from holdgate.core.review.due_times import add_business_hours, due_time
from holdgate.core.review.review_rules import Calendar, DueRule
from tests.support.review import RULES, facts

CALENDAR = RULES.calendar


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-03-02T09:00+01:00", 4, "2026-03-02T13:00+01:00"),
        ("2026-03-02T07:00+01:00", 1, "2026-03-02T09:00+01:00"),  # before work begins
        ("2026-03-02T17:00+01:00", 4, "2026-03-03T11:00+01:00"),  # over night
        ("2026-03-06T17:00+01:00", 4, "2026-03-09T11:00+01:00"),  # over a weekend
        ("2026-04-02T17:00+02:00", 4, "2026-04-07T11:00+02:00"),  # over Good Friday and Easter Monday
        ("2026-03-27T17:00+01:00", 4, "2026-03-30T11:00+02:00"),  # into summer time
        ("2026-03-07T12:00+01:00", 10, "2026-03-09T18:00+01:00"),  # a whole day
    ],
)
def test_hours_count_while_people_work(start: str, hours: float, due: str) -> None:
    assert add_business_hours(datetime.fromisoformat(start), hours, CALENDAR) == datetime.fromisoformat(due)


def test_a_calendar_without_working_days_counts_round_the_clock() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    never = Calendar(days=("Sat",), holidays={})
    assert add_business_hours(start, 1, never) == datetime(2026, 1, 3, 9, tzinfo=UTC)


@given(st.integers(0, 3 * 525_600), st.floats(0.1, 100), st.floats(0.1, 100))
def test_more_hours_are_later(minutes: int, hours: float, more: float) -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    due = add_business_hours(begin, hours, CALENDAR)
    assert begin < due
    assert due <= add_business_hours(begin, hours + more, CALENDAR)


def test_the_earliest_rule_that_applies_counts() -> None:
    opened = datetime.fromisoformat("2026-03-02T15:00+01:00")
    assert due_time(facts(), opened, RULES) == datetime.fromisoformat("2026-03-03T13:00+01:00")
    target2 = facts(rail="TARGET2")
    assert due_time(target2, opened, RULES) == datetime.fromisoformat("2026-03-02T16:00+01:00")
    after_cut_off = datetime.fromisoformat("2026-03-02T16:30+01:00")
    assert due_time(target2, after_cut_off, RULES) == datetime.fromisoformat("2026-03-03T10:30+01:00")
    assert due_time(facts(), opened, replace(RULES, due=())) is None
    by_reason = replace(RULES, due=(DueRule(business_hours=1, reason="GEOGRAPHY"),))
    assert due_time(facts(), opened, by_reason) is None
    assert due_time(facts(reason="GEOGRAPHY"), opened, by_reason) is not None
