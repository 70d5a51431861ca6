"""Damaged and forged claims are reported, and are moved aside once their decision is known."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from redis import Redis

from holdgate.adapters.redis import keys
from holdgate.adapters.redis.claim_inspection import inspect_claim
from holdgate.adapters.redis.claim_store import UNREADABLE_SECONDS, ClaimStore, UnreadableClaimsError
from holdgate.adapters.redis.claim_update import ClaimUpdate
from holdgate.adapters.redis.snapshot_store import WriteRefusedError
from holdgate.core.model.decision import Decision, decide
from holdgate.core.records.claim import name_versions
from holdgate.runtime.settings import Settings, SettingsError
from tests.support.claims import VERSIONS, held, key_file, released

pytestmark = pytest.mark.redis

KEY, OWN = held("a", "own")
NAME = keys.claim(KEY)
FIRST = decide(payment_id="a", content_hash="ab" * 32, versions=VERSIONS, reason="NO_MATCH", status="ACCP")
FOLLOWING = replace(
    FIRST,
    decision_id="f" * 32,
    decision="HOLD",
    reason="LIST_MATCH",
    next_status="PDNG",
    follows=FIRST.decision_id,
)

DAMAGES: dict[str, Callable[[Any], Any]] = {
    "garbage": lambda redis: redis.set(NAME, b"\xffgarbage"),
    "empty": lambda redis: redis.set(NAME, b""),
    "unknown kind": lambda redis: redis.set(NAME, b"X" + OWN[1:]),
    "cut": lambda redis: redis.set(NAME, OWN[:-1]),
    "of another payment": lambda redis: redis.set(NAME, held("b", "other")[1]),
    "no date": lambda redis: redis.set(NAME, b"R" + bytes(20) + b"\x7f" * 8 + bytes(6)),
    "versions that nobody stored": lambda redis: redis.set(NAME, released("a")[1]),
    "a list": lambda redis: redis.lpush(NAME, b"x"),
}


def run(settings: Settings, steps: Callable[[ClaimStore], Awaitable[None]]) -> None:
    """Open a store, run the steps, and close it."""

    async def steps_with_store() -> None:
        store = ClaimStore(settings)
        try:
            await store.open()
            await steps(store)
        finally:
            await store.close()

    asyncio.run(steps_with_store())


async def unreadable(store: ClaimStore) -> bytes:
    """Return what the store found instead of a claim."""
    with pytest.raises(UnreadableClaimsError) as caught:
        await store.claim([held("other", "readable"), (KEY, OWN)])
    [(key, found)] = caught.value.claims.items()
    assert key == KEY
    return found


@pytest.mark.parametrize("decision", [None, FIRST, FOLLOWING])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_claim_is_moved_aside(
    redis_url: str, damage: Callable[[Any], Any], decision: Decision | None
) -> None:
    """The decision of the log takes its place, or none; then the payment can be claimed."""

    async def steps(store: ClaimStore) -> None:
        with Redis.from_url(redis_url) as redis:
            damage(redis)
            dumped = redis.dump(NAME)
            found = await unreadable(store)
            assert redis.dump(NAME) == dumped, "it stays until its decision is known"
            await store.remember(VERSIONS)
            await store.set_aside(KEY, found, decision)
            assert redis.dump(keys.unreadable_claim(KEY)) == dumped
            assert 0 < redis.ttl(keys.unreadable_claim(KEY)) <= UNREADABLE_SECONDS
            assert (decision is None) == (redis.get(NAME) is None)
        [standing] = await store.claim([(KEY, OWN)])
        assert (standing == OWN) == (decision is None)
        assert await store.replace(FOLLOWING) == (decision is not FOLLOWING)

    run(Settings(redis=redis_url), steps)


def test_a_claim_that_changed_meanwhile_is_left_alone(redis_url: str) -> None:
    async def steps(store: ClaimStore) -> None:
        await store.claim([(KEY, OWN)])
        await store.set_aside(KEY, b"as another worker saw it", None)
        assert await store.claim([held("a", "later")]) == [OWN]

    run(Settings(redis=redis_url), steps)


def test_with_a_key_only_signed_claims_count(redis_url: str, tmp_path: Path) -> None:
    """Whoever can write to Redis can do this with one `SET`."""
    settings = Settings(redis=redis_url, claim_key_file=key_file(tmp_path, "1"))

    async def steps(store: ClaimStore) -> None:
        with Redis.from_url(redis_url) as redis:
            await store.remember(VERSIONS)
            redis.set(NAME, released("a")[1])
            assert await unreadable(store) == released("a")[1]
            assert inspect_claim(settings, "a") is not None
            await store.claim([released("b")])
            redis.copy(keys.claim("p:b"), NAME, replace=True)
            await unreadable(store)
            with pytest.raises(UnreadableClaimsError):
                await store.replace(FOLLOWING)
            redis.delete(NAME)
            assert await store.claim([(KEY, OWN)]) == [OWN]
            assert await store.claim([held("a", "later")]) == [OWN]
            redis.set(keys.versions(name_versions(VERSIONS)), b'["x","y","z"]')
            await store.open()
            assert await store.versions(name_versions(VERSIONS)) is None

    run(settings, steps)


def test_the_restored_offset_is_signed(redis_url: str, tmp_path: Path) -> None:
    """With claims of the time without a key, everything is restored from Kafka once."""

    async def mark(store: ClaimStore) -> None:
        await store.claim((), {3: 7})
        assert await store.end_offset(3) == 7

    async def unknown(store: ClaimStore) -> None:
        assert await store.end_offset(3) is None

    run(Settings(redis=redis_url), mark)
    run(Settings(redis=redis_url, claim_key_file=key_file(tmp_path)), unknown)
    with Redis.from_url(redis_url) as redis:
        redis.set(keys.restored_offset(3), (redis.get(keys.EPOCH) or b"") + b":seven")
    run(Settings(redis=redis_url), unknown)


def test_the_key_is_changed_in_three_steps(redis_url: str, tmp_path: Path) -> None:
    """Accept the new key everywhere, sign with it everywhere, then accept the old one no more."""
    old, new = key_file(tmp_path, "1"), key_file(tmp_path, "2")

    def claim(payment_id: str, key: str, accepted: str | None, standing: bool = True) -> None:
        wanted = held(payment_id, "the same")

        async def steps(store: ClaimStore) -> None:
            if standing:
                assert await store.claim([wanted]) == [wanted[1]]
            else:
                with pytest.raises(UnreadableClaimsError):
                    await store.claim([wanted])

        run(Settings(redis=redis_url, claim_key_file=key, claim_accepted_key_file=accepted), steps)

    claim("a", old, None)
    claim("a", old, new)
    claim("b", new, old)
    claim("b", old, new)
    claim("a", new, old)
    claim("a", new, None, standing=False)
    claim("b", new, None)


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_rescreening_replaces_damaged_claims(redis_url: str, damage: Callable[[Any], Any]) -> None:
    """What it puts in their place is in the log."""
    settings = Settings(redis=redis_url)
    update = ClaimUpdate(settings)
    with Redis.from_url(redis_url) as redis:
        damage(redis)
        assert update.replace([FOLLOWING]) == 1
        assert (found := inspect_claim(settings, "a")) is not None
        assert found.decision == FOLLOWING
        assert update.replace([FOLLOWING]) == 0
        is_list = redis.exists(keys.unreadable_claim(KEY)) == 0
        assert is_list == (damage is DAMAGES["a list"])
        assert update.unreadable == (0 if is_list else 1)
    update.close()


def test_a_full_redis_is_a_fault_that_repeating_cures(redis_url: str) -> None:
    """Rescreening and review try again; the error reply would end them."""
    settings = Settings(redis=redis_url)
    with Redis.from_url(redis_url) as redis, closing(ClaimUpdate(settings)) as update:
        limit = redis.config_get("maxmemory")["maxmemory"]
        redis.config_set("maxmemory", 1)
        try:
            with pytest.raises(WriteRefusedError, match="maxmemory"):
                update.replace([FOLLOWING])
        finally:
            redis.config_set("maxmemory", limit)
        assert update.replace([FOLLOWING]) == 1


@pytest.mark.parametrize("text", ["", "short"])
def test_a_short_key_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "claim.key").write_text(text)
    with pytest.raises(SettingsError, match=r"HOLDGATE_CLAIM_KEY_FILE: .*openssl rand -hex 32"):
        ClaimStore(Settings(claim_key_file=str(tmp_path / "claim.key")))
    with pytest.raises(SettingsError, match="needs HOLDGATE_CLAIM_KEY_FILE"):
        ClaimStore(Settings(claim_accepted_key_file=key_file(tmp_path)))
