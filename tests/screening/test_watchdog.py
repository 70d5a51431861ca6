"""The watchdog ends a process that hangs, but not one that waits, works or was frozen."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from holdgate.screening.exit_codes import HUNG, STOPPED
from holdgate.screening.watchdog import (
    LOOP_CHECK_SECONDS,
    LOOP_SECONDS,
    MAX_STALLED_CHECKS,
    STOP_SECONDS,
    ConsumerWatch,
    LoopWatch,
)


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def _loop(clock: _Clock, beats_while_looked_at: bool) -> LoopWatch:
    def sleep(seconds: float) -> None:
        clock.now += seconds
        if beats_while_looked_at:
            watch.beat()

    watch = LoopWatch(clock=clock, sleep=sleep)
    return watch


def test_an_event_loop_without_heartbeats_hangs() -> None:
    clock = _Clock()
    watch = _loop(clock, beats_while_looked_at=False)
    clock.now = LOOP_SECONDS - 1
    assert not watch.hangs()
    clock.now = LOOP_SECONDS
    assert watch.hangs()


def test_a_process_that_was_frozen_recovers_with_the_next_heartbeat() -> None:
    clock = _Clock()
    watch = _loop(clock, beats_while_looked_at=True)
    clock.now = 10 * LOOP_SECONDS
    assert not watch.hangs()


def test_a_loop_that_hangs_ends_the_process() -> None:
    clock, ended = _Clock(), list[int]()

    def sleep(seconds: float) -> None:
        clock.now += seconds

    LoopWatch(end=lambda code, _: ended.append(code), clock=clock, sleep=sleep).run()
    assert ended == [HUNG]


def test_a_worker_that_does_not_stop_when_asked_is_ended() -> None:
    """This applies even if its event loop runs: a library may wait in it forever."""
    clock, ended = _Clock(), list[tuple[int, float]]()

    def sleep(seconds: float) -> None:
        clock.now += seconds
        watch.beat()

    def told() -> bool:
        return clock.now >= 100

    watch = LoopWatch(told, lambda code, _: ended.append((code, clock.now)), clock, sleep)
    watch.run()
    [(code, at)] = ended
    assert code == HUNG
    assert 100 + STOP_SECONDS - LOOP_CHECK_SECONDS <= at <= 100 + STOP_SECONDS + LOOP_CHECK_SECONDS


@pytest.mark.parametrize(("outage", "ends_with"), [("Kafka does not answer", STOPPED), (None, HUNG)])
def test_a_worker_that_stops_waits_for_no_outage(outage: str | None, ends_with: int) -> None:
    clock, ended = _Clock(), list[tuple[int, float]]()

    def sleep(seconds: float) -> None:
        clock.now += seconds

    LoopWatch(
        lambda: True,
        lambda code, _: ended.append((code, clock.now)),
        clock,
        sleep,
        outage=lambda: outage,
    ).run()
    [(code, at)] = ended
    assert code == ends_with
    assert (at < STOP_SECONDS) is (outage is not None)


async def _what_never_comes() -> None:
    await asyncio.get_running_loop().create_future()


def test_a_worker_that_hangs_logs_its_stacks() -> None:
    async def told() -> list[Any]:
        task = asyncio.create_task(_what_never_comes())
        await asyncio.sleep(0)
        loop = asyncio.get_running_loop()
        with capture_logs() as logs:
            watch = LoopWatch(lambda: True, lambda *_: None, lambda: 0.0, lambda _: None, lambda: [loop])
            watch.start()
            await asyncio.to_thread(watch.join)
        task.cancel()
        return logs

    [said] = asyncio.run(told())
    assert any("_what_never_comes" in task[-1] for task in said["tasks"])
    assert any("threads" in call for call in said["threads"]["loop watch"])
    assert any("run_forever" in call for call in said["threads"]["MainThread"])


def test_a_worker_that_hangs_is_ended_even_if_its_stacks_cannot_be_logged() -> None:
    ended: list[int] = []

    def loops() -> list[asyncio.AbstractEventLoop]:
        raise RuntimeError("tasks changed while they were told")

    watch = LoopWatch(lambda: True, lambda code, _: ended.append(code), lambda: 0.0, lambda _: None, loops)
    with pytest.raises(RuntimeError):
        watch.run()
    assert ended == [HUNG]


class _Consumer:
    """A consumer whose positions, end offsets and record counts are set by the test."""

    def __init__(self, positions: dict[int, int], ends: dict[int, int]) -> None:
        self.positions, self.ends, self.taken = positions, ends, 0
        self.ended: list[str] = []
        self.watch = ConsumerWatch(
            self._positions, self._ends, lambda: self.taken, lambda _, why: self.ended.append(why)
        )

    def look(self) -> bool:
        """Return whether a check ends the process."""
        asyncio.run(self.watch.look())
        return bool(self.ended)

    async def _positions(self) -> Mapping[int, int]:
        return dict(self.positions)

    async def _ends(self, _places: Mapping[int, int]) -> Mapping[int, int]:
        return self.ends


def test_records_that_wait_at_two_checks_are_not_being_fetched() -> None:
    consumer = _Consumer({0: 5, 1: 7}, {0: 5, 1: 9})
    assert not consumer.look()
    assert consumer.look()
    assert "[1]" in consumer.ended[0]


def test_a_consumer_with_an_unresponsive_thread_hangs() -> None:
    consumer = _Consumer({0: -1}, {0: 5})
    assert [consumer.look(), consumer.look()] == [False, True]


@pytest.mark.parametrize("positions", [{}, {0: 5, 1: 9}])
def test_a_consumer_that_has_caught_up_or_has_no_partition_is_healthy(positions: dict[int, int]) -> None:
    consumer = _Consumer(positions, {0: 5, 1: 9})
    assert [consumer.look() for _ in range(3)] == [False] * 3


def test_a_consumer_that_makes_progress_is_healthy() -> None:
    consumer = _Consumer({0: 5}, {0: 100})
    for _ in range(4):
        assert not consumer.look()
        consumer.positions[0] += 1
    for _ in range(4):
        assert not consumer.look()
        consumer.taken += 1


def test_a_stuck_partition_is_detected_while_others_are_read() -> None:
    consumer = _Consumer({0: 5, 1: 7}, {0: 1_000, 1: 9})
    looks = []
    for _ in range(MAX_STALLED_CHECKS + 1):
        looks.append(consumer.look())
        consumer.positions[0] += 100
        consumer.taken += 100
    assert looks == [False] * MAX_STALLED_CHECKS + [True]
    assert "skips partitions [1]" in consumer.ended[0]


def test_a_partition_that_is_read_now_and_then_is_healthy() -> None:
    consumer = _Consumer({0: 5, 1: 7}, {0: 10_000, 1: 90})
    for number in range(4 * MAX_STALLED_CHECKS):
        assert not consumer.look()
        consumer.positions[number % MAX_STALLED_CHECKS == 0] += 1
        consumer.taken += 100
