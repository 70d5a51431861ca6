"""Claims that stand: Redis is the fast way to them, Kafka the truth behind it.

Redis can lose claims: flushed, restarted without its last second, failed over to a replica that lagged. So
when a partition is new here, when the connection had to be made anew, or when Redis is not in the epoch
that was opened, what may come again is first read back from the decisions topic and claimed.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol, TypeVar

import structlog
from aiokafka.errors import KafkaError

from holdgate.adapters.claims import ClaimStore, EpochLostError
from holdgate.adapters.redis import Fault
from holdgate.core import claim
from holdgate.core.decision import Decision, Versions
from holdgate.metrics import Metrics
from holdgate.screening.patience import until_done

log = structlog.get_logger()

ReadFault = (KafkaError, TimeoutError, OSError)
"""What reading the decisions topic again can cure."""

CHUNK = 500
"""Claims restored in one call."""


Answer = TypeVar("Answer")


class Decided(Protocol):
    """The decisions topic, read back."""

    async def uncommitted(self, partition: int, /) -> list[Decision]:
        """What was decided of records that may come again, oldest first."""


class StandingClaims:
    """The claims of the partitions that this worker decides. Each call returns only with an answer.

    `current` gives the versions that new claims are made with.
    """

    def __init__(
        self,
        store: ClaimStore,
        decisions: Decided,
        current: Callable[[], Versions | None],
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._decisions = decisions
        self._current = current
        self._metrics = metrics
        self._open = False
        self._remembered: set[Versions] = set()
        self._partitions: frozenset[int] = frozenset()
        self._restored: set[int] = set()

    def deciding(self, partitions: Iterable[int]) -> None:
        """Say of which partitions the next claims are."""
        self._partitions = frozenset(partitions)

    def forget(self, partitions: Iterable[int]) -> None:
        """Say which partitions are another's now: when they come back, their claims are restored again."""
        self._restored -= set(partitions)

    async def claim(self, claims: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """Claim each (key, claim); returns what stands."""

        async def try_once() -> list[bytes]:
            await self._make_ready()
            return await self._store.claim(claims)

        return await self._patiently(try_once)

    async def versions(self, name: bytes) -> Versions:
        """The versions that a claim names; raises LookupError if Redis lost them and kept the claim."""

        async def try_once() -> Versions | None:
            await self._make_ready()
            return await self._store.versions(name)

        found = await self._patiently(try_once)
        if found is None:
            raise LookupError(
                f"Redis holds a claim of versions {name.hex()}, but no dec:versions:{name.hex()}"
            )
        return found

    async def _patiently(self, try_once: Callable[[], Awaitable[Answer]]) -> Answer:
        async def see_faults() -> Answer:
            try:
                return await try_once()
            except (*Fault, EpochLostError):
                self._open = False
                raise

        retried = self._metrics.retries.labels("redis").inc
        return await until_done(see_faults, (*Fault, *ReadFault, EpochLostError), "Redis", retried)

    async def _make_ready(self) -> None:
        """Open, remember the versions in use, and restore the partitions that were not yet."""
        if not self._open:
            await self._store.open()
            self._restored.clear()
            self._remembered.clear()
            self._open = True
        current = self._current()
        if current is not None:
            await self._remember(current)
        for partition in sorted(self._partitions - self._restored):
            await self._restore(partition)
            self._restored.add(partition)

    async def _restore(self, partition: int) -> None:
        decisions = await self._decisions.uncommitted(partition)
        for decision in decisions:
            if decision.decision == "RELEASE":
                await self._remember(claim.versions_of(decision))
        for start in range(0, len(decisions), CHUNK):
            chunk = decisions[start : start + CHUNK]
            await self._store.claim([(claim.key(decision), claim.encode(decision)) for decision in chunk])
        log.info("claims restored", partition=partition, decisions=len(decisions))

    async def _remember(self, versions: Versions) -> None:
        if versions not in self._remembered:
            await self._store.remember(versions)
            self._remembered.add(versions)
