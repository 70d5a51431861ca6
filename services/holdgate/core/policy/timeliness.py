"""Timeliness: the deadline of a decision, and the age of the lists."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from holdgate.core.model.payment import Payment
from holdgate.core.policy.profile import Profile

UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
"""The age of a list whose files nothing dates; it is too old for every policy."""

Stale = Callable[[Profile], str | None]
"""Names a list that is older than a profile allows, as a sentence; None if all are fresh."""


def deadline(payment: Payment, profile: Profile) -> datetime | None:
    """Return when the decision is due, in UTC: submission plus the rail's limit; None if it has no time."""
    if payment.submitted_at is None:
        return None
    try:
        due = payment.submitted_at + timedelta(seconds=profile.deadline_seconds)
        return due.astimezone(UTC)
    except OverflowError:
        return None


def staleness(ages: Mapping[str, datetime], exempt: frozenset[str], now: datetime) -> Stale:
    """Return a function that names a list which is too old for a profile.

    `ages` has the time at which each list was last known to be true; `exempt` has the lists not to judge.
    """

    def stale(profile: Profile) -> str | None:
        for name, as_of in sorted(ages.items()):
            limit = profile.max_age(name)
            if name not in exempt and now - as_of > limit:
                if as_of == UNDATED:
                    return f"list {name} has no date: nothing states how old it is"
                return (
                    f"list {name} is of {as_of:%Y-%m-%d %H:%M} UTC, older than the {limit} the policy allows"
                )
        return None

    return stale


def all_fresh(_profile: Profile) -> None:
    """Report no list as too old."""
