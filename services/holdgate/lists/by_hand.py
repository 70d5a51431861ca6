"""Publish lists by hand: pinned while the lists service serves other sources, until a person resumes it."""

from collections.abc import Collection, Mapping

from msgspec import Struct

from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.redis.snapshot_store import SnapshotStore
from holdgate.core.lists.announcement import Announcement
from holdgate.core.lists.publishers import differing_lists, source_digests
from holdgate.lists.building import BuiltSnapshot
from holdgate.lists.lost_pin import lost_pin
from holdgate.lists.publication import accept_any_change, load_stored_snapshot, publish
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings


class HandPublication(Struct, frozen=True):
    """A publication by hand; it is pinned if the running lists service has other sources for `served`."""

    announcement: Announcement
    served: tuple[str, ...] = ()


def publish_by_hand(
    settings: Settings,
    built: BuiltSnapshot,
    specs: Mapping[str, str],
    *,
    accepted: Collection[str] = (),
    reason: str = "",
    rollback: bool = False,
) -> HandPublication:
    """Publish a snapshot; raises what `publish` raises.

    It ends a rollback. A lists service with other sources would replace this publication in its next round:
    if one runs, the version is pinned, and the audit says so.
    """
    store = SnapshotStore(settings)
    try:
        running = store.service()
    finally:
        store.close()
    served = differing_lists(running.digests, source_digests(specs)) if running is not None else []
    announcement = publish(
        settings,
        built,
        accepted=accepted,
        reason=reason,
        rollback=rollback,
        pin="set" if served else "clear",
    )
    if served:
        version = announcement.version
        what = {"version": version, "previous": announcement.previous or version, "served": " ".join(served)}
        AuditLog(settings).write(version, "lists.pin", "ended", reason or "published by hand", what)
    return HandPublication(announcement, tuple(served))


def roll_back(settings: Settings, version: str, reason: str) -> Announcement:
    """Make an earlier snapshot current and pin the lists service to it.

    Raises `OperatorError` for a version that is not stored anywhere. The size of its lists is not checked: a
    rollback is deliberate, and the audit log records the reason.
    """
    built = load_stored_snapshot(settings, version)
    announcement = publish(settings, built, rollback=True, measure=accept_any_change, pin="set")
    what = {"version": version, "previous": announcement.previous or version}
    AuditLog(settings).write(version, "lists.rollback", "ended", reason, what)
    return announcement


def resume(settings: Settings, reason: str) -> str:
    """Let the lists service replace the current publication; return its version.

    It ends a rollback, a pinned publication by hand, and a conflict between two publishers. Raises
    `OperatorError` if the service is free to publish already.
    """
    store = SnapshotStore(settings)
    try:
        pointer, pinned = store.current(), store.pinned()
        if pointer is not None and pinned is None and store.accepted() in (None, pointer.published_at):
            raise OperatorError(
                f"nothing keeps version {pointer.version}: the lists service publishes in its next round"
            )
        version = pointer.version if pointer is not None else pinned or lost_pin(settings, None)
        if version is None:
            raise OperatorError("no lists have been published: the lists service is free to publish")
        if pointer is not None:
            store.accept(pointer)
        store.unpin()
    finally:
        store.close()
    AuditLog(settings).write(version, "lists.resume", "ended", reason, {"version": version})
    return version
