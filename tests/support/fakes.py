"""Small real implementations of what the gate talks to. They pass the contract tests of the real ones."""

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
from holdgate.lists.publication import BuiltSnapshot


def pointer(built: BuiltSnapshot, **as_of: datetime) -> Pointer:
    """What makes a snapshot current; lists that `as_of` does not name are as old as they say."""
    return Pointer(
        version=built.header.version,
        published_at=datetime.now(UTC),
        as_of={edition.list: edition.as_of for edition in built.header.editions} | as_of,
        entries=built.entries,
    )


class NothingDecided:
    """A decisions topic in which nothing stands yet."""

    async def since(self, _partition: int, _start: int | None) -> AsyncGenerator[DecisionRange, None]:
        """What stands from an offset on."""
        yield DecisionRange([], 0)


class MemoryClaims:
    """Claims in a dictionary."""

    def __init__(self) -> None:
        self.standing: dict[str, bytes] = {}
        self._versions: dict[bytes, Versions] = {}

    async def claim(self, claims: Callable[[], Sequence[tuple[str, bytes]]]) -> list[bytes]:
        """Claim each (key, claim); returns what stands."""
        return [self.standing.setdefault(key, claim) for key, claim in claims()]

    async def remember(self, versions: Versions) -> None:
        """Keep what a claim's six bytes stand for."""
        self._versions[name_versions(versions)] = versions

    async def versions(self, name: bytes) -> Versions:
        """The versions that a claim names; raises LookupError if they were never remembered."""
        return self._versions[name]

    def published(self, offsets: Mapping[int, Sequence[int]]) -> None:
        """Say where decisions stand; nothing is ever lost here."""


class MemoryLog:
    """Topics in lists, by name and partition; None is where the key decides."""

    def __init__(self) -> None:
        self.topics: defaultdict[str, defaultdict[int | None, list[Outgoing]]] = defaultdict(
            lambda: defaultdict(list)
        )

    async def publish(self, records: Sequence[Outgoing]) -> list[int]:
        """Append the records; returns their offsets."""
        offsets = []
        for record in records:
            partition = self.topics[record.topic][record.partition]
            offsets.append(len(partition))
            partition.append(record)
        return offsets

    def all(self, topic: str) -> list[Outgoing]:
        """Every record of a topic, partition by partition."""
        return [record for partition in self.topics[topic].values() for record in partition]


class MemoryLists:
    """Lists that change when a test says so."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._pointer: Pointer | None = None
        self.screener: Screener | None = None

    def make_current(self, screener: Screener, pointer: Pointer) -> None:
        """Screen with a snapshot from now on."""
        self._pointer = pointer
        self.screener = screener

    def missing(self) -> str:
        """Why there is no snapshot, as a sentence."""
        return "no list snapshot has been published"

    def stale(self, now: datetime) -> Stale:
        """How to ask which list is too old for a profile."""
        if self.screener is None or self._pointer is None:
            return all_fresh
        exempt = self._policy.freshness.exempt
        editions = self.screener.snapshot.editions
        return staleness(
            self._pointer.as_of,
            frozenset(edition.list for edition in editions if edition.label in exempt),
            now,
        )
