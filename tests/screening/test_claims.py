"""Decisions are read back from Kafka only when claims may be missing from Redis, and only the needed ones."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence

import pytest
from prometheus_client import CollectorRegistry

from holdgate.adapters.kafka.decisions_log import DecisionRange
from holdgate.adapters.redis.claim_store import ClaimStore
from holdgate.core.model.decision import Decision, Versions
from holdgate.runtime.settings import Settings
from holdgate.screening.metrics import Metrics
from holdgate.screening.standing_claims import StandingClaims

CLAIM = [("p:1", b"H" + bytes(20))]
PARTITION = 3


class Store(ClaimStore):
    """An in-memory Redis that accepts every claim; a test can break its connection."""

    def __init__(self) -> None:
        super().__init__(Settings())
        self.marks: dict[int, int] = {}
        self.remembered: list[Versions] = []
        self.breaks = False

    async def open(self) -> None:
        """Connect to a server that has lost the versions that claims refer to."""
        self.breaks = False
        self.remembered = []

    async def claim(
        self, claims: Sequence[tuple[str, bytes]], upto: Mapping[int, int] | None = None
    ) -> list[bytes]:
        """Accept every claim and store the end offsets as marks."""
        self._fail_if_broken()
        self.marks |= upto or {}
        return [own for _, own in claims]

    async def replace(self, decision: Decision) -> bool:
        """Refuse: no test here has a decision that follows another."""
        raise NotImplementedError

    async def end_offset(self, partition: int) -> int | None:
        """Return the mark of a partition."""
        return self.marks.get(partition)

    async def remember(self, versions: Versions) -> None:
        """Store the versions."""
        self.remembered.append(versions)

    async def versions(self, name: bytes) -> Versions | None:
        """Return versions for any name."""
        self._fail_if_broken()
        return Versions("l", "p", "e")

    def _fail_if_broken(self) -> None:
        if self.breaks:
            raise ConnectionError("cut")


class Decisions:
    """A log with a number of decisions; it records the offsets it is read from."""

    def __init__(self) -> None:
        self.end = 0
        self.read_from: list[int | None] = []

    async def since(self, _partition: int, start: int | None) -> AsyncGenerator[DecisionRange, None]:
        """Return the end offset."""
        self.read_from.append(start)
        yield DecisionRange([], self.end)


class Scene:
    """Claims with such a Redis and log, and one partition."""

    def __init__(self) -> None:
        self.store, self.log = Store(), Decisions()
        self.current: Versions | None = None
        self.claims = StandingClaims(
            self.store, self.log, lambda: self.current, Metrics((), CollectorRegistry())
        )

    def batch(self, *, cut_after_claim: bool = False, foreign: int = 0) -> None:
        """Claim a decision, optionally lose the connection, and publish it after records of other workers."""
        self.claims.deciding([PARTITION])
        asyncio.run(self.claims.claim(lambda: CLAIM))
        if cut_after_claim:
            self.store.breaks = True
            asyncio.run(self.claims.versions(b"name"))
        self.log.end += foreign
        self.claims.published({PARTITION: [self.log.end]})
        self.log.end += 1


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_partition_is_read_back_once(scene: Scene) -> None:
    for _ in range(3):
        scene.batch()
    assert (scene.log.read_from, scene.store.marks) == ([None], {PARTITION: 2})


def test_a_partition_assigned_again_is_read_from_its_mark(scene: Scene) -> None:
    scene.batch()
    scene.batch()
    scene.claims.forget([PARTITION])
    scene.batch()
    assert scene.log.read_from == [None, 1]


def test_a_new_connection_reads_from_the_mark_in_redis(scene: Scene) -> None:
    scene.batch()
    scene.batch()
    scene.store.breaks = True
    scene.batch()
    assert scene.log.read_from == [None, 1]


def test_claims_made_before_the_connection_broke_are_not_marked(scene: Scene) -> None:
    """A replica without the claim takes over between claim and write, so the decision is read back later."""
    scene.batch(cut_after_claim=True)
    assert scene.log.read_from == [None, 0]
    scene.batch()
    assert scene.log.read_from == [None, 0, 0]


def test_decisions_of_a_former_owner_are_read_back(scene: Scene) -> None:
    scene.batch()
    scene.batch(foreign=2)
    scene.batch()
    assert scene.log.read_from == [None, 1]


@pytest.mark.parametrize("cut", [False, True])
def test_the_versions_of_a_claim_are_stored_before_the_claim(scene: Scene, cut: bool) -> None:
    """Another list becomes current while the claim waits for Redis; the claim still refers to the first.

    In a fault run a claim without stored versions ended the worker that read it.
    """
    first, second = Versions("first", "p", "e"), Versions("second", "p", "e")
    scene.current = first
    scene.batch()
    scene.claims.deciding([PARTITION])
    scene.current, scene.store.breaks = second, cut
    asyncio.run(scene.claims.claim(lambda: CLAIM))
    assert set(scene.store.remembered) == {first, second}
