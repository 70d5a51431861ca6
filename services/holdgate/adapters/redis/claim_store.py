"""Claims in Redis, over one connection that is never replaced silently.

A new connection may lead to another server: one that restarted without its last second of writes, or a
replica that lagged. Claims may be lost there. So when the connection is lost the call fails, and the caller
opens a new one, restores its claims, and only then claims again.

A call that timed out may still be queued in a paused server. Once the server resumes, the call would claim a
release long after the deadline. So each connection has a lease: a key that expires by the server's own clock
and without which no call has any effect.
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

from holdgate.adapters.redis import keys
from holdgate.adapters.redis.snapshot_store import (
    CALL_SECONDS,
    WriteRefusedError,
    connection_options,
    is_refusal,
)
from holdgate.core.model.decision import Decision, Versions
from holdgate.core.records.claim import claim_key, encode_claim, is_followed, name_versions, versions_name
from holdgate.runtime.settings import Settings

_EPOCH_LOST, _LEASE_LOST = "EPOCHLOST", "LEASELOST"

LEASE_SECONDS = 1.0
"""How late a call may still claim: four times CALL_SECONDS. Each claim renews the lease; a caller that was
idle for longer takes a new one first."""
LEASE_MS = int(LEASE_SECONDS * 1000)


class EpochLostError(Exception):
    """Redis is not in the epoch that was opened: claims may be lost."""


class _LeaseLostError(Exception):
    """The lease expired since the last claim."""


def replacement_script() -> str:
    """Return the script that puts a decision that follows a claimed one in its place."""
    return _script("claim_replacement.lua")


def _script(name: str) -> str:
    return resources.files("holdgate.adapters.redis").joinpath(name).read_text(encoding="utf-8")


class ClaimStore:
    """Claims in Redis, and the versions that claims name."""

    def __init__(self, settings: Settings) -> None:
        self._redis: Any = redis.asyncio.Redis.from_url(
            settings.redis,
            **connection_options(settings, CALL_SECONDS, Retry),
            max_connections=1,
            redis_connect_func=self._on_connect,
        )
        self._claim = self._redis.register_script(_script("claim_store.lua"))
        self._replace = self._redis.register_script(replacement_script())
        self._ttl = max(1, int(settings.claim_hours * 3600))
        self._opening = False
        self._epoch = b""
        self._lease = ""

    async def open(self) -> None:
        """Connect if necessary, and read the epoch of Redis or begin one."""
        self._opening = True
        try:
            await self._await_reply(self._redis.set(keys.EPOCH, secrets.token_hex(8), nx=True))
            self._epoch = await self._await_reply(self._redis.get(keys.EPOCH))
            self._lease = keys.lease(secrets.token_hex(8))
            await self._take_lease()
        finally:
            self._opening = False

    async def claim(
        self, claims: Sequence[tuple[str, bytes]], end_offsets: Mapping[int, int] | None = None
    ) -> list[bytes]:
        """Claim each (claim key, claim) and return the final claim of each key, in the same order.

        `end_offsets` gives, by partition, the offset (exclusive) up to which every decision in the log is
        claimed. The call may be repeated. Raises `EpochLostError`, or one of `RedisFault` if the connection
        is lost.
        """
        marks = end_offsets or {}
        script_keys = [
            keys.EPOCH,
            self._lease,
            *(keys.claim(key) for key, _ in claims),
            *map(keys.restored_offset, marks),
        ]
        values = [claim for _, claim in claims]
        offsets = [self._epoch + b":%d" % offset for offset in marks.values()]
        args: list[bytes | int] = [self._epoch, LEASE_MS, self._ttl, len(values), *values, *offsets]
        try:
            return cast(list[bytes], await self._await_reply(self._claim(keys=script_keys, args=args)))
        except _LeaseLostError:
            await self._take_lease()
            return cast(list[bytes], await self._await_reply(self._claim(keys=script_keys, args=args)))

    async def replace(self, decision: Decision) -> bool:
        """Put a decision in the place of the claimed one that it follows; return whether it is claimed now.

        It has to be in the log already. A payment without a claim gets this one.
        """
        key = keys.claim(claim_key(decision))
        claimed = await self._await_reply(self._redis.get(key))
        if claimed is not None:
            name = versions_name(claimed)
            versions = None if name is None else await self.versions(name)
            if not is_followed(claimed, decision, versions):
                return False
        args: list[bytes | int] = [claimed or b"", encode_claim(decision), self._ttl]
        return bool(await self._await_reply(self._replace(keys=[key], args=args)))

    async def _take_lease(self) -> None:
        await self._await_reply(self._redis.set(self._lease, 1, px=LEASE_MS))

    async def end_offset(self, partition: int) -> int | None:
        """Return the offset of the decisions up to which all are claimed; None if this epoch has none."""
        mark = await self._await_reply(self._redis.get(keys.restored_offset(partition)))
        epoch, _, offset = (mark or b"").rpartition(b":")
        return int(offset) if epoch == self._epoch else None

    async def remember(self, versions: Versions) -> None:
        """Store the versions that a claim names by six bytes.

        They never expire: there are some hundred bytes of them per list version.
        """
        await self._await_reply(
            self._redis.set(keys.versions(name_versions(versions)), msgspec.json.encode(versions))
        )

    async def versions(self, name: bytes) -> Versions | None:
        """Return the versions that a claim names by six bytes; None if Redis does not hold them."""
        stored = await self._await_reply(self._redis.get(keys.versions(name)))
        return msgspec.json.decode(stored, type=Versions) if stored else None

    async def close(self) -> None:
        """Close the connection."""
        await self._redis.aclose()

    async def _await_reply(self, call: Awaitable[Any]) -> Any:
        """Return Redis's reply, with its error replies as exceptions of this module."""
        try:
            return await call
        except ResponseError as error:
            if _EPOCH_LOST in str(error):
                raise EpochLostError(str(error)) from error
            if _LEASE_LOST in str(error):
                raise _LeaseLostError from error
            if is_refusal(error):
                # If this server became a replica, a new connection leads to the new master.
                await self._redis.connection_pool.disconnect()
                raise WriteRefusedError(str(error)) from error
            raise

    async def _on_connect(self, connection: Any) -> None:
        if not self._opening:
            raise redis.ConnectionError("the connection was lost; restore the claims on a new one")
        await connection.on_connect()
