"""Redis: the snapshots that workers load.

Keys: `list:current` (the pointer), `list:snapshot:<version>`, `list:history`, `list:pinned` (while a
rollback holds). Claims are in `claims.py`.
redis-py's hidden retries are off: a repeated call is visible, and only calls that may be repeated are.
"""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Any, cast
from uuid import uuid4

import msgspec
import redis
import redis.asyncio
from msgspec import Struct
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import MasterDownError
from redis.retry import Retry

from holdgate.core.lists.signature import SignedStatement
from holdgate.runtime.settings import Settings, secret

CALL_SECONDS = 0.25
"""Longest wait for an answer to a small call: beyond it the call is repeated, and seen to be."""

BULK_SECONDS = 30.0
"""Longest wait while a snapshot of some megabytes is written or read."""

PIECE = 1 << 20
"""Bytes of a snapshot that are read or written at once: between two of them Redis answers others."""

UNFINISHED_SECONDS = 600
"""After which Redis forgets the pieces of a snapshot whose publisher was killed."""

KEPT_SNAPSHOTS = 5
"""Snapshots that stay in Redis behind the current one, for workers that are just loading one."""

REFUSALS = ("OOM", "MISCONF", "READONLY", "NOREPLICAS", "MASTERDOWN", "BUSY")
"""Answers of a server that works and takes nothing now: full, unable to write its file, a replica, alone,
busy with a script. redis-py cuts the word off and gives some a class of their own; in a script's error it
stands somewhere in the text."""


def is_refusal(error: redis.ResponseError) -> bool:
    """Whether the server refused for a reason that passes."""
    known = isinstance(error, (redis.OutOfMemoryError, redis.ReadOnlyError, MasterDownError))
    return known or any(word in str(error) for word in REFUSALS)


class WriteRefusedError(Exception):
    """Redis answered and did not do it, for a reason that passes."""


RedisFault = (
    redis.ConnectionError,
    redis.TimeoutError,
    redis.BusyLoadingError,
    MasterDownError,
    WriteRefusedError,
    OSError,
)
"""What a repeated call can cure."""


class Pointer(Struct, frozen=True, omit_defaults=True):
    """Which snapshot is current and since when; each list's size and when it was last known to be true.

    `proof` is there where lists are signed. What a worker believes then stands in the proof.
    """

    version: str
    published_at: datetime
    as_of: dict[str, datetime]
    entries: dict[str, int]
    proof: SignedStatement | None = None


class SnapshotStore:
    """Snapshots in Redis, for a process that may wait: the lists service and the commands."""

    def __init__(self, settings: Settings) -> None:
        self._redis: Any = redis.Redis.from_url(
            settings.redis, **connection_options(settings, BULK_SECONDS, Retry)
        )

    def ping(self) -> None:
        """Raises `redis.RedisError` where Redis does not answer."""
        self._redis.ping()

    def put(self, version: str, data: bytes) -> None:
        """Store a snapshot under its version. Storing it again mends one that was damaged in Redis.

        In pieces, aside, and named when it is whole: as one value it kept Redis, and with it every worker's
        claims, for up to 150 ms. The last piece goes first, so that Redis makes room once.
        """
        aside = f"list:snapshot:{version}:{uuid4().hex}"
        try:
            for at in reversed(range(0, len(data), PIECE)):
                self._redis.setrange(aside, at, data[at : at + PIECE])
                if at + PIECE >= len(data):
                    self._redis.expire(aside, UNFINISHED_SECONDS)
            with self._redis.pipeline(transaction=True) as step:
                step.persist(aside)
                step.rename(aside, f"list:snapshot:{version}")
                step.execute()
        except redis.RedisError:
            with suppress(redis.RedisError):  # away or full: it goes by itself
                self._redis.unlink(aside)
            raise

    def get(self, version: str) -> bytes | None:
        """A snapshot's bytes, or None if Redis does not hold it."""
        return cast(bytes | None, self._redis.get(f"list:snapshot:{version}"))

    def current(self) -> Pointer | None:
        """The pointer, or None before the first publication."""
        found = self._redis.get("list:current")
        return msgspec.json.decode(found, type=Pointer) if found else None

    def set_current(self, pointer: Pointer) -> None:
        """Make a stored snapshot the current one, in one step for every reader, and forget old ones."""
        with self._redis.pipeline(transaction=True) as step:
            step.set("list:current", msgspec.json.encode(pointer))
            step.zadd("list:history", {pointer.version: pointer.published_at.timestamp()})
            step.execute()
        for version in self._redis.zrange("list:history", 0, -(KEPT_SNAPSHOTS + 2)):
            self._redis.unlink(f"list:snapshot:{version.decode()}")
            self._redis.zrem("list:history", version)

    def pin(self, version: str | None) -> None:
        """Say which version stays current until somebody says otherwise; None says otherwise."""
        if version is None:
            self._redis.delete("list:pinned")
        else:
            self._redis.set("list:pinned", version)

    def pinned(self) -> str | None:
        """The version that stays current."""
        found = self._redis.get("list:pinned")
        return found.decode() if found else None

    def versions(self) -> list[str]:
        """The versions that Redis holds, newest first."""
        return [version.decode() for version in self._redis.zrevrange("list:history", 0, -1)]

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()


class WorkerStore:
    """Snapshots in Redis as a worker sees them, without ever blocking its loop."""

    def __init__(self, settings: Settings) -> None:
        self._calls: Any = redis.asyncio.Redis.from_url(
            settings.redis, **connection_options(settings, CALL_SECONDS, AsyncRetry)
        )
        self._bulk: Any = redis.Redis.from_url(
            settings.redis, **connection_options(settings, BULK_SECONDS, Retry)
        )

    async def ping(self) -> None:
        """Raises one of `Fault` where Redis does not answer."""
        await self._calls.ping()

    async def current(self) -> Pointer | None:
        """The pointer, or None before the first publication."""
        found = await self._calls.get("list:current")
        return msgspec.json.decode(found, type=Pointer) if found else None

    async def snapshot(self, version: str) -> bytes | bytearray | None:
        """A snapshot's bytes, or None if Redis does not hold it."""
        return await asyncio.to_thread(self._fetched, version)

    def _fetched(self, version: str) -> bytearray | None:
        """In pieces and in a thread: as one answer, on either way, it kept the loop for 25 ms. Not copied
        once more either, which nothing else runs beside."""
        pieces = bytearray()
        while piece := self._bulk.getrange(f"list:snapshot:{version}", len(pieces), len(pieces) + PIECE - 1):
            pieces += piece
        return pieces or None

    async def close(self) -> None:
        """Close the connections."""
        await self._calls.aclose()
        self._bulk.close()


def connection_options(settings: Settings, seconds: float, retry: type[Any]) -> dict[str, Any]:
    """redis-py's options: the longest wait for an answer, no hidden retry, password and CA by file."""
    extra: dict[str, Any] = {}
    if settings.redis_password_file:
        extra["password"] = secret(settings.redis_password_file)
    if settings.redis_ca_file:
        extra["ssl_ca_certs"] = settings.redis_ca_file
    return {
        "socket_timeout": seconds,
        "socket_connect_timeout": 1.0,
        "retry": retry(NoBackoff(), 0),
    } | extra
