"""A worker with a verify key: whoever can write to Redis cannot make it screen with another list."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace
from prometheus_client import CollectorRegistry

from holdgate.adapters.redis.snapshot_store import Pointer, SnapshotStore, WorkerStore
from holdgate.core.policy import policy as policies
from holdgate.lists.building import BuiltSnapshot
from holdgate.lists.publication import publish, sign_pointer
from holdgate.runtime.settings import Settings
from holdgate.screening.list_follower import ListFollower
from holdgate.screening.metrics import Metrics
from tests.support.fakes import pointer
from tests.support.list_keys import ANOTHER, KEY, private_pem, verify_file
from tests.support.payments import payment
from tests.support.rig import Rig
from tests.support.small_list import PERSON_NAME, POLICY

EXPIRES = timedelta(hours=48)


def proven(
    built: BuiltSnapshot, key: Ed25519PrivateKey = KEY, expires: timedelta = EXPIRES, **as_of: datetime
) -> Pointer:
    """Return a pointer signed at the current time."""
    plain = pointer(built, **as_of)
    return sign_pointer(key, plain, built.data, plain.published_at + expires)


class Trial:
    """The lists of a worker on a real Redis, polled by the test."""

    def __init__(self, url: str, keys: bool = True) -> None:
        self.policy = policies.from_toml(POLICY.read_bytes())
        self.store = SnapshotStore(Settings(redis=url))
        self._worker = WorkerStore(Settings(redis=url))
        known = (KEY.public_key(),) if keys else ()
        self.lists = ListFollower(
            self._worker, self.policy, Metrics(self.policy.rails, CollectorRegistry()), 0, known
        )
        self._runner = asyncio.Runner()

    def see(self, found: Pointer, data: bytes | None = None) -> str | None:
        """Store a pointer and a snapshot in Redis, and return the version in use afterwards."""
        if data is not None:
            self.store.put(found.version, data)
        self.store.set_current(found)
        self._runner.run(self.lists.refresh())
        return self.lists.screener.snapshot.version if self.lists.screener else None

    def stale(self, now: datetime) -> str | None:
        """Return which list is stale."""
        return self.lists.stale(now)(self.policy.profile(None))

    def close(self) -> None:
        """Close connections."""
        self._runner.run(self._worker.close())
        self._runner.close()
        self.store.close()


@contextmanager
def trying(url: str, keys: bool = True) -> Iterator[Trial]:
    """Yield a trial; close its connections afterwards."""
    trial = Trial(url, keys)
    try:
        yield trial
    finally:
        trial.close()


@pytest.mark.redis
def test_only_signed_lists_are_used(redis_url: str, small: BuiltSnapshot, smaller: BuiltSnapshot) -> None:
    """`smaller` is `small` without one person: the list of an attacker who wants to pay that person."""
    now = datetime.now(UTC)
    with trying(redis_url) as trial:
        assert trial.see(pointer(small), small.data) is None
        assert "is not signed" in trial.lists.missing()
        assert trial.see(proven(small, ANOTHER), small.data) is None
        assert "matches no key" in trial.lists.missing()

        true = proven(small, ofac=now)
        assert trial.see(true, small.data) == small.header.version
        for forged in (
            pointer(smaller, ofac=now),
            proven(smaller, ANOTHER, ofac=now),
            msgspec.structs.replace(pointer(smaller, ofac=now), proof=true.proof),
        ):
            assert trial.see(forged, smaller.data) == small.header.version
        assert trial.see(proven(smaller, ofac=now), smaller.data) == smaller.header.version


@pytest.mark.redis
def test_the_signature_covers_the_bytes_of_the_snapshot(
    redis_url: str, small: BuiltSnapshot, smaller: BuiltSnapshot
) -> None:
    """A valid snapshot under the version of another is rejected."""
    with trying(redis_url) as trial:
        assert trial.see(proven(small), smaller.data) is None
        assert "is not the one that was signed" in trial.lists.missing()
        assert trial.see(proven(small), small.data) == small.header.version


@pytest.mark.redis
def test_the_signature_covers_the_ages_of_the_lists(redis_url: str, small: BuiltSnapshot) -> None:
    """Unsigned members beside the proof are ignored: a stale list stays stale."""
    now = datetime.now(UTC)
    with trying(redis_url) as trial:
        old = proven(small)
        trial.see(msgspec.structs.replace(old, as_of={"ofac": now}), small.data)
        assert "list ofac is of 2023-12-28" in (trial.stale(now) or "")
        trial.see(proven(small, ofac=now))
        assert trial.stale(now) is None


@pytest.mark.redis
def test_a_replayed_earlier_list_is_rejected(
    redis_url: str, small: BuiltSnapshot, smaller: BuiltSnapshot
) -> None:
    now = datetime.now(UTC)
    with trying(redis_url) as trial:
        first = proven(smaller, ofac=now)
        trial.see(first, smaller.data)
        newer = proven(small, ofac=now)
        assert trial.see(newer, small.data) == small.header.version
        assert trial.see(first, smaller.data) == small.header.version
        back = pointer(smaller, ofac=now - timedelta(hours=1))
        assert trial.see(sign_pointer(KEY, back, smaller.data, now + EXPIRES)) == small.header.version
        told = sign_pointer(KEY, back, smaller.data, now + EXPIRES, rollback=True)
        assert trial.see(told) == smaller.header.version
        assert trial.stale(now) is None


@pytest.mark.redis
@pytest.mark.parametrize("keys", [True, False], ids=["signed", "unsigned"])
def test_a_stale_list_is_stale_from_its_first_moment(
    keys: bool, redis_url: str, small: BuiltSnapshot, smaller: BuiltSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the former list was being freed, its age was used for the new one: a fault run had a RELEASE."""
    now = datetime.now(UTC)
    seen: list[tuple[str | None, str | None]] = []
    with trying(redis_url, keys=keys) as trial:
        trial.see(proven(small, ofac=now), small.data)

        def look(_: object) -> None:
            screener = trial.lists.screener
            seen.append((screener.snapshot.version if screener else None, trial.stale(now)))

        monkeypatch.setattr("holdgate.screening.list_follower._free", look)
        stale = sign_pointer(
            KEY, pointer(smaller, ofac=now - timedelta(hours=49)), smaller.data, now + EXPIRES, rollback=True
        )
        assert trial.see(stale, smaller.data) == smaller.header.version
    [(version, why)] = seen
    assert version == smaller.header.version
    assert "list ofac" in (why or "")


@pytest.mark.redis
def test_a_list_whose_signature_expired_is_stale(redis_url: str, small: BuiltSnapshot) -> None:
    """If the list in use expires, everything is held; a list that arrives expired is not used."""
    now = datetime.now(UTC)
    with trying(redis_url) as trial:
        assert trial.see(proven(small, expires=timedelta(hours=-1), ofac=now), small.data) is None
        assert "signature expired" in trial.lists.missing()
        trial.see(proven(small, expires=timedelta(hours=1), ofac=now))
        assert trial.stale(now) is None
        assert "signature expired" in (trial.stale(now + timedelta(hours=2)) or "")


@pytest.mark.kafka
@pytest.mark.redis
def test_a_worker_holds_until_it_gets_a_signed_list(rig: Rig, small: BuiltSnapshot, tmp_path: Path) -> None:
    rig.make_current(small)
    worker = rig.worker(list_grace_seconds="0", list_verify_key_file=verify_file(tmp_path))
    worker.await_words("the list is not signed")
    rig.pay(payment("p1"))
    [held] = rig.await_decided("p1")
    assert (held.json["decision"], held.json["reason"]) == ("HOLD", "LIST_UNAVAILABLE")
    assert "is not signed" in held.json["detail"]

    store = SnapshotStore(rig.settings)
    store.set_current(proven(small))
    store.close()
    worker.await_ready()
    rig.pay(payment("p2"), payment("p3", creditor={"name": PERSON_NAME}))
    reasons: list[Any] = [decision.json["reason"] for decision in rig.await_decided("p2", "p3")]
    assert reasons == ["NO_MATCH", "LIST_MATCH"]


@pytest.mark.kafka
@pytest.mark.redis
def test_a_new_worker_rejects_a_replayed_list(
    rig: Rig, small: BuiltSnapshot, smaller: BuiltSnapshot, tmp_path: Path
) -> None:
    """Announcements are in Kafka, so write access to Redis is not enough to restore an old list."""
    kept = proven(smaller)
    store = SnapshotStore(rig.settings)
    store.put(kept.version, smaller.data)
    key = tmp_path / "key.pem"
    key.write_text(private_pem(KEY))
    publish(replace(rig.settings, list_signing_key_file=str(key)), small)
    newest = store.current()
    assert newest is not None

    store.set_current(kept)
    worker = rig.worker(list_grace_seconds="0", list_verify_key_file=verify_file(tmp_path))
    worker.await_words("it is a replay; publish the lists again")
    rig.pay(payment("p1", creditor={"name": PERSON_NAME}))
    [held] = rig.await_decided("p1")
    assert (held.json["decision"], held.json["reason"]) == ("HOLD", "LIST_UNAVAILABLE")

    store.set_current(newest)
    store.close()
    worker.await_ready()
    rig.pay(payment("p2", creditor={"name": PERSON_NAME}))
    assert rig.await_decided("p2")[0].json["reason"] == "LIST_MATCH"


def test_a_worker_does_not_start_with_an_unreadable_key(rig: Rig, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("secret")
    done = rig.holdgate("screening", list_verify_key_file=str(tmp_path / "key"))
    assert done.exit_code == 2
    assert "HOLDGATE_LIST_VERIFY_KEY_FILE" in done.stderr
    assert "secret" not in done.stderr
