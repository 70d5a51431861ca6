"""What a valid policy says that hardly anybody can mean: warnings for `holdgate policy check`."""

from collections.abc import Iterable, Iterator
from typing import get_args

from holdgate.core.policy.policy import Policy, ThresholdKind
from holdgate.core.policy.profile import Profile, Thresholds

HOLDS_ORDINARY, MISSES_MISSPELT, HOLDS_NONE = 0.4, 0.85, 1.0
"""Measured on the sample of OFAC's list (seed 7), in percent: 400 listed persons and 400 entities as listed,
the same with two wrong letters, and 1,000 ordinary names of each kind.

    threshold            0.30   0.40   0.50   0.66   0.70   0.80   0.85   0.90   0.99   1.00
    as listed, persons    100    100    100    100    100    100    100    100   54.5      0
    two wrong, persons   98.5   97.7   96.0   92.7   91.5   69.6   45.2   10.3    0.3      0
    two wrong, entities   100   99.2   98.5   93.9   91.1   65.6   41.5   19.5    0.3      0
    ordinary persons     39.3   13.3    3.8    0.1      0      0      0      0      0      0
    ordinary entities    32.3   14.0    6.7    0.4    0.1    0.1    0.1    0.1      0      0
"""

SLOWEST_SECONDS = 0.085
"""The 99.9th percentile of the time to a decision at the highest measured load (docs/performance.md)."""

BOTH_SIDES = frozenset({"debtor", "creditor"})


def policy_warnings(policy: Policy, lists: Iterable[str] = ()) -> Iterator[str]:
    """Yield sentences about thresholds, lists and deadlines; `lists` are those that are served."""
    served = frozenset(lists)
    yield from _of_thresholds("thresholds", policy.thresholds)
    for name, rail in policy.rails.items():
        yield from _of_profile(f"rails.{name}", policy.profile(name), None, policy, served)
        for message in rail.messages:
            profile = policy.profile(name, message)
            yield from _of_profile(f"rails.{name}.{message}", profile, policy.profile(name), policy, served)
    for name in sorted(policy.freshness.by_list):
        if served and name not in served:
            yield f"freshness.by_list.{name}: no such list is served; HOLDGATE_LISTS has {_words(served)}"


def _of_profile(
    where: str, profile: Profile, rail: Profile | None, policy: Policy, served: frozenset[str]
) -> Iterator[str]:
    """Yield warnings of a rail, or of what a type of message has differently from its `rail`."""
    if profile.thresholds != (rail.thresholds if rail else policy.thresholds):
        yield from _of_thresholds(f"{where}.thresholds", profile.thresholds)
    if profile.deadline_seconds <= SLOWEST_SECONDS and (
        rail is None or rail.deadline_seconds > SLOWEST_SECONDS
    ):
        yield (
            f"{where}.deadline_seconds = {profile.deadline_seconds:g} cannot be met: a loaded worker needs"
            f" up to {SLOWEST_SECONDS:g} s, so payments are held as DEADLINE_EXCEEDED"
        )
    for rule in profile.not_screened if rail is None or profile.not_screened != rail.not_screened else ():
        if set(rule.fields) >= BOTH_SIDES:
            what = (
                f"are not compared with {_words(rule.lists)}" if rule.lists else "are compared with no list"
            )
            yield f"{where}.not_screened: debtor and creditor {what} ({rule.reason})"
        for name in sorted(set(rule.lists) - served) if served else ():
            yield f"{where}.not_screened: no list {name} is served, so the rule leaves nothing out"


def _of_thresholds(where: str, thresholds: Thresholds) -> Iterator[str]:
    for kind in get_args(ThresholdKind):
        score = getattr(thresholds, kind)
        if score >= HOLDS_NONE:
            yield f"{where}.{kind} = {score:g} holds nothing, not even a name that is spelt as listed"
        elif score >= MISSES_MISSPELT:
            yield f"{where}.{kind} = {score:g} misses more than half of listed names with two wrong letters"
        elif score <= HOLDS_ORDINARY:
            yield f"{where}.{kind} = {score:g} holds one in seven ordinary names, or more"


def _words(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
