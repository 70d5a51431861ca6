"""Fixtures for replays: a gate whose payments were decided by a real worker that has ended."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.redis_server import Redis
from holdgate.lists.building import BuiltSnapshot
from tests.screening.conftest import rig
from tests.support.payments import payment
from tests.support.rig import Rig, closing
from tests.support.small_list import BANK_BIC, PERSON_NAME, small, smaller

__all__ = ["rig", "small", "smaller"]

CLEAN, PERSONS = 12, 2
PAYMENTS = CLEAN + PERSONS + 2

NEAR_NAME = "Yan Novikov"
"""The person's name without the middle name, which scores 0.7385."""


@pytest.fixture(scope="session")
def decided(
    tmp_path_factory: pytest.TempPathFactory,
    runtime_folder: Path,
    kafka: str,
    small: BuiltSnapshot,
    smaller: BuiltSnapshot,
) -> Iterator[Rig]:
    """Decide sixteen payments with a list that lacks the person, then make the list with the person current.

    Only for tests that do not change the live topics.
    """
    folder = tmp_path_factory.mktemp("decided")
    with (
        Redis(runtime_folder / "redis-decided") as redis,
        closing(Rig(folder, kafka, redis.url, "decided.", HOLDGATE_DATA=str(folder / "data"))) as rig,
    ):
        rig.create_topics()
        decide(rig, smaller)
        rig.make_current(small)
        yield rig


def decide(rig: Rig, built: BuiltSnapshot) -> None:
    """Start a worker with a list, let it decide the payments, and stop it."""
    rig.make_current(built)
    with rig.worker() as worker:
        worker.await_ready()
        rig.pay(*(payment(f"clean-{number}") for number in range(CLEAN)))
        rig.pay(*(payment(f"person-{number}", creditor={"name": PERSON_NAME}) for number in range(PERSONS)))
        rig.pay(payment("near", creditor={"name": NEAR_NAME}))
        rig.pay(payment("bank", creditor_agent={"bic": BANK_BIC}, rail="sct"))
        rig.await_decisions(PAYMENTS)
        assert worker.terminate() == 0
