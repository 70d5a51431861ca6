"""Claims in Redis, over one connection that is never replaced silently.

A new connection may lead to another server: one that restarted without its last second of writes, or a
replica that lagged. Claims may be lost there. So when the connection is lost the call fails, and the caller
opens a new one, restores its claims, and only then claims again.

A call that timed out may still be queued in a paused server. Once the server resumes, the call would claim a
release long after the deadline. So each connection has a lease: a key that expires by the server's own clock
and without which no call has any effect.

A claim may be damaged or forged by whoever can write to Redis. With HOLDGATE_CLAIM_KEY_FILE every value is
signed. An unreadable claim is never acted upon: it stays in its place until the caller has found the decision
in the log, and is moved aside then.
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
from holdgate.adapters.redis.claim_signing import claim_signer, read_claim, read_versions
from holdgate.adapters.redis.snapshot_store import (
    CALL_SECONDS,
    WriteRefusedError,
    connection_options,
    is_refusal,
)
from holdgate.core.model.decision import Decision, Versions
from holdgate.core.records.claim import (
    claim_key,
    encode_claim,
    is_followed,
    name_versions,
    versions_name,
)
from holdgate.runtime.settings import Settings

_EPOCH_LOST, _LEASE_LOST = "EPOCHLOST", "LEASELOST"

LEASE_SECONDS = 1.0
"""How late a call may still claim: four times CALL_SECONDS. Each claim renews the lease; a caller that was
idle for longer takes a new one first."""
LEASE_MS = int(LEASE_SECONDS * 1000)

UNREADABLE_SECONDS = 7 * 86_400
"""How long an unreadable claim is kept aside: as long as Kafka keeps its payment and decision."""


class EpochLostError(Exception):
    """Redis is not in the epoch that was opened: claims may be lost."""


class UnreadableClaimsError(Exception):
    """Claims that are damaged, wrongly signed, or name versions that are lost.

    `claims` has the bytes found in Redis by claim key.
    """

    def __init__(self, claims: Mapping[str, bytes]) -> None:
        super().__init__(f"{len(claims)} claims are unreadable or wrongly signed")
        self.claims = claims


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
        self._signer = claim_signer(settings)
        self._versions: dict[bytes, Versions] = {}
        self._ttl = max(1, int(settings.claim_hours * 3600))
        self._opening = False
        self._epoch = b""
        self._lease = ""

    async def open(self) -> None:
        """Connect if necessary, and read the epoch of Redis or begin one."""
        self._opening = True
        self._versions.clear()
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
        claimed. The call may be repeated. Raises `EpochLostError`, `UnreadableClaimsError`, or one of
        `RedisFault` if the connection is lost.
        """
        marks = end_offsets or {}
        script_keys = [
            keys.EPOCH,
            self._lease,
            *(keys.claim(key) for key, _ in claims),
            *map(keys.restored_offset, marks),
        ]
        values = [self._signer.sign(keys.claim(key), claim) for key, claim in claims]
        offsets = [
            self._signer.sign(keys.restored_offset(partition), self._epoch + b":%d" % offset)
            for partition, offset in marks.items()
        ]
        args: list[bytes | int] = [self._epoch, LEASE_MS, self._ttl, len(values), *values, *offsets]
        try:
            stored = await self._await_reply(self._claim(keys=script_keys, args=args))
        except _LeaseLostError:
            await self._take_lease()
            stored = await self._await_reply(self._claim(keys=script_keys, args=args))
        return await self._read_claims(claims, values, cast(list[bytes], stored))

    async def _read_claims(
        self, claims: Sequence[tuple[str, bytes]], signed: Sequence[bytes], stored: Sequence[bytes]
    ) -> list[bytes]:
        standing = [
            claim if found == value else await self._restorable(key, found)
            for (key, claim), value, found in zip(claims, signed, stored, strict=True)
        ]
        readable = [claim for claim in standing if claim is not None]
        if len(readable) < len(standing):
            found_by_key = zip(claims, standing, stored, strict=True)
            raise UnreadableClaimsError(
                {key: found for (key, _), claim, found in found_by_key if claim is None}
            )
        return readable

    async def _restorable(self, key: str, stored: bytes) -> bytes | None:
        """Return a stored claim if it is valid and the versions that it names are known."""
        claim = read_claim(self._signer, key, stored)
        name = None if claim is None else versions_name(claim)
        return claim if name is None or await self.versions(name) else None

    async def replace(self, decision: Decision) -> bool:
        """Put a decision in the place of the claimed one that it follows; return whether it is claimed now.

        It has to be in the log already. A payment without a claim gets this one. Raises
        `UnreadableClaimsError`.
        """
        key = claim_key(decision)
        stored = await self._get(keys.claim(key))
        if stored is not None:
            claim = await self._restorable(key, stored)
            if claim is None:
                raise UnreadableClaimsError({key: stored})
            name = versions_name(claim)
            if not is_followed(claim, decision, None if name is None else await self.versions(name)):
                return False
        args: list[bytes | int] = [stored or b"", self._signed_claim(decision), self._ttl]
        return bool(await self._await_reply(self._replace(keys=[keys.claim(key)], args=args)))

    async def set_aside(self, key: str, unreadable: bytes, decision: Decision | None) -> None:
        """Move an unreadable claim aside, unless it changed, and claim the decision that the log has."""
        claim = b"" if decision is None else self._signed_claim(decision)
        script_keys = [keys.claim(key), keys.unreadable_claim(key)]
        args: list[bytes | int] = [unreadable, claim, self._ttl, UNREADABLE_SECONDS]
        await self._await_reply(self._replace(keys=script_keys, args=args))

    def _signed_claim(self, decision: Decision) -> bytes:
        return self._signer.sign(keys.claim(claim_key(decision)), encode_claim(decision))

    async def _take_lease(self) -> None:
        await self._await_reply(self._redis.set(self._lease, 1, px=LEASE_MS))

    async def end_offset(self, partition: int) -> int | None:
        """Return the offset of the decisions up to which all are claimed; None if this epoch has none."""
        key = keys.restored_offset(partition)
        mark = self._signer.verify(key, await self._get(key) or b"")
        epoch, _, offset = (mark or b"").rpartition(b":")
        return int(offset) if epoch == self._epoch and offset.isdigit() else None

    async def remember(self, versions: Versions) -> None:
        """Store the versions that a claim names by six bytes.

        They never expire: there are some hundred bytes of them per list version.
        """
        name = name_versions(versions)
        value = self._signer.sign(keys.versions(name), msgspec.json.encode(versions))
        await self._await_reply(self._redis.set(keys.versions(name), value))
        self._versions[name] = versions

    async def versions(self, name: bytes) -> Versions | None:
        """Return the versions that a claim names by six bytes; None if Redis does not hold them."""
        if name not in self._versions:
            found = read_versions(self._signer, name, await self._get(keys.versions(name)))
            if found is None:
                return None
            self._versions[name] = found
        return self._versions[name]

    async def _get(self, key: str) -> bytes | None:
        """Return a value, empty if it is of another type than a string; None if there is none."""
        try:
            return cast(bytes | None, await self._await_reply(self._redis.get(key)))
        except ResponseError as error:
            if "WRONGTYPE" in str(error):
                return b""
            raise

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
