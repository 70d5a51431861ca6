"""Keeps a worker's lists current: polls the pointer in Redis, loads a new snapshot beside the old one,
swaps."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple

import msgspec
import structlog
from aiokafka.errors import KafkaError
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from holdgate.adapters.redis import keys
from holdgate.adapters.redis.snapshot_store import Pointer, RedisFault, WorkerStore
from holdgate.core.engine import canary
from holdgate.core.engine.screener import Screener
from holdgate.core.lists.signature import Statement, UntrustedError, snapshot_digest, verified_statement
from holdgate.core.lists.snapshot import Edition, SnapshotError, load_snapshot
from holdgate.core.model.decision import Versions
from holdgate.core.policy.policy import Policy
from holdgate.core.policy.timeliness import Stale, all_fresh, staleness
from holdgate.screening import gc_tuning
from holdgate.screening.metrics import Metrics

log = structlog.get_logger()

POLL_SECONDS = 0.1
"""Seconds between two reads of the pointer. A new list is noticed within this time; each read is one GET."""


CANARY_NAMES, CANARY_BATCH = 100, 5
"""Listed names searched after a load, about a millisecond each, and how many per poll. Searching all of them
in a row caused gaps of up to 66 ms between decisions."""


class CurrentList(NamedTuple):
    """The list in use with its pointer and signed statement. They are swapped together; otherwise a stale
    list would for a moment be judged by the age of the fresh list before it."""

    screener: Screener
    pointer: Pointer
    statement: Statement | None


Announced = Callable[[], Awaitable[datetime | None]]
"""Returns when the newest announced list was published; called while no list has been accepted yet."""


class ListFollower:
    """The snapshot in use, kept current by `follow`. With `keys`, only snapshots signed by one of them."""

    def __init__(
        self,
        store: WorkerStore,
        policy: Policy,
        metrics: Metrics,
        grace_seconds: float,
        keys: Sequence[Ed25519PublicKey] = (),
        announced: Announced | None = None,
    ) -> None:
        self._store = store
        self._keys = keys
        self._announced = announced
        self._policy = policy
        self._metrics = metrics
        self._grace_end = time.monotonic() + grace_seconds
        self._loaded = asyncio.Event()
        self._in_use: CurrentList | None = None
        self._canary: Iterator[canary.CanaryStep] = iter(())
        self._seen: Pointer | None = None
        self._refused: Pointer | None = None
        self._why = "the lists in Redis have not been looked at yet"

    @property
    def screener(self) -> Screener | None:
        """The screener of the snapshot in use; None if there is none."""
        return self._in_use.screener if self._in_use else None

    @property
    def versions(self) -> Versions | None:
        """The versions of new decisions; None while there is no snapshot."""
        return self._in_use.screener.versions if self._in_use else None

    async def settled(self) -> None:
        """Return when there is a snapshot, or when the grace period is over and payments must be held."""
        if self._in_use is None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._loaded.wait(), self._grace_end - time.monotonic())

    def missing(self) -> str:
        """Return why there is no snapshot, as a sentence."""
        return self._why

    def stale(self, now: datetime) -> Stale:
        """Return a function from a profile to the sentence about its stale list; None if all are fresh."""
        if self._in_use is None:
            return all_fresh
        screener, pointer, statement = self._in_use
        if statement is not None and now >= statement.expires_at:
            expired = f"the lists' signature expired {statement.expires_at:%Y-%m-%d %H:%M} UTC"
            return lambda _: expired
        editions = screener.snapshot.editions
        return staleness(_ages(editions, pointer), self._exempt(editions), now)

    async def follow(self) -> None:
        """Poll the pointer forever. After a fault the snapshot stays in use and becomes stale with its
        age."""
        while True:
            try:
                self._advance_canary()
                await self.refresh()
            except RedisFault as error:
                if self._in_use is None:
                    self._why = f"Redis does not tell which lists are current ({type(error).__name__})"
                log.warning("cannot read the list pointer in Redis", error=type(error).__name__)
            except KafkaError as error:
                self._why = "Kafka does not tell which list was announced last"
                log.warning("cannot read lists.published", error=type(error).__name__)
            except msgspec.DecodeError as error:
                self._why = (
                    f"{keys.CURRENT_SNAPSHOT} in Redis is not a pointer ({error}): publish the lists again"
                )
                log.error("list pointer refused; the snapshot in use stays", error=str(error))
            await asyncio.sleep(POLL_SECONDS)

    async def refresh(self) -> None:
        """Read the pointer, and load its snapshot if it is new."""
        pointer = await self._store.current()
        if pointer is None:
            self._why = "no list snapshot has been published"
            return
        # A rejected snapshot is tried again after another publication, which may have repaired its bytes.
        if pointer in (self._seen, self._refused):
            return self._export_ages()
        before = self._in_use
        try:
            statement = await self._verified(pointer)
            trusted = pointer if statement is None else _pointer(statement)
            if before is None or not _is_same(before, trusted.version, statement):
                screener = await self._load(trusted.version, statement)
            else:
                screener = before.screener
        except (SnapshotError, UntrustedError) as error:
            self._refused = pointer
            self._why = str(error)
            log.error("snapshot refused; the one in use stays", version=pointer.version, error=str(error))
            return self._export_ages()
        self._seen, self._in_use = pointer, CurrentList(screener, trusted, statement)
        self._loaded.set()
        self._export_ages()
        if before is None or before.screener is not screener:
            self._canary = iter(())  # the old iterator would keep the old list alive
            if before is not None:
                await asyncio.sleep(POLL_SECONDS)  # first decide the payments that waited during the load
                for _ in before.screener.drop_cached_terms():
                    await asyncio.sleep(0)
            retired = [before]
            del before
            await asyncio.to_thread(_free, retired)
            self._metrics.canary_names.set(0)
            self._metrics.canary_missed.set(0)
            # A separate screener, so that its work is not counted.
            self._canary = canary.sample_listed_names(Screener(screener.snapshot, self._policy), CANARY_NAMES)

    async def _verified(self, pointer: Pointer) -> Statement | None:
        """Return the signed statement, None without keys; raise `UntrustedError` if it cannot be accepted."""
        if not self._keys:
            return None
        before, announced = self._in_use.statement if self._in_use else None, None
        if before is None and self._announced is not None:
            announced = await self._announced()
        return verified_statement(self._keys, pointer.proof, before, datetime.now(UTC), announced)

    async def _load(self, version: str, statement: Statement | None) -> Screener:
        started = time.monotonic()
        data = await self._store.snapshot(version)
        if data is None:
            raise SnapshotError(f"snapshot {version} is not in Redis: publish the lists again")
        with gc_tuning.while_loading():
            screener = await asyncio.to_thread(self._prepare, data, statement)
        seconds = time.monotonic() - started
        self._metrics.swap_seconds.set(seconds)
        self._metrics.list_bytes.set(len(data))
        self._metrics.list_info.clear()
        self._metrics.list_info.labels(version).set(1)
        exempt = self._exempt(screener.snapshot.editions)
        for edition in screener.snapshot.editions:
            limit = self._policy.profile(None).max_age(edition.list)
            self._metrics.list_limit.labels(edition.list).set(limit.total_seconds())
            self._metrics.list_entries.labels(edition.list).set(edition.entries)
            self._metrics.list_exempt.labels(edition.list).set(edition.list in exempt)
            if edition.list in exempt:
                log.warning(
                    "SAMPLE LIST: the policy exempts it from freshness; never screen real payments with it",
                    list=edition.list,
                    label=edition.label,
                    as_of=edition.as_of.isoformat(),
                )
        log.info("screening with a new snapshot", version=version, load_seconds=round(seconds, 3))
        return screener

    def _prepare(self, data: bytes | bytearray, statement: Statement | None) -> Screener:
        if statement is not None and snapshot_digest(data) != statement.sha256:
            raise SnapshotError(f"snapshot {statement.version} is not the one that was signed")
        screener = Screener(load_snapshot(data), self._policy)
        screener.warm_up()
        return screener

    def _advance_canary(self) -> None:
        """Search a few more names of the list in use; count and log names that do not find their own
        entry."""
        for result in islice(self._canary, CANARY_BATCH):
            self._metrics.canary_names.inc()
            if result.missed:
                self._metrics.canary_missed.inc()
                log.error("a listed name does not find its own entry", entry=result.entry)

    def _exempt(self, editions: tuple[Edition, ...]) -> frozenset[str]:
        exempt = self._policy.freshness.exempt
        return frozenset(edition.list for edition in editions if edition.label in exempt)

    def _export_ages(self) -> None:
        if self._in_use is None:
            return
        now = datetime.now(UTC)
        for name, as_of in _ages(self._in_use.screener.snapshot.editions, self._in_use.pointer).items():
            self._metrics.list_age.labels(name).set((now - as_of).total_seconds())


def _is_same(in_use: CurrentList, version: str, statement: Statement | None) -> bool:
    """Return whether this snapshot is already in use; compares the bytes if they are signed."""
    if version != in_use.screener.snapshot.version:
        return False
    before = in_use.statement.sha256 if in_use.statement else None
    return statement is None or statement.sha256 == before


def _ages(editions: tuple[Edition, ...], pointer: Pointer) -> dict[str, datetime]:
    """Return when each list was last confirmed to be current."""
    return {edition.list: pointer.as_of.get(edition.list, edition.as_of) for edition in editions}


def _free(retired: list[CurrentList | None]) -> None:
    """Free the old list. Runs in a thread because it takes some 15 ms."""
    retired.clear()


def _pointer(statement: Statement) -> Pointer:
    """Return the pointer with signed values only; the unsigned ones in Redis are ignored."""
    return Pointer(statement.version, statement.published_at, statement.as_of, statement.entries)
