"""Claims that stand: Redis is the fast way to them, Kafka the truth behind it.

Redis can lose claims: flushed, restarted without its last second, failed over to a replica that lagged. What
it keeps it keeps in order, so beside the claims it holds, by partition, up to which offset of the decisions
topic every decision is claimed (`upto`). When a partition is new here, when the connection had to be made
anew, or when Redis is not in the epoch that was opened, the decisions from there on are read back from Kafka
and claimed: after a flush all that claims still stand for, after a lost second that second's.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Protocol, TypeVar

import structlog
from aiokafka.errors import KafkaError

from holdgate.adapters.kafka.decisions_log import DecisionRange
from holdgate.adapters.redis import keys
from holdgate.adapters.redis.claim_store import ClaimStore, EpochLostError
from holdgate.adapters.redis.snapshot_store import RedisFault
from holdgate.core.model.decision import Decision, Versions, versions_of
from holdgate.core.records import claim
from holdgate.screening.metrics import Metrics
from holdgate.screening.retrying import retry_until_done

log = structlog.get_logger()

ReadFault = (KafkaError, TimeoutError, OSError)
"""What reading the decisions topic again can cure."""

Answer = TypeVar("Answer")


class DecisionsReader(Protocol):
    """The decisions topic, read back."""

    def since(self, partition: int, start: int | None, /) -> AsyncGenerator[DecisionRange, None]:
        """What stands in a partition from an offset (None: from as long ago as claims stand) to the end."""


class StandingClaims:
    """The claims of the partitions that this worker decides. Each call returns only with an answer.

    `current` gives the versions that new claims are made with; `progress` is called as a restore, which may
    take minutes, gets on.
    """

    def __init__(
        self,
        store: ClaimStore,
        decisions: DecisionsReader,
        current: Callable[[], Versions | None],
        metrics: Metrics,
        progress: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._decisions = decisions
        self._current = current
        self._metrics = metrics
        self._open = False
        self._tenure = 0
        self._claimed_in: int | None = None
        self._decided_with: Versions | None = None
        self._remembered: set[Versions] = set()
        self._partitions: frozenset[int] = frozenset()
        self._upto: dict[int, int] = {}
        self._told: dict[int, int] = {}
        self._progress = progress

    def deciding(self, partitions: Iterable[int]) -> None:
        """Begin a batch: say of which partitions its claims are."""
        self._partitions = frozenset(partitions)
        self._claimed_in = None
        self._decided_with = self._current()

    def forget(self, partitions: Iterable[int]) -> None:
        """Say which partitions are another's now: when they come back, their claims are restored again."""
        for partition in partitions:
            self._upto.pop(partition, None)

    def published(self, offsets: Mapping[int, Sequence[int]]) -> None:
        """Say at which offsets of each partition what was claimed stands as decisions now.

        Where a former owner of the partition wrote in between, or the connection was made anew since the
        batch was first claimed, the decisions are read back before the next claim: they may have been claimed
        in a Redis that lost them since.
        """
        is_kept = self._claimed_in == self._tenure
        for partition, new in offsets.items():
            start = self._upto.get(partition)
            if is_kept and start is not None and list(new) == list(range(start, start + len(new))):
                self._upto[partition] = start + len(new)
            else:
                self._upto.pop(partition, None)

    async def claim(self, claims: Callable[[], Sequence[tuple[str, bytes]]]) -> list[bytes]:
        """Claim each (key, claim), as they are at each try; returns what stands."""

        async def try_once() -> list[bytes]:
            await self._make_ready()
            news = {
                partition: upto for partition, upto in self._upto.items() if self._told.get(partition) != upto
            }
            standing = await self._store.claim(claims(), news)
            self._told |= news
            if self._claimed_in is None:
                self._claimed_in = self._tenure
            return standing

        return await self._patiently(try_once)

    async def versions(self, name: bytes) -> Versions:
        """The versions that a claim names; raises LookupError if Redis lost them and kept the claim."""

        async def try_once() -> Versions | None:
            await self._make_ready()
            return await self._store.versions(name)

        found = await self._patiently(try_once)
        if found is None:
            raise LookupError(f"Redis holds a claim of versions {name.hex()}, but no {keys.versions(name)}")
        return found

    async def _patiently(self, try_once: Callable[[], Awaitable[Answer]]) -> Answer:
        async def see_faults() -> Answer:
            try:
                return await try_once()
            except (*RedisFault, EpochLostError):
                self._open = False
                raise

        def count(error: BaseException) -> None:
            self._metrics.retries.labels("kafka" if isinstance(error, KafkaError) else "redis").inc()

        return await retry_until_done(
            see_faults, (*RedisFault, *ReadFault, EpochLostError), "Redis or Kafka", count
        )

    async def _make_ready(self) -> None:
        """Open, remember the versions in use, and restore the partitions that were not yet."""
        if not self._open:
            await self._store.open()
            self._tenure += 1
            self._upto.clear()
            self._told.clear()
            self._remembered.clear()
            self._open = True
        # The batch's own: another list may be current by the time that its claims get through.
        for versions in (self._decided_with, self._current()):
            if versions is not None:
                await self._remember(versions)
        for partition in sorted(self._partitions - self._upto.keys()):
            await self._restore(partition)

    async def _restore(self, partition: int) -> None:
        restored, upto = 0, await self._store.end_offset(partition)
        async with aclosing(self._decisions.since(partition, upto)) as stretches:
            async for stretch in stretches:
                await self._claim_again(stretch.decisions, {partition: stretch.end_offset})
                restored, upto = restored + len(stretch.decisions), stretch.end_offset
                self._progress()
        assert upto is not None, "the log tells its end"
        self._upto[partition] = self._told[partition] = upto
        log.info("claims restored", partition=partition, decisions=restored, upto=upto)

    async def _claim_again(self, decisions: Sequence[Decision], upto: Mapping[int, int]) -> None:
        for decision in decisions:
            if decision.decision == "RELEASE":
                await self._remember(versions_of(decision))
        await self._store.claim([(claim.claim_key(one), claim.encode_claim(one)) for one in decisions], upto)

    async def _remember(self, versions: Versions) -> None:
        if versions not in self._remembered:
            await self._store.remember(versions)
            self._remembered.add(versions)
