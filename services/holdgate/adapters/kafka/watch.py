"""Kafka as seen from outside: payments without a decision, open dead letters, and the group's workers."""

import logging
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, NamedTuple, Self

import msgspec
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from holdgate.adapters.kafka.clients import open_client
from holdgate.adapters.kafka.handled_letters import HandledLetters
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.adapters.kafka.security import security
from holdgate.core.records.audit import Audit
from holdgate.core.records.offset_ranges import Position
from holdgate.core.records.topics import AUDIT, DEAD_LETTERS, SUBMITTED, Topic
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

log = logging.getLogger(__name__)

ANSWER_MS = 5_000
"""Longest wait for the first waiting record of all partitions; a record that is late has no age."""


# kafka-python cannot decode faust's member metadata and logs a warning with all of its bytes.
logging.getLogger("kafka.admin._groups").setLevel(logging.ERROR)

URL = re.compile(r'"url": ?"https?://([^"/]+):(\d+)')
"""The address of faust's web server, which is part of the metadata that a member gives its group."""

ANY_ADDRESS = ("0.0.0.0", "[::]")  # noqa: S104 - compared with, not listened on
"""Wildcard addresses to listen on; the worker's own address is then the one that the broker saw."""


class Backlog(NamedTuple):
    """Waiting records of a partition; `oldest` is the timestamp of the first one, in Unix seconds.

    `oldest` is None if no record waits, or if Kafka did not deliver it in time.
    """

    records: int
    oldest: float | None


class GroupMember(NamedTuple):
    """A worker in the group: host, partitions, and host and port of its web server if it names one."""

    host: str
    partitions: tuple[int, ...]
    address: str | None


class KafkaWatch:
    """Inspects topics and groups without joining any.

    Its methods raise one of `topic_admin.KafkaFault`.

    As a context manager it is closed at the end of the block.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._letters = HandledLetters(settings)
        self._log = KafkaLog(settings)
        options = security(settings) | {"bootstrap_timeout_ms": 3_000}
        with ExitStack() as on_error:
            self._admin: Any = open_client(KafkaAdminClient, **options, request_timeout_ms=10_000)
            on_error.callback(self._admin.close)
            self._consumer: Any = open_client(
                KafkaConsumer,
                **options,
                request_timeout_ms=10_000,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_partition_fetch_bytes=1,  # one record per partition is enough, whatever its size
            )
            on_error.pop_all()

    def payments(self) -> dict[int, Backlog]:
        """Return the backlog of each partition of `payments.submitted`: records after the group's offset."""
        return self._backlog(SUBMITTED, self._settings.group)

    def dead_letters(self) -> dict[int, Backlog]:
        """Return the open dead letters of each partition: neither redriven nor discarded.

        The redrive group's offset is that of the first open letter; the audit says which later ones are
        handled. Without permission to read the audit, all later ones count as open.
        """
        return self._backlog(DEAD_LETTERS, self._settings.redrive_group, self._handled)

    def _handled(self, starts: Mapping[int, int]) -> Collection[Position]:
        try:
            return self._letters.beyond(starts)
        except OperatorError as error:
            log.warning("cannot read the audit, so handled dead letters count as open: %s", error)
            return ()

    def audited(self, since: int | None) -> tuple[list[Audit], int | None]:
        """Return the audits from an offset on, and the offset to continue from.

        Without an offset there are none yet, and reading continues from the current end. Without permission
        to read the audit, the result is empty.
        """
        place = TopicPartition(self._settings.topic(AUDIT.name), 0)
        if not self._consumer.partitions_for_topic(place.topic):
            return [], since
        end: int = self._consumer.end_offsets([place])[place]
        if since is None or since >= end:
            return [], end
        try:
            chunks = self._log.read(AUDIT.name, place.partition, since, end)
            records = [record for chunk in chunks for record in chunk.records]
        except OperatorError as error:
            log.warning("cannot read the audit, so operations are not counted: %s", error)
            return [], end
        return [msgspec.json.decode(record.value or b"", type=Audit) for record in records], end

    def workers(self) -> list[GroupMember]:
        """Return the members of the group, from what they and the broker say about them."""
        groups = self._admin.describe_groups([self._settings.group])
        return sorted(map(_member, groups[self._settings.group].get("members", ())))

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close()
        self._admin.close()

    def __enter__(self) -> Self:
        """Return the watch."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def _backlog(
        self,
        topic: Topic,
        group: str,
        handled: Callable[[Mapping[int, int]], Collection[Position]] | None = None,
    ) -> dict[int, Backlog]:
        name = self._settings.topic(topic.name)
        places = [
            TopicPartition(name, partition) for partition in self._consumer.partitions_for_topic(name) or ()
        ]
        ends = self._consumer.end_offsets(places)
        starts = self._consumer.beginning_offsets(places) | self._committed(group, ends)
        nonempty = {place: starts[place] for place in places if starts[place] < ends[place]}
        handled_positions = (
            handled({place.partition: start for place, start in nonempty.items()})
            if handled and nonempty
            else ()
        )
        records = dict.fromkeys(places, 0)
        first: dict[TopicPartition, int] = {}
        for place, start in nonempty.items():
            closed = {
                offset
                for partition, offset in handled_positions
                if partition == place.partition and start <= offset < ends[place]
            }
            records[place] = ends[place] - start - len(closed)
            if records[place]:
                first[place] = next(offset for offset in range(start, ends[place]) if offset not in closed)
        oldest = self._timestamps(first)
        return {place.partition: Backlog(records[place], oldest.get(place)) for place in places}

    def _committed(self, group: str, places: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        [offsets] = self._admin.list_group_offsets({group: None}).values()
        return {
            place: committed.offset
            for place, committed in offsets.items()
            if place in places and committed.offset >= 0
        }

    def _timestamps(self, places: Mapping[TopicPartition, int]) -> dict[TopicPartition, float]:
        """Return the timestamps of the records at these offsets, in Unix seconds."""
        if not places:
            return {}
        self._consumer.assign(list(places))
        for place, offset in places.items():
            self._consumer.seek(place, offset)
        timestamps: dict[TopicPartition, float] = {}
        while len(timestamps) < len(places):
            batches = self._consumer.poll(timeout_ms=ANSWER_MS)
            if not batches:
                break
            for place, records in batches.items():
                timestamps.setdefault(place, records[0].timestamp / 1000)
                self._consumer.pause(place)
        self._consumer.unsubscribe()
        return timestamps


def _member(member: Mapping[str, Any]) -> GroupMember:
    seen_at = member["client_host"].lstrip("/")
    partitions = tuple(sorted(_partitions(member["member_assignment"])))
    url = URL.search(repr(member["member_metadata"]))
    if url is None:
        return GroupMember(seen_at, partitions, None)
    host = seen_at if url[1] in ANY_ADDRESS else url[1]
    return GroupMember(host, partitions, f"{host}:{url[2]}")


def _partitions(assignment: Any) -> Iterator[int]:
    """Yield the partitions of a member's assignment, which is empty while the group rebalances."""
    for topic in assignment.get("assigned_partitions", ()) if isinstance(assignment, Mapping) else ():
        yield from topic["partitions"]
