"""Claims in Redis, over one connection that is never renewed unseen.

A connection that had to be made anew may lead to another server: one that was restarted without its last
second, or a replica that lagged. Claims may be lost there, so the call fails and the caller opens again,
restores, and claims then.

A call that got no answer is given up, and may still lie in a server that stands still: it would claim a
release once that goes on, long after the deadline. So each connection has a lease, a key that expires by the
server's own clock, and without which no call does anything.
"""

import secrets
from collections.abc import Awaitable, Mapping, Sequence
from importlib import resources
from typing import Any, cast

import msgspec
import redis
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.exceptions import ResponseError

from holdgate.adapters.redis.snapshot_store import (
    CALL_SECONDS,
    WriteRefusedError,
    connection_options,
    is_refusal,
)
from holdgate.core.model.decision import Versions
from holdgate.core.records.claim import name_versions
from holdgate.runtime.settings import Settings

EPOCH = "dec:epoch"
_EPOCH_LOST, _LEASE_LOST = "EPOCHLOST", "LEASELOST"

LEASE_SECONDS = 1.0
"""How late a call may still claim: four times what is waited for an answer. Each claim renews it; who has not
claimed for longer takes it again first."""
LEASE_MS = int(LEASE_SECONDS * 1000)


class EpochLostError(Exception):
    """Redis is not in the epoch that was opened: claims may be lost."""


class _LeaseLostError(Exception):
    """The lease ran out since the last claim."""


class ClaimStore:
    """Claims and the versions that they name. Keys all lie under `dec:`."""

    def __init__(self, settings: Settings) -> None:
        self._redis: Any = redis.asyncio.Redis.from_url(
            settings.redis,
            **connection_options(settings, CALL_SECONDS, Retry),
            max_connections=1,
            redis_connect_func=self._on_connect,
        )
        script = (
            resources.files("holdgate.adapters.redis").joinpath("claim_store.lua").read_text(encoding="utf-8")
        )
        self._claim = self._redis.register_script(script)
        self._ttl = max(1, int(settings.claim_hours * 3600))
        self._opening = False
        self._epoch = b""
        self._lease = ""

    async def open(self) -> None:
        """Connect if need be and take the epoch that Redis is in, or begin one."""
        self._opening = True
        try:
            await self._ask(self._redis.set(EPOCH, secrets.token_hex(8), nx=True))
            self._epoch = await self._ask(self._redis.get(EPOCH))
            self._lease = f"dec:lease:{secrets.token_hex(8)}"
            await self._take_lease()
        finally:
            self._opening = False

    async def claim(
        self, claims: Sequence[tuple[str, bytes]], end_offsets: Mapping[int, int] | None = None
    ) -> list[bytes]:
        """Claim each (key without `dec:`, claim) and return what stands, in order.

        `upto` says of partitions up to which offset (exclusive) every decision in the log is claimed.
        May be repeated. Raises `EpochLostError`, or a fault of Redis where the connection is gone.
        """
        marks = end_offsets or {}
        keys = [EPOCH, self._lease, *(f"dec:{key}" for key, _ in claims), *map(_end_offset_key, marks)]
        own = [claim for _, claim in claims]
        in_this_epoch = [self._epoch + b":%d" % offset for offset in marks.values()]
        args: list[bytes | int] = [self._epoch, LEASE_MS, self._ttl, len(own), *own, *in_this_epoch]
        try:
            return cast(list[bytes], await self._ask(self._claim(keys=keys, args=args)))
        except _LeaseLostError:
            await self._take_lease()
            return cast(list[bytes], await self._ask(self._claim(keys=keys, args=args)))

    async def _take_lease(self) -> None:
        await self._ask(self._redis.set(self._lease, 1, px=LEASE_MS))

    async def end_offset(self, partition: int) -> int | None:
        """Up to which offset of the decisions the claims are here; None if this epoch does not know."""
        found = await self._ask(self._redis.get(_end_offset_key(partition)))
        epoch, _, offset = (found or b"").rpartition(b":")
        return int(offset) if epoch == self._epoch else None

    async def remember(self, versions: Versions) -> None:
        """Keep what a claim's six bytes stand for: for good, a list version adds some hundred bytes."""
        await self._ask(
            self._redis.set(_versions_key(name_versions(versions)), msgspec.json.encode(versions))
        )

    async def versions(self, name: bytes) -> Versions | None:
        """What a claim's six bytes stand for."""
        found = await self._ask(self._redis.get(_versions_key(name)))
        return msgspec.json.decode(found, type=Versions) if found else None

    async def close(self) -> None:
        """Close the connection."""
        await self._redis.aclose()

    async def _ask(self, call: Awaitable[Any]) -> Any:
        try:
            return await call
        except ResponseError as error:
            if _EPOCH_LOST in str(error):
                raise EpochLostError(str(error)) from error
            if _LEASE_LOST in str(error):
                raise _LeaseLostError from error
            if is_refusal(error):
                # Where this server was made a replica, a new connection leads to the new master.
                await self._redis.connection_pool.disconnect()
                raise WriteRefusedError(str(error)) from error
            raise

    async def _on_connect(self, connection: Any) -> None:
        if not self._opening:
            raise redis.ConnectionError("the connection was lost; claims have to be restored on a new one")
        await connection.on_connect()


def _end_offset_key(partition: int) -> str:
    return f"dec:upto:{partition}"


def _versions_key(name: bytes) -> str:
    return f"dec:versions:{name.hex()}"
