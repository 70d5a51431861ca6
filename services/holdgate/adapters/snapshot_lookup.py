"""Snapshots wherever they are kept: the recent ones in Redis, all of them in the archive."""

from datetime import UTC, datetime

from holdgate.adapters.files.archive import archive_of
from holdgate.adapters.files.signing_keys import list_verify_keys
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


def current_version(settings: Settings) -> str:
    """The version that Redis points to, believed or not; raises `NotPossibleError` where there is none."""
    return _pointer(settings).version


def current(settings: Settings) -> tuple[Pointer, str | None]:
    """What is current and, with HOLDGATE_LIST_VERIFY_KEY_FILE, the SHA-256 that its bytes have to have.

    What decides again believes what a worker that has just started believes. Raises `NotPossibleError` before
    the first publication, and for what is not signed, not by such a key, expired, or shown again.
    """
    pointer, keys = _pointer(settings), list_verify_keys(settings)
    if not keys:
        return pointer, None
    try:
        said = verified_statement(keys, pointer.proof, None, datetime.now(UTC), _announced(settings))
    except UntrustedError as error:
        raise OperatorError(str(error)) from error
    return Pointer(said.version, said.published_at, said.as_of, said.entries), said.sha256


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
    """When the newest announced list was published."""
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
    """The version that a rollback holds the lists service to."""
    store = SnapshotStore(settings)
    try:
        return store.pinned()
    finally:
        store.close()


def staleness_now(settings: Settings, found: Snapshot, policy: Policy) -> Stale:
    """How to ask which list is too old now, by when it was last said to be true."""
    pointer, _ = current(settings)
    ages = pointer.as_of if pointer.version == found.version else {}
    exempt = {edition.list for edition in found.editions if edition.label in policy.freshness.exempt}
    stated = {edition.list: ages.get(edition.list, edition.as_of) for edition in found.editions}
    return staleness(stated, frozenset(exempt), datetime.now(UTC))


def snapshot_data(settings: Settings, version: str) -> bytes:
    """A snapshot's bytes, from Redis or the archive; raises `NotPossibleError` naming those there are."""
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
    where = "Redis and the archive hold" if archive else "Redis holds (HOLDGATE_ARCHIVE names no archive)"
    raise OperatorError(f"no snapshot {version}: {where} {', '.join(known) or 'none'}")


def archived(settings: Settings, version: str) -> bytes:
    """A snapshot's bytes from the archive, whatever Redis holds; raises `NotPossibleError`."""
    archive = archive_of(settings)
    data = archive.snapshot(version) if archive else None
    if data is None:
        where = "the archive does not hold it" if archive else "HOLDGATE_ARCHIVE names no archive"
        raise OperatorError(
            f"no snapshot {version} to sign: it comes from the archive, not from Redis, and {where}"
        )
    return data


def snapshot(settings: Settings, version: str | None = None) -> Snapshot:
    """A snapshot, the current one without a version; raises `NotPossibleError` or `SnapshotError`."""
    if version is not None:
        return load_snapshot(snapshot_data(settings, version))
    pointer, sha256 = current(settings)
    data = snapshot_data(settings, pointer.version)
    if sha256 is not None and snapshot_digest(data) != sha256:
        raise OperatorError(f"snapshot {pointer.version} is not the one that was signed: publish the lists")
    return load_snapshot(data)
