"""Too many dead letters per minute stop a worker; its decisions are kept."""

import pytest

from holdgate.lists.building import BuiltSnapshot
from holdgate.screening.dead_letter_limit import DeadLetterLimit
from tests.support.payments import payment
from tests.support.rig import PATIENCE, Rig, wait_until


def test_the_limit_applies_to_a_sliding_minute() -> None:
    limit = DeadLetterLimit(5)
    limit.add(3, now=0)
    limit.add(0, now=10)
    limit.add(2, now=30)
    assert (limit.left(30), limit.left(59)) == (0, 0)
    limit.add(1, now=59)
    assert limit.left(59) == -1
    assert limit.left(60) == 2
    assert limit.left(1_000) == 5


@pytest.mark.kafka
@pytest.mark.redis
def test_a_worker_stops_at_the_limit(rig: Rig, small: BuiltSnapshot) -> None:
    """It exits with a distinct code, says what to do, and resumes after the last decided record."""
    rig.make_current(small)
    worker = rig.worker(dead_letters_a_minute="5").await_ready()
    wait_until(lambda: worker.metrics()["holdgate_dead_letters_left"] == 5, "the limit in the metrics")
    rig.pay(payment("good"))
    rig.await_decided("good")
    rig.send([(f"bad-{number}".encode(), b"{") for number in range(8)])
    assert worker.process.wait(PATIENCE) == 5
    assert "HOLDGATE_DEAD_LETTERS_A_MINUTE" in worker.text
    rig.settle()
    stood = len(rig.decisions())
    assert sum(rig.committed().values()) == stood

    rig.worker()
    rig.await_input_decided(9)
    wait_until(lambda: len(rig.dead_letters()) == 8, "every dead letter, once")
