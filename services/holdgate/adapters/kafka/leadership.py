"""Which of several processes is active: the owner of a topic's one partition in a consumer group."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.errors import RebalanceInProgressError
from kafka.structs import OffsetAndMetadata

from holdgate.adapters.kafka.clients import open_client
from holdgate.adapters.kafka.log import topic_partitions
from holdgate.adapters.kafka.security import security
from holdgate.runtime.settings import Settings

SESSION_MS = 10_000
"""How long the others wait for an active process that is dead. As a screening worker's session."""


JOIN_MS, STAY_MS = 50, 20
"""How long each call takes part in the group, of a process that is not active and of one that is. Joining
takes several calls; with 0 it never ends."""


class _PauseAll(ConsumerRebalanceListener):  # type: ignore[misc]
    """Reads nothing of what is assigned, and counts the assignments."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self.terms = 0

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Do nothing: the next poll reports that this process is not active."""

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Pause the partitions."""
        self.terms += 1
        self._consumer.pause(*assigned)


class NotedOffset(NamedTuple):
    """A committed offset, and what was noted with it."""

    offset: int
    note: str


class Leadership:
    """Membership in a group of processes of which one is active.

    Positions in other topics are committed for the group, so that the next active process continues there,
    on whichever machine; the broker refuses the commit of a process that is not a member any more. Every call
    may raise one of `KafkaFault`, and the first one `OperatorError` if the topic does not exist.
    """

    def __init__(self, settings: Settings, group: str, topic: str) -> None:
        self._settings = settings
        self._consumer: Any = open_client(
            KafkaConsumer,
            **security(settings),
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=SESSION_MS // 4,
            metadata_max_age_ms=SESSION_MS,
            bootstrap_timeout_ms=5_000,
        )
        try:
            # A member that shares out the partitions before it knows them leaves them without an owner until
            # it reads the topic's metadata again.
            topic_partitions(self._consumer, settings.topic(topic))
        except BaseException:
            self._consumer.close()
            raise
        self._listener = _PauseAll(self._consumer)
        self._consumer.subscribe([settings.topic(topic)], listener=self._listener)

    def poll(self) -> int | None:
        """Take part in the group; return the number of this process's term if it is active, else None."""
        self._consumer.poll(timeout_ms=STAY_MS if self._consumer.assignment() else JOIN_MS)
        return self._listener.terms if self._consumer.assignment() else None

    def read_committed(self, topic: str, partitions: Iterable[int]) -> dict[int, int]:
        """Return the committed offsets of a topic's partitions; those without one are absent."""
        name = self._settings.topic(topic)
        found = {
            partition: self._consumer.committed(TopicPartition(name, partition)) for partition in partitions
        }
        return {partition: offset for partition, offset in found.items() if offset is not None}

    def read_noted(self, topic: str, partition: int) -> NotedOffset | None:
        """Return the committed offset of a partition with its note; None if there is none."""
        found = self._consumer.committed(
            TopicPartition(self._settings.topic(topic), partition), metadata=True
        )
        return None if found is None else NotedOffset(found.offset, found.metadata)

    def commit(self, topic: str, offsets: Mapping[int, int], note: str = "") -> bool:
        """Commit the next offset of each partition, with a short note.

        Returns False while the group chooses its members anew: commit again after the next poll.
        """
        name = self._settings.topic(topic)
        try:
            self._consumer.commit(
                {
                    TopicPartition(name, partition): OffsetAndMetadata(offset, note, -1)
                    for partition, offset in offsets.items()
                }
            )
        except RebalanceInProgressError:
            return False
        return True

    def close(self) -> None:
        """Leave the group, so that another process becomes active at once, and close the connections."""
        self._consumer.close()
