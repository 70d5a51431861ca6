"""The contracts of snapshots in Redis and of topics and records in Kafka for publication and commands."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource
from redis import Redis
from redis.exceptions import ResponseError

from deploy.local.kafka_broker import Kafka
from holdgate.adapters.kafka import topic_admin as kafka_adapter
from holdgate.adapters.kafka.announcements import newest
from holdgate.adapters.kafka.clients import open_client
from holdgate.adapters.kafka.offsets import partition_counts
from holdgate.adapters.redis import keys
from holdgate.adapters.redis.claim_store import LEASE_MS, ClaimStore
from holdgate.adapters.redis.snapshot_store import (
    KEPT_SNAPSHOTS,
    PIECE,
    SERVICE_SECONDS,
    ChangedMeanwhileError,
    Pointer,
    RedisFault,
    SnapshotStore,
    WriteRefusedError,
)
from holdgate.core.lists.publishers import ServedSources
from holdgate.core.records.topic_requirements import find_faults
from holdgate.core.records.topics import AUDIT, SUBMITTED, TOPICS
from holdgate.runtime.settings import Settings
from tests.support.claims import held, key_file, released
from tests.support.rig import wait_until

FIRST = held("p", "first")
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def pointer(version: str, minutes: int = 0) -> Pointer:
    """Return a pointer to a version, published this many minutes after `NOW`."""
    return Pointer(version, NOW + timedelta(minutes=minutes), {"ofac": NOW}, {"ofac": 1})


@pytest.fixture
def store(redis_url: str) -> Iterator[SnapshotStore]:
    """A store without snapshots."""
    store = SnapshotStore(Settings(redis=redis_url))
    yield store
    store.close()


@pytest.mark.redis
def test_a_snapshot_is_current_once_the_pointer_says_so(store: SnapshotStore) -> None:
    store.put("v1", b"\x00snapshot\xff")
    assert (store.get("v1"), store.current(), store.versions()) == (b"\x00snapshot\xff", None, [])
    store.set_current(pointer("v1"))
    assert (store.current(), store.versions()) == (pointer("v1"), ["v1"])
    assert store.get("v2") is None


@pytest.mark.redis
def test_a_snapshot_is_written_in_pieces_and_named_when_complete(
    store: SnapshotStore, redis_url: str
) -> None:
    data = bytes(range(256)) * (PIECE // 256) * 3 + b"the rest"
    with Redis.from_url(redis_url) as plain, plain.monitor() as seen:
        store.put("v1", data)
        store.put("v1", data[::-1])  # as one that was damaged is mended
        commands: list[tuple[str, int]] = []
        while [name for name, _ in commands].count("RENAME") < 2:
            command = seen.next_command()["command"]
            commands.append((command.split()[0], len(command)))
    assert [name for name, _ in commands].count("SETRANGE") == 8
    assert max(size for _, size in commands) < 5 * PIECE, "one piece, as a monitor escapes it"
    with Redis.from_url(redis_url) as plain:
        assert store.get("v1") == data[::-1]
        assert plain.keys(keys.LISTS) == [keys.snapshot("v1").encode()]
        assert plain.ttl(keys.snapshot("v1")) == -1


@pytest.mark.redis
def test_the_pieces_of_a_failed_publication_are_not_a_snapshot(store: SnapshotStore, redis_url: str) -> None:
    store.put("v1", b"old")
    with Redis.from_url(redis_url) as plain:
        plain.config_set("maxmemory", plain.info("memory")["used_memory"] + 5 * PIECE)
        try:
            with pytest.raises(WriteRefusedError):
                store.put("v2", b"x" * 9 * PIECE)
            with pytest.raises(WriteRefusedError):
                store.put("v1", b"x" * 9 * PIECE)
        finally:
            plain.config_set("maxmemory", 0)
        assert store.get("v1") == b"old"
        assert all(len(key.split(b":")) == 3 for key in plain.keys(keys.LISTS)), "no pieces remain"


@pytest.mark.redis
def test_a_publication_meanwhile_is_detected(store: SnapshotStore) -> None:
    """Whether somebody published or pinned, nothing is changed."""
    marks = store.marks()
    store.set_current(pointer("v1"), accept=True, unless=marks)
    assert store.accepted() == pointer("v1").published_at
    before = store.marks()
    store.set_current(pointer("v2", 1), pin="set")
    with pytest.raises(ChangedMeanwhileError):
        store.set_current(pointer("v3", 2), accept=True, unless=before)
    assert (store.current(), store.pinned()) == (pointer("v2", 1), "v2")
    assert store.accepted() == pointer("v1").published_at
    pinned = store.marks()
    store.unpin()
    with pytest.raises(ChangedMeanwhileError):
        store.set_current(pointer("v3", 2), unless=pinned)
    store.set_current(pointer("v3", 2), pin="clear", unless=store.marks())
    assert (store.current(), store.pinned()) == (pointer("v3", 2), None)


@pytest.mark.redis
def test_a_service_runs_until_it_ends_or_is_silent(store: SnapshotStore, redis_url: str) -> None:
    sources = ServedSources("1", {"ofac": "a"})
    assert store.service() is None
    store.set_service(sources)
    with Redis.from_url(redis_url) as plain:
        assert 0 < plain.ttl(keys.LISTS_SERVICE) <= SERVICE_SECONDS
    store.end_service("2")
    assert store.service() == sources
    store.end_service("1")
    assert store.service() is None


@pytest.mark.redis
def test_older_snapshots_than_the_kept_ones_are_deleted(store: SnapshotStore) -> None:
    """A snapshot that is published again counts as new."""
    for minute in range(KEPT_SNAPSHOTS + 1):
        store.put(f"v{minute}", b"snapshot")
        store.set_current(pointer(f"v{minute}", minute))
    assert store.get("v0") is not None
    store.set_current(pointer("v0", 20))
    for minute in (21, 22):
        store.put(f"v{minute}", b"snapshot")
        store.set_current(pointer(f"v{minute}", minute))
    kept = ["v22", "v21", "v0", "v5", "v4", "v3"]
    assert store.versions() == kept
    assert [version for version in (f"v{n}" for n in range(30)) if store.get(version)] == sorted(
        kept, key=lambda version: int(version[1:])
    )


@pytest.mark.redis
def test_claims_expire_and_versions_stay(redis_url: str) -> None:
    """A claim expires after HOLDGATE_CLAIM_HOURS; the versions behind its version name are permanent."""
    import asyncio

    from holdgate.core.model.decision import Versions
    from holdgate.core.records.claim import name_versions

    versions = Versions("l", "p", "e")

    async def write() -> None:
        store = ClaimStore(Settings(redis=redis_url, claim_hours=2))
        await store.open()
        await store.claim([FIRST])
        await store.claim([held("p", "another")])
        await store.remember(versions)
        await store.close()

    asyncio.run(write())
    with Redis.from_url(redis_url) as redis:
        assert 0 < redis.ttl(keys.claim("p:p")) <= 7_200
        assert redis.ttl(keys.versions(name_versions(versions))) == -1
        assert redis.get(keys.claim("p:p")) == FIRST[1]


@pytest.mark.redis
def test_a_call_that_arrives_after_its_lease_claims_nothing(redis_url: str) -> None:
    """A paused server delayed it; its caller has given up, and may claim something else meanwhile."""
    import asyncio

    async def late() -> None:
        store = ClaimStore(Settings(redis=redis_url))
        await store.open()
        with Redis.from_url(redis_url) as redis:
            redis.delete(*redis.keys(keys.lease("*")))  # as when it has expired
        with pytest.raises(ResponseError, match="LEASELOST"):
            await store._claim(
                keys=[keys.EPOCH, store._lease, keys.claim("p:p")], args=[store._epoch, 1, 60, 1, b"late"]
            )
        assert await store.claim([FIRST]) == [FIRST[1]], "a caller that waits takes it again"
        await store.close()

    asyncio.run(late())


@pytest.mark.redis
def test_a_lease_expires_by_itself_and_each_claim_renews_it(redis_url: str) -> None:
    import asyncio

    async def renew() -> int:
        store = ClaimStore(Settings(redis=redis_url))
        await store.open()
        with Redis.from_url(redis_url) as redis:
            [lease] = redis.keys(keys.lease("*"))
            redis.pexpire(lease, 500)
            await store.claim([FIRST])
            remaining: int = redis.pttl(lease)
        await store.close()
        return remaining

    assert 500 < asyncio.run(renew()) <= LEASE_MS


@pytest.mark.redis
def test_a_claim_takes_little_memory(redis_url: str, tmp_path: Path) -> None:
    """With payment_ids as long as a UETR. At 1,000 payments a second a day is 86.4 million claims.

    A signature costs nothing: the value still fits into one allocation with its header.
    """
    from uuid import UUID

    claims = [released(str(UUID(int=number))) for number in range(1_000)]

    async def write(settings: Settings) -> None:
        store = ClaimStore(settings)
        await store.open()
        await store.claim(claims)
        await store.close()

    def average() -> float:
        with Redis.from_url(redis_url) as redis:
            used = [redis.memory_usage(keys.claim(key)) or 0 for key, _ in claims]
            redis.flushdb()
        return sum(used) / len(used)

    asyncio.run(write(Settings(redis=redis_url)))
    unsigned = average()
    asyncio.run(write(Settings(redis=redis_url, claim_key_file=key_file(tmp_path))))
    assert 0 < unsigned == average() <= 200, unsigned


def test_a_missing_redis_is_a_fault() -> None:
    store = SnapshotStore(Settings(redis="redis://127.0.0.1:1/0"))
    with pytest.raises(RedisFault):
        store.current()
    store.close()


@pytest.mark.kafka
def test_topics_are_created_once_with_their_partitions(kafka: str, topic_prefix: str) -> None:
    settings = Settings(kafka=kafka, topic_prefix=topic_prefix, partitions=3)
    assert asyncio.run(partition_counts(settings)) == {}
    assert list(kafka_adapter.create_topics(settings)) == [topic.name for topic in TOPICS]
    assert kafka_adapter.create_topics(settings) == {}
    counts = asyncio.run(partition_counts(settings))
    assert counts == {topic.name: topic.partitions or 3 for topic in TOPICS}


@pytest.mark.kafka
def test_created_topics_are_found_as_they_were_created(kafka: str, topic_prefix: str) -> None:
    """One broker has no second replica, which is all that is wrong; a changed retention is an error."""
    settings = Settings(kafka=kafka, topic_prefix=topic_prefix, partitions=3)
    assert kafka_adapter.describe_topics(settings) == {}
    created = kafka_adapter.create_topics(settings)
    found = kafka_adapter.describe_topics(settings)
    assert found.keys() == created.keys()
    for name, topic in created.items():
        assert (found[name].partitions, found[name].replication) == (topic.partitions, 1)
        assert topic.config.items() <= found[name].config.items()
    assert {fault.severity for fault in find_faults(found)} == {"warning"}

    admin = open_client(KafkaAdminClient, bootstrap_servers=kafka)
    try:
        name = settings.topic(AUDIT.name)
        admin.alter_configs([ConfigResource("TOPIC", name, configs={"retention.ms": "1000"})])
    finally:
        admin.close()
    wait_until(
        lambda: "retention.ms is 1000" in str(find_faults(kafka_adapter.describe_topics(settings))),
        "the changed retention",
    )


@pytest.mark.kafka
def test_a_written_record_is_in_the_log(kafka: str, topic_prefix: str) -> None:
    settings = Settings(kafka=kafka, topic_prefix=topic_prefix, partitions=1)
    kafka_adapter.create_topics(settings)
    kafka_adapter.write(settings, SUBMITTED.name, b"key", b"\x00\xff", [("header", b"1")])
    place = TopicPartition(topic_prefix + SUBMITTED.name, 0)
    consumer = open_client(
        KafkaConsumer, bootstrap_servers=kafka, auto_offset_reset="earliest", enable_auto_commit=False
    )
    try:
        consumer.assign([place])
        consumer.seek_to_beginning(place)
        [record] = consumer.poll(timeout_ms=30_000)[place]
    finally:
        consumer.close()
    assert (record.key, record.value, list(record.headers)) == (b"key", b"\x00\xff", [("header", b"1")])


@pytest.mark.kafka
def test_reading_the_announcement_from_a_frozen_broker_fails_quickly(runtime_folder: Path) -> None:
    """It takes seconds at most, because all payments wait for it."""
    import asyncio

    from aiokafka.errors import KafkaTimeoutError

    with Kafka(runtime_folder / "kafka-still") as broker:
        settings = Settings(kafka=broker.bootstrap)
        kafka_adapter.create_topics(settings)
        assert asyncio.run(newest(settings)) is None
        broker.pause()
        try:
            with pytest.raises(KafkaTimeoutError, match="within 3 s"):
                asyncio.run(newest(settings))
        finally:
            broker.resume()
