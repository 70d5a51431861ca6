"""`holdgate lists publish` signs lists for the workers; an older list needs an explicit rollback."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from redis import Redis

from deploy.local.stack import HOLDGATE
from holdgate.adapters import snapshot_lookup
from holdgate.adapters.files.signing_keys import list_verify_keys
from holdgate.adapters.redis import keys
from holdgate.adapters.redis.snapshot_store import SnapshotStore
from holdgate.core.lists.signature import snapshot_digest, verified_statement
from holdgate.lists.building import build_lists
from tests.support.list_keys import signing_file, verify_file
from tests.support.rig import Rig
from tests.support.small_list import PERSON, write

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


def dated(folder: Path, date: str) -> str:
    """Write the small list with this date."""
    place = write(folder)
    (place / "edition.toml").write_text(f"as_of = {date}T00:00:00Z\n")
    return f"ofac={place}"


def test_a_published_list_is_signed(rig: Rig, tmp_path: Path) -> None:
    key = signing_file(tmp_path)
    done = rig.holdgate(
        "lists",
        "publish",
        dated(tmp_path / "one", "2026-01-02"),
        list_signing_key_file=key,
        list_signature_hours="2",
    )
    assert done.exit_code == 0, done.stderr
    store = SnapshotStore(rig.settings)
    pointer = store.current()
    assert pointer is not None
    data = store.get(pointer.version) or b""
    store.close()
    keys = list_verify_keys(rig.settings.__class__(list_verify_key_file=verify_file(tmp_path)))
    statement = verified_statement(keys, pointer.proof, None, datetime.now(UTC))
    assert statement.version == pointer.version == json.loads(done.stdout)["version"]
    assert statement.sha256 == snapshot_digest(data)
    assert (statement.as_of, statement.entries) == (pointer.as_of, pointer.entries)
    assert statement.published_at == pointer.published_at
    assert statement.expires_at - statement.published_at == timedelta(hours=2)
    assert not statement.rollback


def test_an_older_list_needs_an_explicit_rollback(rig: Rig, tmp_path: Path) -> None:
    key = signing_file(tmp_path)
    newer, older = dated(tmp_path / "newer", "2026-01-02"), dated(tmp_path / "older", "2026-01-01")
    assert rig.holdgate("lists", "publish", newer, list_signing_key_file=key).exit_code == 0
    refused = rig.holdgate("lists", "publish", older, list_signing_key_file=key)
    assert refused.exit_code == 3
    assert "list ofac is of 2026-01-01 00:00 UTC, older than the current one of 2026-01-02" in refused.stderr
    done = rig.holdgate("lists", "publish", older, "--rollback", list_signing_key_file=key)
    assert done.exit_code == 0, done.stderr
    store = SnapshotStore(rig.settings)
    pointer = store.current()
    store.close()
    assert pointer is not None
    assert pointer.proof is not None
    assert json.loads(pointer.proof.statement)["rollback"] is True


def test_a_key_that_cannot_be_read_publishes_nothing(rig: Rig, tmp_path: Path) -> None:
    spec = dated(tmp_path / "one", "2026-01-02")
    for path, word in ((tmp_path / "none", "cannot read the secret"), (tmp_path, "cannot read the secret")):
        done = rig.holdgate("lists", "publish", spec, list_signing_key_file=str(path))
        assert done.exit_code == 2
        assert word in done.stderr
    store = SnapshotStore(rig.settings)
    assert store.current() is None
    store.close()


def test_a_snapshot_that_is_signed_again_comes_from_the_archive(rig: Rig, tmp_path: Path) -> None:
    """Otherwise anyone who can write to Redis could have their own list signed by a rollback."""
    key, archive = signing_file(tmp_path), str(tmp_path / "archive")
    signing = {"list_signing_key_file": key, "archive": archive}
    older = rig.holdgate("lists", "publish", dated(tmp_path / "older", "2026-01-01"), **signing)
    version = json.loads(older.stdout)["version"]
    forged = build_lists({"ofac": str(write(tmp_path / "forged", every=100))}, lambda _: None)
    store = SnapshotStore(rig.settings)
    store.put(forged.header.version, forged.data)
    back = ("lists", "rollback", forged.header.version, "--reason", "incident 1294")
    for variables, word in (
        ({"list_signing_key_file": key}, "HOLDGATE_ARCHIVE is not set"),
        (signing, "the archive does not have it"),
    ):
        refused = rig.holdgate(*back, **variables)
        assert refused.exit_code == 3, refused.output
        assert word in refused.stderr
    pointer, pinned = store.current(), store.pinned()
    store.close()
    assert pointer is not None
    assert (pointer.version, pinned) == (version, None)
    assert rig.holdgate("lists", "rollback", version, "--reason", "x", **signing).exit_code == 0


def test_a_pin_counts_if_the_newest_signed_publication_is_of_its_version(rig: Rig, tmp_path: Path) -> None:
    """Whoever can write to Redis could otherwise pin an earlier list, which the service would sign."""
    signing = {"list_signing_key_file": signing_file(tmp_path), "archive": str(tmp_path / "archive")}
    settings = replace(rig.settings, list_signing_key_file=signing["list_signing_key_file"])
    versions, pointers = [], []
    store = SnapshotStore(settings)
    for without in (frozenset[str](), frozenset({PERSON})):
        spec = f"ofac={write(tmp_path / str(len(without)), without=without)}"
        published = rig.holdgate("lists", "publish", spec, **signing)
        assert published.exit_code == 0, published.output
        versions.append(json.loads(published.stdout)["version"])
        pointers.append(store.current())
    older, newer = versions
    assert snapshot_lookup.trusted_pin(settings, older) is None, "forged"
    assert snapshot_lookup.trusted_pin(rig.settings, older) == older, "nothing is signed"
    with Redis.from_url(settings.redis) as redis:
        redis.set(keys.PINNED_SNAPSHOT, older)
        command = (str(HOLDGATE), "lists", "serve")
        lists = f"ofac={tmp_path / '1'}"
        with rig.worker(command, lists=lists, lists_refresh="3600", **signing) as service:
            service.await_words("the pinned version is not the published one: ignored")
            service.await_words("lists published")
            assert (pointer := store.current()) is not None
            assert pointer.version == newer
    assert pointers[0] is not None
    store.set_current(pointers[0])
    assert snapshot_lookup.trusted_pin(settings, older) is None, "its publication was put back too"
    back = ("lists", "rollback", older, "--reason", "incident 1295")
    assert rig.holdgate(*back, **signing).exit_code == 0
    assert snapshot_lookup.trusted_pin(settings, older) == older
    assert snapshot_lookup.trusted_pin(settings, newer) is None
    store.close()
