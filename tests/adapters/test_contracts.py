"""The contracts of claims, log and lists, which the real ones and those in memory both fulfil."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kafka import KafkaConsumer, TopicPartition
from prometheus_client import CollectorRegistry
from redis import Redis

from holdgate.adapters.kafka.clients import open_client
from holdgate.adapters.kafka.faust_app import FaustPublisher, new_app
from holdgate.adapters.kafka.topic_admin import create_topics
from holdgate.adapters.redis.claim_store import ClaimStore
from holdgate.adapters.redis.snapshot_store import SnapshotStore, WorkerStore
from holdgate.core.engine.screener import Screener
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.core.model.decision import Versions
from holdgate.core.policy import policy as policies
from holdgate.core.records.claim import name_versions
from holdgate.core.records.kafka_record import Outgoing
from holdgate.core.records.topics import DEAD_LETTERS, DECISIONS
from holdgate.lists.building import BuiltSnapshot
from holdgate.runtime.settings import Settings
from holdgate.screening.gate import Claims
from holdgate.screening.judge import LoadedLists
from holdgate.screening.list_follower import ListFollower
from holdgate.screening.metrics import Metrics
from holdgate.screening.standing_claims import StandingClaims
from tests.support.claims import VERSIONS, held, key_file
from tests.support.fakes import (
    MemoryClaims,
    MemoryLists,
    MemoryLog,
    NothingDecided,
    pointer,
)
from tests.support.small_list import POLICY

NAME = name_versions(VERSIONS)


class Memory(Protocol):
    """Claims, and the versions that their version names stand for."""

    async def claim(self, claims: Callable[[], Sequence[tuple[str, bytes]]]) -> list[bytes]:
        """Claim each (key, claim); returns what stands."""

    async def versions(self, name: bytes) -> Versions:
        """The versions that a claim names."""

    async def remember(self, versions: Versions) -> None:
        """Keep what a claim's six bytes stand for."""


class RedisClaims(StandingClaims):
    """The worker's claims and its store in one object."""

    def __init__(self, store: ClaimStore) -> None:
        super().__init__(store, NothingDecided(), lambda: None, Metrics((), CollectorRegistry()))
        self.remember = store.remember


Opened = Callable[[], Any]


@pytest.fixture(
    params=[
        "memory",
        pytest.param("redis", marks=pytest.mark.redis),
        pytest.param("signed", marks=pytest.mark.redis),
    ]
)
def open_claims(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """Opens the claims for the duration of an event loop."""
    if request.param != "memory":
        url: str = request.getfixturevalue("redis_url")

    @asynccontextmanager
    async def opened() -> AsyncIterator[Memory]:
        if request.param == "memory":
            yield MemoryClaims()
            return
        with Redis.from_url(url) as client:
            client.flushdb()
        key = key_file(tmp_path) if request.param == "signed" else None
        store = ClaimStore(Settings(redis=url, claim_key_file=key))
        yield RedisClaims(store)
        await store.close()

    return opened


def run(opened: Opened, steps: Callable[[Any], Awaitable[None]]) -> None:
    """Open the claims, run the steps, and close them."""

    async def run() -> None:
        async with opened() as subject:
            await steps(subject)

    asyncio.run(run())


def test_the_first_claim_is_final(open_claims: Opened) -> None:
    async def steps(claims: Claims) -> None:
        a, b, c = held("a", "1"), held("b", "2"), held("c", "4")
        assert await claims.claim(lambda: [a, b]) == [a[1], b[1]]
        assert await claims.claim(lambda: [held("b", "3"), c, held("a", "5")]) == [b[1], c[1], a[1]]

    run(open_claims, steps)


def test_a_repeated_claim_returns_itself(open_claims: Opened) -> None:
    """So a call can be repeated if its answer was lost."""

    async def steps(claims: Claims) -> None:
        wanted = [held("a", "\x00\xff"), held("b", "")]
        assert await claims.claim(lambda: wanted) == await claims.claim(lambda: wanted)

    run(open_claims, steps)


def test_within_one_call_the_earlier_claim_is_final(open_claims: Opened) -> None:
    async def steps(claims: Claims) -> None:
        a, other = held("a", "1"), held("a#x", "3")
        assert await claims.claim(lambda: [a, held("a", "2"), other]) == [a[1], a[1], other[1]]

    run(open_claims, steps)


@settings(
    max_examples=settings().max_examples // 4,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    calls=st.lists(
        st.lists(st.builds(held, st.text(max_size=3), st.text(max_size=4)), min_size=1, max_size=6),
        max_size=6,
    )
)
def test_for_any_calls_the_first_claim_is_final(
    open_claims: Opened, calls: list[list[tuple[str, bytes]]]
) -> None:
    """Keys are arbitrary texts: payment_ids may contain line ends and braces, or no letters."""

    async def steps(claims: Claims) -> None:
        first: dict[str, bytes] = {}
        for call in calls:
            wanted = [first.setdefault(key, claim) for key, claim in call]
            assert await claims.claim(partial(list, call)) == wanted

    run(open_claims, steps)


def test_versions_can_be_looked_up_by_their_name(open_claims: Opened) -> None:
    async def steps(claims: Memory) -> None:
        with pytest.raises(LookupError):
            await claims.versions(NAME)
        await claims.remember(VERSIONS)
        assert await claims.versions(NAME) == VERSIONS
        with pytest.raises(LookupError):
            await claims.versions(bytes(6))

    run(open_claims, steps)


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.kafka)])
def publish_and_read(request: pytest.FixtureRequest) -> Iterator[Callable[..., dict[tuple[str, int], Any]]]:
    """Publishes batches, and returns (key, value, headers) of the stored records by topic and partition."""
    if request.param == "memory":
        yield _in_memory
        return
    settings = Settings(
        kafka=request.getfixturevalue("kafka"),
        topic_prefix=request.getfixturevalue("topic_prefix"),
        partitions=2,
        data=str(request.getfixturevalue("tmp_path")),
    )
    create_topics(settings)
    yield lambda *batches: _in_kafka(settings, *batches)


def _in_memory(*batches: Sequence[Outgoing]) -> dict[tuple[str, int], Any]:
    log = MemoryLog()
    for batch in batches:
        asyncio.run(log.publish(batch))
    return {
        (topic, partition): [(record.key, record.value, record.headers) for record in records]
        for topic, partitions in log.topics.items()
        for partition, records in partitions.items()
        if partition is not None
    }


def _in_kafka(settings: Settings, *batches: Sequence[Outgoing]) -> dict[tuple[str, int], Any]:
    async def publish() -> None:
        app = new_app(settings)
        await app.producer.start()
        for batch in batches:
            await FaustPublisher(app, settings).publish(batch)
        await app.producer.stop()

    asyncio.run(publish())
    found: dict[tuple[str, int], Any] = {}
    consumer = open_client(KafkaConsumer, bootstrap_servers=settings.kafka, enable_auto_commit=False)
    try:
        for topic in (DECISIONS.name, DEAD_LETTERS.name):
            for partition in range(settings.partitions):
                place = TopicPartition(settings.topic(topic), partition)
                consumer.assign([place])
                consumer.seek(place, 0)
                end = consumer.end_offsets([place])[place]
                while consumer.position(place) < end:
                    for record in consumer.poll(timeout_ms=1_000).get(place, ()):
                        headers = [(name, value) for name, value in record.headers]
                        found.setdefault((topic, partition), []).append((record.key, record.value, headers))
    finally:
        consumer.close()
    return found


def test_published_records_are_in_order_in_their_partition(
    publish_and_read: Callable[..., dict[tuple[str, int], Any]],
) -> None:
    records = [
        Outgoing(
            DECISIONS.name, b"key %d" % number, b"value", number % 2, [("n", b"%d" % number), ("n", b"")]
        )
        for number in range(40)
    ]
    letter = Outgoing(DEAD_LETTERS.name, None, b"\xff\x00" * 500_000, 1, [])
    found = publish_and_read(records[:30], [*records[30:], letter], [])
    for partition in (0, 1):
        wanted = [(record.key, record.value, record.headers) for record in records[partition::2]]
        assert found[DECISIONS.name, partition] == wanted
    assert found[DEAD_LETTERS.name, 1] == [(None, letter.value, [])]


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.redis)])
def open_lists(request: pytest.FixtureRequest) -> Opened:
    """Opens a worker's lists, with a function that makes a snapshot current."""
    policy = policies.from_toml(POLICY.read_bytes())
    if request.param == "redis":
        url: str = request.getfixturevalue("redis_url")

    @asynccontextmanager
    async def opened() -> AsyncIterator[tuple[LoadedLists, Callable[..., Awaitable[None]]]]:
        if request.param == "memory":
            memory = MemoryLists(policy)

            async def show(built: BuiltSnapshot, **as_of: datetime) -> None:
                memory.make_current(Screener(load_snapshot(built.data), policy), pointer(built, **as_of))

            yield memory, show
            return
        store = WorkerStore(Settings(redis=url))
        lists = ListFollower(store, policy, Metrics((), CollectorRegistry()), 0)

        async def publish(built: BuiltSnapshot, **as_of: datetime) -> None:
            snapshots = SnapshotStore(Settings(redis=url))
            snapshots.put(built.header.version, built.data)
            snapshots.set_current(pointer(built, **as_of))
            snapshots.close()
            await lists.refresh()

        yield lists, publish
        await store.close()

    return opened


def _stale(lists: LoadedLists, now: datetime) -> str | None:
    return lists.stale(now)(policies.from_toml(POLICY.read_bytes()).profile(None))


def test_lists_are_missing_until_the_first_publication_and_change_with_each(
    open_lists: Opened, small: BuiltSnapshot, smaller: BuiltSnapshot
) -> None:
    now = datetime.now(UTC)

    async def steps(subject: tuple[LoadedLists, Callable[..., Awaitable[None]]]) -> None:
        lists, publish = subject
        assert lists.screener is None
        assert lists.missing()
        assert _stale(lists, now) is None
        for built in (small, smaller, small):
            await publish(built, ofac=now)
            assert lists.screener is not None
            assert lists.screener.snapshot.version == built.header.version
            assert _stale(lists, now) is None

    run(open_lists, steps)


def test_lists_become_stale_by_the_time_of_their_last_confirmation(
    open_lists: Opened, small: BuiltSnapshot
) -> None:
    """The pointer has that time: a snapshot that is fetched again is fresh again."""
    now = datetime.now(UTC)

    async def steps(subject: tuple[LoadedLists, Callable[..., Awaitable[None]]]) -> None:
        lists, publish = subject
        await publish(small)
        assert "ofac" in (_stale(lists, now) or "")
        await publish(small, ofac=now)
        assert _stale(lists, now + timedelta(hours=47)) is None
        assert "ofac" in (_stale(lists, now + timedelta(hours=49)) or "")

    run(open_lists, steps)
