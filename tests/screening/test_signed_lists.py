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
from holdgate.lists.publication import BuiltSnapshot, publish, sign_pointer
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
    """A signed pointer of now."""
    plain = pointer(built, **as_of)
    return sign_pointer(key, plain, built.data, plain.published_at + expires)


class Trial:
    """A worker's lists on a real Redis, looked at when a test says so."""

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
        """Put a pointer and a snapshot into Redis; which version is screened with then."""
        if data is not None:
            self.store.put(found.version, data)
        self.store.set_current(found)
        self._runner.run(self.lists.refresh())
        return self.lists.screener.snapshot.version if self.lists.screener else None

    def stale(self, now: datetime) -> str | None:
        """Which list is too old."""
        return self.lists.stale(now)(self.policy.profile(None))

    def close(self) -> None:
        """Close connections."""
        self._runner.run(self._worker.close())
        self._runner.close()
        self.store.close()


@contextmanager
def trying(url: str, keys: bool = True) -> Iterator[Trial]:
    """A trial for the length of the block."""
    trial = Trial(url, keys)
    try:
        yield trial
    finally:
        trial.close()


@pytest.mark.redis
def test_only_what_is_signed_is_screened_with(
    redis_url: str, small: BuiltSnapshot, smaller: BuiltSnapshot
) -> None:
    """`smaller` is `small` without one person: the list of somebody who wants to pay him."""
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
def test_the_bytes_are_the_signed_ones(redis_url: str, small: BuiltSnapshot, smaller: BuiltSnapshot) -> None:
    """A sound snapshot under another's name is not the one that was signed."""
    with trying(redis_url) as trial:
        assert trial.see(proven(small), smaller.data) is None
        assert "is not the one that was signed" in trial.lists.missing()
        assert trial.see(proven(small), small.data) == small.header.version


@pytest.mark.redis
def test_ages_are_the_signed_ones(redis_url: str, small: BuiltSnapshot) -> None:
    """What stands beside the proof is nobody's word: a stale list stays stale."""
    now = datetime.now(UTC)
    with trying(redis_url) as trial:
        old = proven(small)
        trial.see(msgspec.structs.replace(old, as_of={"ofac": now}), small.data)
        assert "list ofac is of 2023-12-28" in (trial.stale(now) or "")
        trial.see(proven(small, ofac=now))
        assert trial.stale(now) is None


@pytest.mark.redis
def test_an_earlier_list_that_comes_again_is_refused(
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
    """While the list before it is freed, it was judged by that one's age: in a fault run it released."""
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
    """The one in use holds everything from then on; one that comes expired is not taken into use."""
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
def test_a_worker_that_just_started_takes_no_list_that_was_shown_before(
    rig: Rig, small: BuiltSnapshot, smaller: BuiltSnapshot, tmp_path: Path
) -> None:
    """It knows from Kafka what was announced: writing to Redis is not enough to go back to a kept list."""
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


def test_a_worker_does_not_start_with_a_key_that_cannot_be_read(rig: Rig, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("secret")
    done = rig.holdgate("screening", list_verify_key_file=str(tmp_path / "key"))
    assert done.exit_code == 2
    assert "HOLDGATE_LIST_VERIFY_KEY_FILE" in done.stderr
    assert "secret" not in done.stderr
