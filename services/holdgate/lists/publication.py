"""Build a snapshot from list sources, make it current in Redis in one step, and announce it.

A rejected list leaves the current snapshot unchanged: a list that cannot be read, that lost half of its
entries, or that is missing.
"""

from collections.abc import Callable, Collection, Container, Iterable, Mapping
from datetime import UTC, datetime, timedelta

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from holdgate.adapters import snapshot_lookup
from holdgate.adapters.files.archive import archive_of
from holdgate.adapters.files.policy_file import configured_policy
from holdgate.adapters.files.signing_keys import list_signing_key
from holdgate.adapters.kafka import topic_admin
from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.redis.snapshot_store import (
    ChangedMeanwhileError,
    Marks,
    Pinning,
    Pointer,
    SnapshotStore,
)
from holdgate.core.lists import snapshot
from holdgate.core.lists.announcement import Announcement
from holdgate.core.lists.list_change import ListChange, exceeded_limits, measure_changes
from holdgate.core.lists.publishers import undoes_another
from holdgate.core.lists.signature import Statement, older_lists, sign, snapshot_digest
from holdgate.core.policy.list_changes import ListChanges
from holdgate.core.policy.timeliness import UNDATED
from holdgate.core.records.kafka_record import announcement_headers
from holdgate.core.records.topics import PUBLISHED
from holdgate.lists.building import NO_DATE, BuiltSnapshot
from holdgate.runtime.settings import Settings

Measure = Callable[[bytes, bytes], list[ListChange]]
"""Returns how each list changes from the first stored snapshot to the second."""


class ListRefusedError(ValueError):
    """A list that must not become current; the message says which, why, and what to do."""

    def __init__(self, name: str, reason: str) -> None:
        self.list = name
        super().__init__(f"list {name} {reason}")


class PublishersConflictError(Exception):
    """The lists service would undo another's publication; the message says whose, and what to do."""


def load_stored_snapshot(settings: Settings, version: str) -> BuiltSnapshot:
    """Return a stored snapshot, to be published again. Raises `OperatorError` or `SnapshotError`.

    A snapshot that will be signed is read from the archive only: whoever can write to Redis can replace the
    copy there.
    """
    is_signed = settings.list_signing_key_file is not None
    data = (
        snapshot_lookup.archived(settings, version)
        if is_signed
        else snapshot_lookup.snapshot_data(settings, version)
    )
    snapshot.load_snapshot(data)
    return BuiltSnapshot(snapshot.read_header(data), data)


def measure_stored_changes(before: bytes, after: bytes) -> list[ListChange]:
    """Return how each list changes from one stored snapshot to another."""
    return measure_changes(snapshot.load_snapshot(before), snapshot.load_snapshot(after))


def accept_any_change(_before: bytes, _after: bytes) -> list[ListChange]:
    """Measure nothing: the snapshot was current before, and comes back on purpose."""
    return []


def check_changes(changes: Iterable[ListChange], limits: ListChanges, accepted: Container[str] = ()) -> None:
    """Raise `ListRefusedError` if a list changes more than its limits allow and is not in `accepted`."""
    for change in changes:
        exceeded = (
            [] if change.list in accepted else list(exceeded_limits(change, limits.limits(change.list)))
        )
        if exceeded:
            raise ListRefusedError(
                change.list,
                f"changes more than the policy allows: {'; '.join(exceeded)}. If that is correct, publish it"
                f" with --accept-change {change.list} --reason WHY",
            )


def check_age(before: Mapping[str, datetime], after: Mapping[str, datetime]) -> None:
    """Raise `ListRefusedError` if a list is older than the current one: workers would reject it."""
    for name in older_lists(before, after):
        raise ListRefusedError(
            name,
            f"is of {after[name]:%Y-%m-%d %H:%M} UTC, older than the current one of"
            f" {before[name]:%Y-%m-%d %H:%M}: to go back on purpose, pass --rollback",
        )


def publish(
    settings: Settings,
    built: BuiltSnapshot,
    *,
    accepted: Collection[str] = (),
    reason: str = "",
    rollback: bool = False,
    measure: Measure = measure_stored_changes,
    pin: Pinning = "keep",
    service_marks: Marks | None = None,
) -> Announcement:
    """Store a snapshot, make it current and announce it.

    Raises `ListRefusedError` and leaves the current one in place. A list that changes more than the policy
    allows is published only if `accepted` names it; the audit then has the `reason`. If lists are signed,
    lists older than the current ones are published only as a `rollback`.

    The lists service passes `service_marks`, the store's marks from before it read its sources. It must not
    undo another's publication: raises `PublishersConflictError`, or `ChangedMeanwhileError`.
    """
    key = list_signing_key(settings)
    store = SnapshotStore(settings)
    try:
        if service_marks is not None and service_marks != store.marks():
            raise ChangedMeanwhileError
        before, header = store.current(), built.header
        for name, as_of in built.as_of.items():
            if as_of == UNDATED:
                raise ListRefusedError(name, f"has no date: {NO_DATE}")
        is_service = service_marks is not None
        if before is not None:
            if is_service and not rollback and _is_anothers(before, header.version, store.accepted()):
                raise PublishersConflictError(
                    f"version {before.version} was published by somebody else"
                    f" at {before.published_at:%Y-%m-%d %H:%M:%S} UTC and is not pinned; `holdgate lists"
                    " resume --reason WHY` lets the lists service replace it"
                )
            _check_changes(settings, store.get(before.version), built, measure, accepted)
        now = datetime.now(UTC)
        pointer = Pointer(header.version, now, built.as_of, built.entries)
        if key is not None:
            if before is not None and not rollback:
                check_age(before.as_of, built.as_of)
            expires = now + timedelta(hours=settings.list_signature_hours)
            pointer = sign_pointer(key, pointer, built.data, expires, rollback=rollback)
        _archive(settings, built)
        store.put(header.version, built.data)
        store.set_current(pointer, pin=pin, accept=is_service, unless=service_marks)
    finally:
        store.close()
    if accepted:
        what = {"version": header.version, "lists": " ".join(sorted(accepted))}
        AuditLog(settings).write(header.version, "lists.accept-change", "ended", reason, what)
    announcement = Announcement(
        version=header.version,
        published_at=now,
        built_by=header.built_by,
        entries=sum(built.entries.values()),
        editions=header.editions,
        previous=before.version if before and before.version != header.version else None,
    )
    if (archive := archive_of(settings)) is not None:
        archive.put_announcement(announcement)
    topic_admin.write(
        settings,
        PUBLISHED.name,
        b"current",
        msgspec.json.encode(announcement),
        announcement_headers(header.version, now),
    )
    return announcement


def _is_anothers(before: Pointer, version: str, accepted: datetime | None) -> bool:
    """Return whether the current publication has other content than `version`, and is not the service's."""
    return before.version != version and undoes_another(before.published_at, accepted)


def _check_changes(
    settings: Settings,
    before: bytes | None,
    built: BuiltSnapshot,
    measure: Measure,
    accepted: Container[str],
) -> None:
    """Check how the lists change, if Redis still has the current snapshot."""
    if before is not None and before != built.data:
        check_changes(measure(before, built.data), configured_policy(settings).list_changes, accepted)


def _archive(settings: Settings, built: BuiltSnapshot) -> None:
    """Archive the snapshot and the policy before the first decision can use them."""
    archive = archive_of(settings)
    if archive is not None:
        archive.put_snapshot(built.header.version, built.data)
        archive.put_policy(configured_policy(settings))


def sign_pointer(
    key: Ed25519PrivateKey, pointer: Pointer, snapshot: bytes, expires_at: datetime, *, rollback: bool = False
) -> Pointer:
    """Return the pointer with its signed statement."""
    statement = Statement(
        version=pointer.version,
        sha256=snapshot_digest(snapshot),
        published_at=pointer.published_at,
        expires_at=expires_at,
        as_of=pointer.as_of,
        entries=pointer.entries,
        rollback=rollback,
    )
    return msgspec.structs.replace(pointer, proof=sign(key, statement))
