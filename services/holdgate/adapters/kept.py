"""Snapshots and policies wherever they are kept: the recent ones in Redis, all of them in the archive."""

from datetime import UTC, datetime
from pathlib import Path

from holdgate.adapters.archive import archive_of
from holdgate.adapters.redis import SnapshotStore
from holdgate.core.policy import Policy, PolicyError, from_toml
from holdgate.core.snapshot import Snapshot, load
from holdgate.core.timeliness import Stale, staleness
from holdgate.refusal import NotPossibleError
from holdgate.settings import Settings


def current_version(settings: Settings) -> str:
    """The version that is current in Redis; raises `NotPossibleError` before the first publication."""
    store = SnapshotStore(settings)
    try:
        pointer = store.current()
    finally:
        store.close()
    if pointer is None:
        raise NotPossibleError("no snapshot has been published: run `holdgate lists publish NAME=PATH...`")
    return pointer.version


def pinned_version(settings: Settings) -> str | None:
    """The version that a rollback holds the lists service to."""
    store = SnapshotStore(settings)
    try:
        return store.pinned()
    finally:
        store.close()


def staleness_now(settings: Settings, found: Snapshot, policy: Policy) -> Stale:
    """How to ask which list is too old now, by when Redis says it was last known to be true."""
    store = SnapshotStore(settings)
    try:
        pointer = store.current()
    finally:
        store.close()
    ages = pointer.as_of if pointer and pointer.version == found.version else {}
    exempt = {edition.list for edition in found.editions if edition.label in policy.freshness.exempt}
    stated = {edition.list: ages.get(edition.list, edition.as_of) for edition in found.editions}
    return staleness(stated, frozenset(exempt), datetime.now(UTC))


def snapshot_data(settings: Settings, version: str) -> bytes:
    """A snapshot's bytes, from Redis or the archive; raises `NotPossibleError` naming those there are."""
    archive = archive_of(settings.archive)
    store = SnapshotStore(settings)
    try:
        data = store.get(version)
        recent = store.versions()
    finally:
        store.close()
    if data is None and archive is not None:
        data = archive.snapshot(version)
    if data is not None:
        return data
    known = list(dict.fromkeys([*recent, *(archive.versions() if archive else ())]))
    where = "Redis and the archive hold" if archive else "Redis holds (HOLDGATE_ARCHIVE names no archive)"
    raise NotPossibleError(f"no snapshot {version}: {where} {', '.join(known) or 'none'}")


def snapshot(settings: Settings, version: str | None = None) -> Snapshot:
    """A snapshot, the current one without a version; raises `NotPossibleError` or `SnapshotError`."""
    return load(snapshot_data(settings, version or current_version(settings)))


def policy(path: Path) -> Policy:
    """A policy file; raises `PolicyError`."""
    try:
        return from_toml(path.read_bytes(), str(path))
    except OSError as error:
        raise PolicyError(f"{path}: {error.strerror}; set HOLDGATE_POLICY to a policy file") from error
