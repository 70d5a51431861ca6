"""Claims of the decisions in force: Redis gives fast access, the decisions topic in Kafka is the truth.

Redis can lose claims: by a flush, a restart without its last second, or a failover to a lagging replica. It
never loses an earlier write and keeps a later one. So beside the claims it stores, per partition, the offset
in the decisions topic below which every decision is claimed (key `dec:upto:<partition>`). The decisions from
that offset on, and those that follow others, are read back from Kafka and claimed again when this worker gets
a partition, when another process wrote to it, when the worker reconnects to Redis, and when Redis has another
epoch than the one that was opened. After a flush these are all decisions of the claims' lifetime; after a
lost second, those of that second.

An unreadable or forged claim is not acted upon either: the decisions of the batch's partitions are read, and
the one in force takes the place of the claim. Without one, the payment is decided as if it were new.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from itertools import groupby
from typing import Protocol, TypeVar

import structlog
from aiokafka.errors import KafkaError

from holdgate.adapters.kafka.decisions_log import DecisionRange
from holdgate.adapters.redis import keys
from holdgate.adapters.redis.claim_store import ClaimStore, EpochLostError, UnreadableClaimsError
from holdgate.adapters.redis.snapshot_store import RedisFault
from holdgate.core.model.decision import Decision, Versions, versions_of
from holdgate.core.records import claim
from holdgate.core.records.decision_in_force import takes_effect
from holdgate.screening.metrics import Metrics
from holdgate.screening.retrying import retry_until_done

log = structlog.get_logger()

ReadFault = (KafkaError, TimeoutError, OSError)
"""Faults of reading the decisions topic that a retry can cure."""

Answer = TypeVar("Answer")


class DecisionsReader(Protocol):
    """Reads the decisions topic."""

    def since(self, partition: int, start: int | None, /) -> AsyncGenerator[DecisionRange, None]:
        """Yield the decisions of a partition from an offset to the end; None starts at the claims'
        lifetime."""


class StandingClaims:
    """The claims of this worker's partitions. Each call retries until it has an answer.

    `current` returns the versions of new claims. `progress` is called during a restore, which may take
    minutes, `waiting` with the system whose call is retried.
    """

    def __init__(
        self,
        store: ClaimStore,
        decisions: DecisionsReader,
        current: Callable[[], Versions | None],
        metrics: Metrics,
        progress: Callable[[], None] = lambda: None,
        waiting: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._decisions = decisions
        self._current = current
        self._metrics = metrics
        self._open = False
        self._connection = 0
        self._claimed_on: int | None = None
        self._decided_with: Versions | None = None
        self._remembered: set[Versions] = set()
        self._partitions: frozenset[int] = frozenset()
        self._end_offsets: dict[int, int] = {}
        self._stored_ends: dict[int, int] = {}
        self._progress = progress
        self._waiting = waiting

    def deciding(self, partitions: Iterable[int]) -> None:
        """Begin a batch with records of these partitions."""
        self._partitions = frozenset(partitions)
        self._claimed_on = None
        self._decided_with = self._current()

    def forget(self, partitions: Iterable[int]) -> None:
        """Partitions were revoked: restore their claims when they come back."""
        for partition in partitions:
            self._end_offsets.pop(partition, None)

    def published(self, offsets: Mapping[int, Sequence[int]]) -> None:
        """Record the offsets, by partition, at which the claimed decisions were published.

        If a former owner of the partition wrote in between, or this worker reconnected since the batch was
        first claimed, the decisions are read back before the next claim: Redis may have lost their claims
        since.
        """
        is_kept = self._claimed_on == self._connection
        for partition, new in offsets.items():
            start = self._end_offsets.get(partition)
            if is_kept and start is not None and list(new) == list(range(start, start + len(new))):
                self._end_offsets[partition] = start + len(new)
            else:
                self._end_offsets.pop(partition, None)

    async def claim(self, claims: Callable[[], Sequence[tuple[str, bytes]]]) -> list[bytes]:
        """Claim each (key, claim); return the claims in force. `claims` is called again for each retry."""

        async def try_once() -> list[bytes]:
            await self._make_ready()
            advanced = {
                partition: end
                for partition, end in self._end_offsets.items()
                if self._stored_ends.get(partition) != end
            }
            standing = await self._store.claim(claims(), advanced)
            self._stored_ends |= advanced
            if self._claimed_on is None:
                self._claimed_on = self._connection
            return standing

        return await self._retry(try_once)

    async def versions(self, name: bytes) -> Versions:
        """Return the versions that a claim refers to; raise LookupError if Redis has the claim but not
        them."""

        async def try_once() -> Versions | None:
            await self._make_ready()
            return await self._store.versions(name)

        versions = await self._retry(try_once)
        if versions is None:
            raise LookupError(f"Redis holds a claim of versions {name.hex()}, but no {keys.versions(name)}")
        return versions

    async def _retry(self, try_once: Callable[[], Awaitable[Answer]]) -> Answer:
        async def try_until_readable() -> Answer:
            while True:
                try:
                    return await try_once()
                except UnreadableClaimsError as error:
                    unreadable = error.claims
                await self._replace_unreadable(unreadable)

        async def reopen_after_fault() -> Answer:
            try:
                return await try_until_readable()
            except (*RedisFault, EpochLostError):
                self._open = False
                raise

        def count(error: BaseException) -> None:
            system = "Kafka" if isinstance(error, KafkaError) else "Redis"
            self._metrics.retries.labels(system.lower()).inc()
            self._waiting(system)

        return await retry_until_done(
            reopen_after_fault, (*RedisFault, *ReadFault, EpochLostError), "Redis or Kafka", count
        )

    async def _make_ready(self) -> None:
        """Open the connection, store the versions in use, and restore the claims of new partitions."""
        if not self._open:
            await self._store.open()
            self._connection += 1
            self._end_offsets.clear()
            self._stored_ends.clear()
            self._remembered.clear()
            self._open = True
        # Also the batch's own versions: another list may be in use by the time its claims succeed.
        for versions in (self._decided_with, self._current()):
            if versions is not None:
                await self._remember(versions)
        for partition in sorted(self._partitions - self._end_offsets.keys()):
            await self._restore(partition)

    async def _restore(self, partition: int) -> None:
        restored, upto = 0, await self._store.end_offset(partition)
        async with aclosing(self._decisions.since(partition, upto)) as ranges:
            async for decided in ranges:
                await self._claim_again(decided.decisions, {partition: decided.end_offset})
                restored, upto = restored + len(decided.decisions), decided.end_offset
                self._progress()
        assert upto is not None, "the last range has the end offset"
        self._end_offsets[partition] = self._stored_ends[partition] = upto
        log.info("claims restored", partition=partition, decisions=restored, upto=upto)

    async def _claim_again(self, decisions: Sequence[Decision], upto: Mapping[int, int]) -> None:
        """Claim decisions of the log in its order; those that follow one take the place of its claim."""
        for decision in decisions:
            if decision.decision == "RELEASE":
                await self._remember(versions_of(decision))
        for is_following, run in groupby(decisions, lambda decision: decision.follows is not None):
            if is_following:
                for decision in run:
                    await self._store.replace(decision)
            else:
                first = [(claim.claim_key(decision), claim.encode_claim(decision)) for decision in run]
                await self._store.claim(first)
        await self._store.claim((), upto)

    async def _replace_unreadable(self, claims: Mapping[str, bytes]) -> None:
        """Put the decisions in force, according to the log, in the place of unreadable claims."""
        for key in claims:
            log.error("unreadable or wrongly signed claim: looking for its decision", key=keys.claim(key))
        in_force: dict[str, Decision] = {}
        for partition in sorted(self._partitions):
            async with aclosing(self._decisions.since(partition, None)) as ranges:
                async for decided in ranges:
                    for decision in decided.decisions:
                        key = claim.claim_key(decision)
                        if key in claims and _comes_into_force(decision, in_force.get(key)):
                            in_force[key] = decision
                    self._progress()
        for key, stored in claims.items():
            found = in_force.get(key)
            if found is not None and found.decision == "RELEASE":
                await self._remember(versions_of(found))
            await self._store.set_aside(key, stored, found)
            self._metrics.unreadable_claims.inc()

    async def _remember(self, versions: Versions) -> None:
        if versions not in self._remembered:
            await self._store.remember(versions)
            self._remembered.add(versions)


def _comes_into_force(decision: Decision, before: Decision | None) -> bool:
    """Return whether the next decision of the log on a payment is in force; the log may lack its first."""
    if before is None:
        return True
    return before.content_hash == decision.content_hash and takes_effect(decision.follows, before.decision_id)
