"""Names of many parts cost bounded work, and no part of them is skipped without a hold."""

import pytest

from holdgate.core.engine.screener import Screener
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.lists.building import BuiltSnapshot
from tests.core.engine.test_hostile import calls_of
from tests.support.hostile import NAMES, Hostile, outcome
from tests.support.listed import policy, snapshot
from tests.support.small_list import small

__all__ = ["small"]

pytestmark = pytest.mark.slow  # counts every call of some fifty hostile names

MAX_CALLS = 120_000
MAX_COMPARISONS = 100
"""Measured: at most 73,500 calls, and 15 comparisons with names of the small list."""

EACH = pytest.mark.parametrize("hostile", [pytest.param(one, id=one.name) for one in NAMES])


@EACH
def test_a_listed_name_behind_many_parts_is_held(hostile: Hostile) -> None:
    refused, reason = outcome(hostile, Screener(snapshot(), policy()))
    if hostile.held:
        assert refused is not None or reason != "NO_MATCH"
    else:
        assert (refused, reason) == (hostile.refused, hostile.reason)


@EACH
def test_the_work_for_a_name_of_many_parts_is_bounded(hostile: Hostile, small: BuiltSnapshot) -> None:
    screener = Screener(load_snapshot(small.data), policy())
    screener.warm_up()
    assert calls_of(lambda: outcome(hostile, screener)) <= MAX_CALLS
    assert screener.matcher.comparisons <= MAX_COMPARISONS
