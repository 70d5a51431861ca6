"""Hostile records are rejected or screened correctly, with work and memory bounded by their size."""

import sys
import tracemalloc
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from holdgate.core.engine.screener import Screener
from tests.support.hostile import RECORDS, Hostile, outcome
from tests.support.listed import policy, snapshot

pytestmark = pytest.mark.slow  # screens the hostile corpus

LARGEST = 65_536
MOST_MEGABYTES = 50
CALLS_A_BYTE, CALLS_BESIDE = 9, 20_000
"""Measured: at most 6.6 calls per byte (a text of common given names); for a record below 500 bytes 4,900,
and 15,200 if it is the first that the process compares."""

EACH = pytest.mark.parametrize("hostile", [pytest.param(one, id=one.name) for one in RECORDS])


@pytest.fixture
def screener() -> Screener:
    """Return a screener as in a worker that has just started: warmed up, with no payment screened yet."""
    made = Screener(snapshot(), policy())
    made.warm_up()
    return made


def test_the_corpus_of_hostile_records_is_large() -> None:
    assert len(RECORDS) > 80
    assert len({one.name for one in RECORDS}) == len(RECORDS)
    assert all((one.refused is None) != (one.reason is None) for one in RECORDS)
    assert max(len(one.value) for one in RECORDS) <= LARGEST
    assert sum(len(one.value) > LARGEST // 2 for one in RECORDS) > 15


@EACH
def test_a_hostile_record_is_rejected_or_screened(hostile: Hostile, screener: Screener) -> None:
    assert outcome(hostile, screener) == (hostile.refused, hostile.reason)


def calls_of(work: Callable[[], object]) -> int:
    """Count the calls of Python and built-in functions."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls


@EACH
def test_the_work_for_a_hostile_record_is_bounded_by_its_size(hostile: Hostile, screener: Screener) -> None:
    assert calls_of(lambda: outcome(hostile, screener)) <= CALLS_A_BYTE * len(hostile.value) + CALLS_BESIDE


def test_the_memory_for_hostile_records_is_bounded(screener: Screener) -> None:
    for hostile in RECORDS:
        tracemalloc.start()
        try:
            outcome(hostile, screener)
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert most < MOST_MEGABYTES * 1_000_000, hostile.name
