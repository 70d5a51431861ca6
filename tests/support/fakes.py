"""Small real implementations of the gate's ports, which pass the same contract tests as Kafka and Redis."""

from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import UTC, datetime

from holdgate.adapters.kafka.decisions_log import DecisionRange
from holdgate.adapters.redis.snapshot_store import Pointer
from holdgate.core.engine.screener import Screener
from holdgate.core.model.decision import Versions
from holdgate.core.policy.policy import Policy
from holdgate.core.policy.timeliness import Stale, all_fresh, staleness
from holdgate.core.records.claim import name_versions
from holdgate.core.records.kafka_record import Outgoing
from holdgate.lists.building import BuiltSnapshot


def pointer(built: BuiltSnapshot, **as_of: datetime) -> Pointer:
    """Return the pointer that makes a snapshot current; `as_of` overrides when a list was last confirmed."""
    return Pointer(
        version=built.header.version,
        published_at=datetime.now(UTC),
        as_of={edition.list: edition.as_of for edition in built.header.editions} | as_of,
        entries=built.entries,
    )


class NothingDecided:
    """An empty decisions topic."""

    async def since(self, _partition: int, _start: int | None) -> AsyncGenerator[DecisionRange, None]:
        """Yield the decisions from an offset on: none."""
        yield DecisionRange([], 0)


class MemoryClaims:
    """Claims in a dictionary."""

    def __init__(self) -> None:
        self.standing: dict[str, bytes] = {}
        self._versions: dict[bytes, Versions] = {}

    async def claim(self, claims: Callable[[], Sequence[tuple[str, bytes]]]) -> list[bytes]:
        """Claim each (key, claim); return the final claim of each key."""
        return [self.standing.setdefault(key, claim) for key, claim in claims()]

    async def remember(self, versions: Versions) -> None:
        """Store the versions that a claim names by six bytes."""
        self._versions[name_versions(versions)] = versions

    async def versions(self, name: bytes) -> Versions:
        """Return the versions that a claim names; raise LookupError if they were never stored."""
        return self._versions[name]

    def published(self, offsets: Mapping[int, Sequence[int]]) -> None:
        """Record the offsets of published decisions: not needed, since nothing is ever lost here."""


class MemoryLog:
    """Topics as lists by name and partition; the partition is None if the key determines it."""

    def __init__(self) -> None:
        self.topics: defaultdict[str, defaultdict[int | None, list[Outgoing]]] = defaultdict(
            lambda: defaultdict(list)
        )

    async def publish(self, records: Sequence[Outgoing]) -> list[int]:
        """Append the records; return their offsets."""
        offsets = []
        for record in records:
            partition = self.topics[record.topic][record.partition]
            offsets.append(len(partition))
            partition.append(record)
        return offsets

    def all(self, topic: str) -> list[Outgoing]:
        """Return every record of a topic, partition by partition."""
        return [record for partition in self.topics[topic].values() for record in partition]


class MemoryLists:
    """The current lists, which a test can change."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._pointer: Pointer | None = None
        self.screener: Screener | None = None

    def make_current(self, screener: Screener, pointer: Pointer) -> None:
        """Switch to a snapshot."""
        self._pointer = pointer
        self.screener = screener

    def missing(self) -> str:
        """Return why there is no snapshot, as a sentence."""
        return "no list snapshot has been published"

    def stale(self, now: datetime) -> Stale:
        """Return a function that names the list that is too old for a profile."""
        if self.screener is None or self._pointer is None:
            return all_fresh
        exempt = self._policy.freshness.exempt
        editions = self.screener.snapshot.editions
        return staleness(
            self._pointer.as_of,
            frozenset(edition.list for edition in editions if edition.label in exempt),
            now,
        )
