"""A service is alive while it makes progress or waits for a known system."""

import time
from pathlib import Path

import pytest

from holdgate.runtime.health import STALLED_SECONDS, Health


class Clock:
    """A monotonic clock that moves when told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(time, "monotonic", found)
    return found


def test_work_without_end_is_no_progress(clock: Clock) -> None:
    health = Health()
    with health.busy():
        clock.now += STALLED_SECONDS
        health.idle()
        assert not health.alive
    assert health.alive


def test_a_service_that_waits_for_redis_is_alive_until_it_stops_trying(clock: Clock) -> None:
    health = Health()
    with health.busy():
        for _ in range(10):
            clock.now += STALLED_SECONDS / 2
            health.record_wait("Redis")
            assert (health.alive, health.waits_for) == (True, "Redis")
        clock.now += STALLED_SECONDS
        assert not health.alive
    assert (health.alive, health.waits_for) == (True, None)


def test_the_health_file_is_touched_while_the_service_waits(clock: Clock, tmp_path: Path) -> None:
    file = tmp_path / "below" / "health"
    health = Health(str(file))
    health.record_wait("Kafka")
    assert file.exists()
    file.unlink()
    clock.now += 2
    health.record_wait("Kafka")
    assert file.exists()
