"""Snapshots in Redis, written by the lists service and loaded by the workers.

redis-py's hidden retries are off: callers repeat a call themselves, and only one that may be repeated.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, Literal, cast
from uuid import uuid4

import msgspec
import redis
import redis.asyncio
from msgspec import Struct
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import MasterDownError
from redis.retry import Retry

from holdgate.adapters.redis import keys
from holdgate.core.lists.publishers import ServedSources
from holdgate.core.lists.signature import SignedStatement
from holdgate.runtime.settings import Settings, secret

CALL_SECONDS = 0.25
"""Longest wait for the answer to a small call; after it the caller repeats the call and counts a retry."""

BULK_SECONDS = 30.0
"""Longest wait while a snapshot of some megabytes is written or read."""

PIECE = 1 << 20
"""Bytes of a snapshot read or written per call: between two calls Redis serves other clients."""

UNFINISHED_SECONDS = 600
"""Expiry of an unfinished snapshot, in case its publisher is killed."""

KEPT_SNAPSHOTS = 5
"""Older snapshots kept in Redis beside the current one, for workers that are still loading one."""

SERVICE_SECONDS = 60
"""A lists service that did not repeat what it serves for so long does not run any more."""

Pinning = Literal["keep", "set", "clear"]
"""Whether a publication leaves the pin as it is, pins itself, or ends the pin."""

Marks = tuple[bytes | None, bytes | None]
"""The stored pointer and pin."""

REFUSALS = ("OOM", "MISCONF", "READONLY", "NOREPLICAS", "MASTERDOWN", "BUSY")
"""Error codes of a server that runs but accepts no writes at the moment: out of memory, unable to write its
file, a replica, without replicas, busy with a script. redis-py strips the code and has a class for some; in a
script's error the code is somewhere in the text."""


def is_refusal(error: redis.ResponseError) -> bool:
    """Return whether the server refused for a temporary reason."""
    has_class = isinstance(error, (redis.OutOfMemoryError, redis.ReadOnlyError, MasterDownError))
    return has_class or any(code in str(error) for code in REFUSALS)


class ChangedMeanwhileError(Exception):
    """Lists were published or pinned by somebody else meanwhile; nothing was changed."""


class WriteRefusedError(Exception):
    """Redis refused the call for a temporary reason."""


RedisFault = (
    redis.ConnectionError,
    redis.TimeoutError,
    redis.BusyLoadingError,
    MasterDownError,
    WriteRefusedError,
    OSError,
)
"""Faults that repeating the call can cure."""


@contextmanager
def translated_refusals() -> Iterator[None]:
    """Raise a temporary refusal of Redis as `WriteRefusedError`; also a decorator."""
    try:
        yield
    except redis.ResponseError as error:
        if is_refusal(error):
            raise WriteRefusedError(str(error)) from error
        raise


class Pointer(Struct, frozen=True, omit_defaults=True):
    """The current snapshot: its version, when it was published, and each list's size and last confirmation.

    `proof` is present if lists are signed; a worker then trusts only the statement inside the proof.
    """

    version: str
    published_at: datetime
    as_of: dict[str, datetime]
    entries: dict[str, int]
    proof: SignedStatement | None = None


class SnapshotStore:
    """Snapshots in Redis, for processes that may block: the lists service and the commands."""

    def __init__(self, settings: Settings) -> None:
        self._redis: Any = redis.Redis.from_url(
            settings.redis, **connection_options(settings, BULK_SECONDS, Retry)
        )

    def ping(self) -> None:
        """Raise `redis.RedisError` if Redis does not answer."""
        self._redis.ping()

    @translated_refusals()
    def put(self, version: str, data: bytes) -> None:
        """Store a snapshot under its version; storing it again repairs a damaged one.

        The snapshot is written piece by piece to a key of its own and renamed when it is complete. Written as
        one value it blocked Redis, and with it every worker's claims, for up to 150 ms. The last piece is
        written first, so that Redis allocates the value once.
        """
        unfinished = keys.unfinished_snapshot(version, uuid4().hex)
        try:
            for offset in reversed(range(0, len(data), PIECE)):
                self._redis.setrange(unfinished, offset, data[offset : offset + PIECE])
                if offset + PIECE >= len(data):
                    self._redis.expire(unfinished, UNFINISHED_SECONDS)
            with self._redis.pipeline(transaction=True) as transaction:
                transaction.persist(unfinished)
                transaction.rename(unfinished, keys.snapshot(version))
                transaction.execute()
        except redis.RedisError:
            with suppress(redis.RedisError):  # Redis is unreachable or full: the key expires
                self._redis.unlink(unfinished)
            raise

    def get(self, version: str) -> bytes | None:
        """Return a snapshot's bytes, or None if Redis does not hold it."""
        return cast(bytes | None, self._redis.get(keys.snapshot(version)))

    def current(self) -> Pointer | None:
        """Return the pointer, or None before the first publication."""
        return _decoded(self._redis.get(keys.CURRENT_SNAPSHOT))

    def marks(self) -> Marks:
        """Return what `set_current` compares, to detect another publication meanwhile."""
        return self._redis.get(keys.CURRENT_SNAPSHOT), self._redis.get(keys.PINNED_SNAPSHOT)

    @translated_refusals()
    def set_current(
        self, pointer: Pointer, *, pin: Pinning = "keep", accept: bool = False, unless: Marks | None = None
    ) -> None:
        """Make a stored snapshot current, atomically for every reader, and drop the oldest ones.

        `accept` marks it as the lists service's own. Raises `ChangedMeanwhileError`, and changes nothing, if
        `unless` is given and something was published or pinned since `marks` returned it.
        """
        with self._redis.pipeline(transaction=True) as transaction:
            if unless is not None:
                transaction.watch(keys.CURRENT_SNAPSHOT, keys.PINNED_SNAPSHOT)
                if unless != (transaction.get(keys.CURRENT_SNAPSHOT), transaction.get(keys.PINNED_SNAPSHOT)):
                    raise ChangedMeanwhileError
                transaction.multi()
            transaction.set(keys.CURRENT_SNAPSHOT, msgspec.json.encode(pointer))
            transaction.zadd(keys.SNAPSHOT_HISTORY, {pointer.version: pointer.published_at.timestamp()})
            if pin == "set":
                transaction.set(keys.PINNED_SNAPSHOT, pointer.version)
            elif pin == "clear":
                transaction.delete(keys.PINNED_SNAPSHOT)
            if accept:
                transaction.set(keys.ACCEPTED_PUBLICATION, msgspec.json.encode(pointer.published_at))
            try:
                transaction.execute()
            except redis.WatchError as error:
                raise ChangedMeanwhileError from error
        for version in self._redis.zrange(keys.SNAPSHOT_HISTORY, 0, -(KEPT_SNAPSHOTS + 2)):
            self._redis.unlink(keys.snapshot(version.decode()))
            self._redis.zrem(keys.SNAPSHOT_HISTORY, version)

    @translated_refusals()
    def unpin(self) -> None:
        """Keep no version current any longer."""
        self._redis.delete(keys.PINNED_SNAPSHOT)

    def pinned(self) -> str | None:
        """Return the pinned version, or None."""
        version = self._redis.get(keys.PINNED_SNAPSHOT)
        return version.decode() if version else None

    @translated_refusals()
    def accept(self, pointer: Pointer) -> None:
        """Let the lists service replace this publication."""
        self._redis.set(keys.ACCEPTED_PUBLICATION, msgspec.json.encode(pointer.published_at))

    def accepted(self) -> datetime | None:
        """Return the time of the publication that the lists service made last or may replace."""
        moment = self._redis.get(keys.ACCEPTED_PUBLICATION)
        return msgspec.json.decode(moment, type=datetime) if moment else None

    @translated_refusals()
    def set_service(self, sources: ServedSources) -> None:
        """Record what a lists service serves; it is repeated before SERVICE_SECONDS have passed."""
        self._redis.set(keys.LISTS_SERVICE, msgspec.json.encode(sources), ex=SERVICE_SECONDS)

    def service(self) -> ServedSources | None:
        """Return what the running lists service serves, or None if none runs."""
        sources = self._redis.get(keys.LISTS_SERVICE)
        return msgspec.json.decode(sources, type=ServedSources) if sources else None

    @translated_refusals()
    def end_service(self, service: str) -> None:
        """Forget what a lists service serves, because it stops."""
        running = self.service()
        if running is not None and running.service == service:
            self._redis.delete(keys.LISTS_SERVICE)

    def versions(self) -> list[str]:
        """Return the versions that Redis holds, newest first."""
        return [version.decode() for version in self._redis.zrevrange(keys.SNAPSHOT_HISTORY, 0, -1)]

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()


class WorkerStore:
    """Snapshots in Redis, for a worker: no call blocks its event loop."""

    def __init__(self, settings: Settings) -> None:
        self._calls: Any = redis.asyncio.Redis.from_url(
            settings.redis, **connection_options(settings, CALL_SECONDS, AsyncRetry)
        )
        self._bulk: Any = redis.Redis.from_url(
            settings.redis, **connection_options(settings, BULK_SECONDS, Retry)
        )

    async def ping(self) -> None:
        """Raise one of `RedisFault` if Redis does not answer."""
        await self._calls.ping()

    async def current(self) -> Pointer | None:
        """Return the pointer, or None before the first publication."""
        return _decoded(await self._calls.get(keys.CURRENT_SNAPSHOT))

    async def snapshot(self, version: str) -> bytes | bytearray | None:
        """Return a snapshot's bytes, or None if Redis does not hold it."""
        return await asyncio.to_thread(self._fetch, version)

    def _fetch(self, version: str) -> bytearray | None:
        """Read a snapshot piece by piece, in a thread.

        Read as one answer it blocked the loop for 25 ms, whether in a thread or not. The pieces are not
        copied into `bytes` either: the copy would block the loop as well.
        """
        data = bytearray()
        while piece := self._bulk.getrange(keys.snapshot(version), len(data), len(data) + PIECE - 1):
            data += piece
        return data or None

    async def close(self) -> None:
        """Close the connections."""
        await self._calls.aclose()
        self._bulk.close()


def connection_options(settings: Settings, seconds: float, retry: type[Any]) -> dict[str, Any]:
    """Return redis-py's options: `seconds` per answer at most, no hidden retry, password and CA files."""
    credentials: dict[str, Any] = {}
    if settings.redis_password_file:
        credentials["password"] = secret(settings.redis_password_file)
    if settings.redis_ca_file:
        credentials["ssl_ca_certs"] = settings.redis_ca_file
    return {
        "socket_timeout": seconds,
        "socket_connect_timeout": 1.0,
        "retry": retry(NoBackoff(), 0),
    } | credentials


def _decoded(pointer: bytes | None) -> Pointer | None:
    return msgspec.json.decode(pointer, type=Pointer) if pointer else None
