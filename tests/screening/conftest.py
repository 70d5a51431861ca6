"""Fixtures: a gate per test, and a shared gate with a running worker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.redis_server import Redis
from holdgate.lists.building import BuiltSnapshot
from tests.support.rig import Rig, Worker, closing
from tests.support.small_list import small, smaller

__all__ = ["small", "smaller"]


@pytest.fixture
def rig(tmp_path: Path, kafka: str, redis_url: str, topic_prefix: str) -> Iterator[Rig]:
    """Yield a gate with topics and an empty database, but no current list and no worker."""
    with closing(Rig(tmp_path, kafka, redis_url, topic_prefix)) as rig:
        rig.create_topics()
        yield rig


@pytest.fixture(scope="session")
def shared_rig(
    tmp_path_factory: pytest.TempPathFactory, runtime_folder: Path, kafka: str, small: BuiltSnapshot
) -> Iterator[Rig]:
    """Yield a gate that tests share; each uses its own payments and leaves the gate unchanged."""
    folder = tmp_path_factory.mktemp("shared")
    with (
        Redis(runtime_folder / "redis-shared") as redis,
        closing(Rig(folder, kafka, redis.url, "shared.")) as rig,
    ):
        rig.create_topics()
        rig.make_current(small)
        yield rig


@pytest.fixture(scope="session")
def shared_worker(shared_rig: Rig) -> Worker:
    """Yield the worker of the shared gate."""
    return shared_rig.worker().await_ready()
