"""Find snapshots: the recent ones in Redis, all of them in the archive."""

from datetime import UTC, datetime

import structlog

from holdgate.adapters.files.archive import archive_of
from holdgate.adapters.files.signing_keys import list_signing_key, list_verify_keys
from holdgate.adapters.kafka.announcements import LATEST, published_at
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.adapters.redis.snapshot_store import Pointer, SnapshotStore
from holdgate.core.lists.signature import UntrustedError, snapshot_digest, verified_statement
from holdgate.core.lists.snapshot import Snapshot, load_snapshot
from holdgate.core.policy.policy import Policy
from holdgate.core.policy.timeliness import Stale, staleness
from holdgate.core.records.topics import PUBLISHED
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

log = structlog.get_logger()


def current_pointer(settings: Settings) -> Pointer:
    """Return the current pointer in Redis, unverified; raise `OperatorError` if there is none."""
    return _pointer(settings)


def current(settings: Settings) -> tuple[Pointer, str | None]:
    """Return the current pointer and, with HOLDGATE_LIST_VERIFY_KEY_FILE, the SHA-256 of its snapshot.

    Commands that decide trust the same lists as a worker that has just started. Raises `OperatorError` before
    the first publication, and if the list is unsigned, signed by another key, expired, or a replay.
    """
    pointer, keys = _pointer(settings), list_verify_keys(settings)
    if not keys:
        return pointer, None
    try:
        statement = verified_statement(keys, pointer.proof, None, datetime.now(UTC), _announced(settings))
    except UntrustedError as error:
        raise OperatorError(str(error)) from error
    verified = Pointer(statement.version, statement.published_at, statement.as_of, statement.entries)
    return verified, statement.sha256


def _pointer(settings: Settings) -> Pointer:
    store = SnapshotStore(settings)
    try:
        pointer = store.current()
    finally:
        store.close()
    if pointer is None:
        raise OperatorError("no snapshot has been published: run `holdgate lists publish NAME=PATH...`")
    return pointer


def _announced(settings: Settings) -> datetime | None:
    """Return when the newest announced list was published."""
    log = KafkaLog(settings)
    [(partition, bounds)] = log.bounds(PUBLISHED.name).items()
    start = max(bounds.first, bounds.end - LATEST)
    moments = [
        published_at(record.value)
        for chunk in log.read(PUBLISHED.name, partition, start, bounds.end)
        for record in chunk.records
    ]
    return max(filter(None, moments), default=None)


def pinned_version(settings: Settings) -> str | None:
    """Return the version that a rollback keeps current, or None."""
    store = SnapshotStore(settings)
    try:
        return store.pinned()
    finally:
        store.close()


def trusted_pin(settings: Settings, pinned: str | None) -> str | None:
    """Return the pinned version that the lists service keeps current, or None if it may not keep it.

    If it signs lists, the newest publication has to be of this version and signed. Otherwise whoever can
    write to Redis could pin an earlier snapshot, which the service would sign.
    """
    key = list_signing_key(settings)
    if key is None or pinned is None:
        return pinned
    try:
        pointer = _pointer(settings)
        keys = (key.public_key(), *list_verify_keys(settings))
        # As of its own time: a signature that expired while the service was stopped ends no rollback.
        then = pointer.published_at
        statement = verified_statement(keys, pointer.proof, None, then, _announced(settings))
    except (OperatorError, UntrustedError) as error:
        log.error("the pinned version is not signed: ignored", version=pinned, error=str(error))
        return None
    if statement.version != pinned:
        log.error("the pinned version is not the published one: ignored", version=pinned)
        return None
    return pinned


def staleness_now(settings: Settings, snapshot: Snapshot, policy: Policy) -> Stale:
    """Return a function that names the lists that are too old now, by the time of their last confirmation."""
    pointer, _ = current(settings)
    ages = pointer.as_of if pointer.version == snapshot.version else {}
    exempt = {edition.list for edition in snapshot.editions if edition.label in policy.freshness.exempt}
    stated = {edition.list: ages.get(edition.list, edition.as_of) for edition in snapshot.editions}
    return staleness(stated, frozenset(exempt), datetime.now(UTC))


def snapshot_data(settings: Settings, version: str) -> bytes:
    """Return a snapshot's bytes from Redis or the archive; raise `OperatorError` with the known versions."""
    archive = archive_of(settings)
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
    stores = "Redis and the archive hold" if archive else "HOLDGATE_ARCHIVE is not set, and Redis holds"
    raise OperatorError(f"no snapshot {version}: {stores} {', '.join(known) or 'none'}")


def archived(settings: Settings, version: str) -> bytes:
    """Return a snapshot's bytes from the archive alone; raise `OperatorError` if it is not there."""
    archive = archive_of(settings)
    data = archive.snapshot(version) if archive else None
    if data is None:
        reason = "the archive does not have it" if archive else "HOLDGATE_ARCHIVE is not set"
        raise OperatorError(
            f"cannot sign snapshot {version}: only an archived snapshot is signed, and {reason}"
        )
    return data


def snapshot(settings: Settings, version: str | None = None) -> Snapshot:
    """Return a snapshot, by default the current one; raise `OperatorError` or `SnapshotError`."""
    if version is not None:
        return load_snapshot(snapshot_data(settings, version))
    pointer, sha256 = current(settings)
    data = snapshot_data(settings, pointer.version)
    if sha256 is not None and snapshot_digest(data) != sha256:
        raise OperatorError(
            f"snapshot {pointer.version} differs from the signed one: publish the lists again"
        )
    return load_snapshot(data)
