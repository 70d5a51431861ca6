"""Make an earlier snapshot current again, and keep it current until lists are published by hand."""

from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.redis.snapshot_store import SnapshotStore
from holdgate.core.lists.announcement import Announcement
from holdgate.lists.publication import accept_any_change, load_stored_snapshot, publish
from holdgate.runtime.settings import Settings


def roll_back(settings: Settings, version: str, reason: str) -> Announcement:
    """Make an earlier snapshot current and pin the lists service to it.

    Raises `OperatorError` for a version that is not stored anywhere. The size of its lists is not checked: a
    rollback is deliberate, and the audit log records the reason.
    """
    built = load_stored_snapshot(settings, version)
    pin(settings, version)
    announcement = publish(settings, built, rollback=True, measure=accept_any_change)
    what = {"version": version, "previous": announcement.previous or version}
    AuditLog(settings).write(version, "lists.rollback", "ended", reason, what)
    return announcement


def pin(settings: Settings, version: str | None) -> None:
    """Pin the lists service to a version; None makes it read its sources again."""
    store = SnapshotStore(settings)
    try:
        store.pin(version)
    finally:
        store.close()
