"""What waits in Kafka, seen from outside: payments without a decision, dead letters that nobody took up."""

import logging
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple, Self

import msgspec
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

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
"""Longest wait for the first waiting record of every partition; what is not given by then is not told."""


# Kafka-python warns of faust's metadata, whose form is faust's own, with all of its bytes.
logging.getLogger("kafka.admin._groups").setLevel(logging.ERROR)

URL = re.compile(r'"url": ?"https?://([^"/]+):(\d+)')
"""Where faust says the address of its web server: in the metadata that a member gives its group."""

ANY_ADDRESS = ("0.0.0.0", "[::]")  # noqa: S104 - compared with, not listened on
"""What a server listens on that takes connections to all its addresses: the broker saw from which it came."""


class Backlog(NamedTuple):
    """Records that wait in a partition; `oldest` is the timestamp of the first, in Unix seconds.

    `oldest` is None where none waits, or where Kafka did not give it in time.
    """

    records: int
    oldest: float | None


class KafkaWatch:
    """Inspects topics and groups without joining any.

    Raises one of `holdgate.adapters.kafka.topic_admin.Fault`.

    As a context manager it is closed at the end of the block.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._letters = HandledLetters(settings)
        self._log = KafkaLog(settings)
        options = security(settings) | {"bootstrap_timeout_ms": 3_000}
        self._admin: Any = KafkaAdminClient(**options, request_timeout_ms=10_000)
        self._consumer: Any = KafkaConsumer(
            **options,
            request_timeout_ms=10_000,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=1,  # of each partition one record is read, whatever its size
        )

    def payments(self) -> dict[int, Backlog]:
        """What waits in each partition of `payments.submitted`: beyond what the workers' group committed."""
        return self._waiting(SUBMITTED, self._settings.group)

    def dead_letters(self) -> dict[int, Backlog]:
        """What of each partition of the dead letters was neither redriven nor discarded.

        The group's offset is that of the first open letter; which of those behind it are handled says the
        audit. Without permission to read that, all of them count.
        """
        return self._waiting(DEAD_LETTERS, self._settings.redrive_group, self._handled)

    def _handled(self, starts: Mapping[int, int]) -> Collection[Position]:
        try:
            return self._letters.beyond(starts)
        except OperatorError as error:
            log.warning("dead letters that were handled count as waiting: %s", error)
            return ()

    def audited(self, since: int | None) -> tuple[list[Audit], int | None]:
        """What was audited from an offset on, and the offset to go on from; without one, nothing yet.

        Without permission to read the audit it is as if nothing was audited.
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
            log.warning("what was audited is not counted: %s", error)
            return [], end
        return [msgspec.json.decode(record.value or b"", type=Audit) for record in records], end

    def workers(self) -> list[str]:
        """The group's members, each by host and port of its pages, as it told them to the group."""
        found = self._admin.describe_groups([self._settings.group])
        return sorted(map(_page, found[self._settings.group].get("members", ())))

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close()
        self._admin.close()

    def __enter__(self) -> Self:
        """Hand out the open connections."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close them."""
        self.close()

    def _waiting(
        self,
        topic: Topic,
        group: str,
        done: Callable[[Mapping[int, int]], Collection[Position]] | None = None,
    ) -> dict[int, Backlog]:
        name = self._settings.topic(topic.name)
        places = [TopicPartition(name, one) for one in self._consumer.partitions_for_topic(name) or ()]
        ends = self._consumer.end_offsets(places)
        starts = self._consumer.beginning_offsets(places) | self._committed(group, ends)
        some = {place: starts[place] for place in places if starts[place] < ends[place]}
        gone = done({place.partition: start for place, start in some.items()}) if done and some else ()
        records = dict.fromkeys(places, 0)
        first: dict[TopicPartition, int] = {}
        for place, start in some.items():
            inside = {offset for partition, offset in gone if partition == place.partition}
            inside = {offset for offset in inside if start <= offset < ends[place]}
            records[place] = ends[place] - start - len(inside)
            if records[place]:
                first[place] = next(offset for offset in range(start, ends[place]) if offset not in inside)
        oldest = self._timestamps(first)
        return {place.partition: Backlog(records[place], oldest.get(place)) for place in places}

    def _committed(self, group: str, places: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        [offsets] = self._admin.list_group_offsets({group: None}).values()
        return {place: at.offset for place, at in offsets.items() if place in places and at.offset >= 0}

    def _timestamps(self, places: Mapping[TopicPartition, int]) -> dict[TopicPartition, float]:
        """The timestamps of the records at these places, in Unix seconds."""
        if not places:
            return {}
        self._consumer.assign(list(places))
        for place, offset in places.items():
            self._consumer.seek(place, offset)
        found: dict[TopicPartition, float] = {}
        while len(found) < len(places):
            batches = self._consumer.poll(timeout_ms=ANSWER_MS)
            if not batches:
                break
            for place, records in batches.items():
                found.setdefault(place, records[0].timestamp / 1000)
                self._consumer.pause(place)
        self._consumer.unsubscribe()
        return found


def _page(member: Mapping[str, Any]) -> str:
    """Host and port of a member's pages; its id at the broker where it says none."""
    found = URL.search(repr(member["member_metadata"]))
    if found is None:
        return str(member["member_id"])
    host, port = found.groups()
    return f"{member['client_host'].lstrip('/') if host in ANY_ADDRESS else host}:{port}"
