"""Whether a decision comes in time, and whether the lists it is made with are young enough."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from holdgate.core.model.payment import Payment
from holdgate.core.policy.profile import Profile

Stale = Callable[[Profile], str | None]
"""Which list is older than a profile allows, as a sentence; None if all are fresh."""


def deadline(payment: Payment, profile: Profile) -> datetime | None:
    """When the decision is due, in UTC: submission plus the rail's limit; None without a submission time."""
    if payment.submitted_at is None:
        return None
    try:
        due = payment.submitted_at + timedelta(seconds=profile.deadline_seconds)
        return due.astimezone(UTC)
    except OverflowError:
        return None


def staleness(ages: Mapping[str, datetime], exempt: frozenset[str], now: datetime) -> Stale:
    """How to ask which list is too old for a profile.

    `ages` gives for each list when it was last known to be true, `exempt` the lists not judged.
    """

    def stale(profile: Profile) -> str | None:
        for name, as_of in sorted(ages.items()):
            limit = profile.max_age(name)
            if name not in exempt and now - as_of > limit:
                return (
                    f"list {name} is of {as_of:%Y-%m-%d %H:%M} UTC, older than the {limit} the policy allows"
                )
        return None

    return stale


def all_fresh(_profile: Profile) -> None:
    """No list is too old, or none is judged."""
