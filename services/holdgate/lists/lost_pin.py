"""Find the pinned version that Redis has lost: the audit says what a person pinned or resumed."""

import msgspec
from kafka.errors import UnknownTopicOrPartitionError

from holdgate.adapters.kafka.announcements import LATEST
from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.adapters.redis.snapshot_store import Pointer
from holdgate.core.lists.announcement import Announcement
from holdgate.core.records.audit import Action
from holdgate.core.records.topics import PUBLISHED
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

PIN_ACTIONS: tuple[Action, ...] = ("lists.pin", "lists.rollback", "lists.resume")
"""Actions that set or end a pin."""


def lost_pin(settings: Settings, pointer: Pointer | None) -> str | None:
    """Return the version that was pinned until Redis lost it; None if none was, or nothing is lost.

    `pointer` is what Redis has. It has lost something if a later publication was announced. That version was
    pinned if the newest action on pins is about it and is no resume: publications by hand that end a pin are
    of another version. Raises one of `KafkaFault`.
    """
    announced = _newest_announcement(settings)
    if announced is None or (pointer is not None and pointer.published_at >= announced.published_at):
        return None
    actions = [audit for audit in AuditLog(settings).read() if audit.action in PIN_ACTIONS]
    if not actions or actions[-1].action == "lists.resume":
        return None
    version = actions[-1].what.get("version")
    return version if version == announced.version else None


def _newest_announcement(settings: Settings) -> Announcement | None:
    """Return the newest announcement; a record of another version of the contract is passed over."""
    log = KafkaLog(settings)
    try:
        [(partition, bounds)] = log.bounds(PUBLISHED.name).items()
    except OperatorError as error:  # a new cluster may have no topics yet: worth another try
        raise UnknownTopicOrPartitionError(str(error)) from error
    newest = None
    for chunk in log.read(PUBLISHED.name, partition, max(bounds.first, bounds.end - LATEST), bounds.end):
        for record in chunk.records:
            try:
                newest = msgspec.json.decode(record.value or b"", type=Announcement)
            except msgspec.DecodeError:
                continue
    return newest
