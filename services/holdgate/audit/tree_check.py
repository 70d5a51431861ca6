"""Compare a partition's records and archived leaves with signed roots, and name the first difference."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from holdgate.audit.leaves import AuditedTopic, Leaf, LeafBuilder, LeafFile, OpenHour
from holdgate.audit.merkle import MerkleTree
from holdgate.core.records.kafka_record import Record

DifferenceKind = Literal["altered", "removed", "truncated", "archive", "checkpoint"]
"""A record has other bytes, is gone, or is gone with all after it; the archive lacks leaves that were signed,
or has others; a checkpoint is not signed, missing, or contradicts another one."""


class Difference(Struct, frozen=True, omit_defaults=True):
    """A difference: the first record that it concerns; with `last_offset`, one of those up to it."""

    kind: DifferenceKind
    topic: str
    partition: int
    text: str
    offset: int | None = None
    last_offset: int | None = None


class TreeReport(Struct, frozen=True):
    """What was compared of one partition; `expired` leaves are of records that Kafka need not keep."""

    topic: str
    partition: int
    size: int
    signed_size: int
    records: int
    expired: int
    finding: Difference | None = None


class TreeCheck:
    """Compares one partition, file by file; `first` and `end` are the bounds of the log.

    `roots` are the signed roots by size, `read` yields the records between two offsets.
    """

    def __init__(
        self,
        audited: AuditedTopic,
        partition: int,
        roots: Mapping[int, bytes],
        read: Callable[[int, int], Iterator[Record]],
        bounds: tuple[int, int],
        now_ms: int,
    ) -> None:
        self._audited = audited
        self._partition = partition
        self._roots = roots
        self._read = read
        self._first, self._end = bounds
        self._now_ms = now_ms
        self._tree = MerkleTree()
        self._open: OpenHour | None = None
        self._next = 0
        self._replaced: dict[bytes, Leaf] = {}
        self._records = self._expired = 0

    def run(self, files: Iterable[LeafFile], before: LeafFile | None = None) -> TreeReport:
        """Compare files in order; `before` is the file before them, of which only the root is checked."""
        finding = self._continue_from(before) if before is not None else None
        if finding is None:
            finding = next(filter(None, map(self._check_file, files)), None) or self._check_rest()
        signed = max(self._roots, default=0)
        return TreeReport(
            self._audited.topic.name,
            self._partition,
            self._tree.size,
            signed,
            self._records,
            self._expired,
            finding,
        )

    def _continue_from(self, file: LeafFile) -> Difference | None:
        self._tree = MerkleTree(file.size, file.peaks)
        self._open, self._next = file.open_hour, file.end
        root = self._roots.get(file.size)
        if root is not None and root != self._tree.root():
            return self._archive_difference(file, file.size)
        return self._check_expired(file.leaves)

    def _check_file(self, file: LeafFile) -> Difference | None:
        finding = self._check_archive(file) or self._check_records(file)
        self._open, self._next = file.open_hour, file.end
        return finding

    def _check_archive(self, file: LeafFile) -> Difference | None:
        """Check that the leaves continue the tree, and give the roots that were signed."""
        if file.start < self._next:
            return self._archive_difference(file, self._tree.size)
        for leaf in file.leaves:
            self._tree.append(leaf.hash())
            root = self._roots.get(self._tree.size)
            if root is not None and root != self._tree.root():
                return self._archive_difference(file, self._tree.size)
        if (self._tree.size, self._tree.peaks) != (file.size, file.peaks):
            return self._archive_difference(file, file.size)
        return None

    def _check_records(self, file: LeafFile) -> Difference | None:
        expected = file.leaves
        expired = [leaf for leaf in file.leaves if leaf.first < self._first]
        if expired and not self._audited.is_compacted:
            early = self._check_expired(expired)
            if early is not None:
                return early
        whole = file.start >= self._first
        builder = LeafBuilder(self._audited, self._open if whole else None)
        present: set[int] = set()
        found: list[Leaf] = []
        for record in self._read(max(file.start, self._first), min(file.end, self._end)):
            present.add(record.offset)
            found += builder.add(record)
        self._records += len(present)
        if not whole and not self._audited.is_compacted:
            # Releases before the log's first record cannot be summed up again.
            expected = [leaf for leaf in expected if leaf.first >= self._first and not leaf.releases]
            found = [leaf for leaf in found if not leaf.releases]
        open_hour, rest = builder.open_hour, builder.close()
        next_hour = self._end if file.open_hour is None else file.open_hour.first
        finding = self._compare(expected, found, present, next_hour, rest)
        if finding is None and self._end < file.end:
            return self._finding("truncated", self._end, "and all after it are gone")
        if finding is None and whole and open_hour != file.open_hour:
            return self._compare_open(file.open_hour, open_hour)
        return finding

    def _check_expired(self, leaves: Sequence[Leaf]) -> Difference | None:
        """Check that Kafka may have removed the records of these leaves."""
        retention = self._audited.retention_ms
        for leaf in leaves:
            if retention is None or leaf.timestamp + retention > self._now_ms:
                return self._finding("removed", leaf, "is gone before its retention has passed")
        self._expired += len(leaves)
        return None

    def _compare(
        self,
        expected: Sequence[Leaf],
        found: Sequence[Leaf],
        present: set[int],
        next_hour: int,
        rest: Leaf | None,
    ) -> Difference | None:
        """Compare leaves in order.

        `next_hour` is the first archived release without a leaf, `rest` the leaf of those in the log.
        """
        position = 0
        for index, leaf in enumerate(expected):
            other = found[position] if position < len(found) else None
            if other == leaf:
                position += 1
                self._replaced.pop(leaf.key, None)
            elif self._audited.is_compacted and (other is None or other.first > leaf.first):
                if leaf.first >= self._end:
                    return self._finding("truncated", leaf, "and all after it are gone")
                self._replaced[leaf.key] = leaf  # compaction, if a record with this key comes later
                self._expired += 1
            else:
                if leaf.releases and leaf == rest:  # the record that ended the hour is another one, or gone
                    later = [later.first for later in expected[index + 1 :]]
                    return self._record_difference(min([*later, next_hour]), present)
                return self._difference(leaf, other or rest, present)
        if position < len(found):
            return self._finding("altered", found[position].first, "is not the one that was signed")
        return None

    def _difference(self, leaf: Leaf, other: Leaf | None, present: set[int]) -> Difference:
        """Describe the first leaf that differs; `other` is what is in the log in its place."""
        another = other is not None and not other.releases
        if other is not None and another and other.first < leaf.last and other.first != leaf.first:
            return self._record_difference(other.first, present)
        if not leaf.releases:
            return self._record_difference(leaf.first, present)
        if leaf.last >= self._end:
            return self._record_difference(self._end, present)
        if other is not None and another and leaf.first in present:
            return self._record_difference(other.first, present)
        same_hour = other is not None and other.first <= leaf.last
        return self._releases_difference(leaf, other.releases if other is not None and same_hour else 0)

    def _record_difference(self, offset: int, present: set[int]) -> Difference:
        """Describe a record that is not the one that was signed."""
        if offset in present:
            return self._finding("altered", offset, "is not the one that was signed")
        if offset >= self._end:
            return self._finding("truncated", self._end, "and all after it are gone")
        return self._finding("removed", offset, "is gone")

    def _compare_open(self, expected: OpenHour | None, found: OpenHour | None) -> Difference:
        if expected is None:
            assert found is not None
            return self._finding("altered", found.first, "is not the one that was archived")
        return self._releases_difference(expected, 0 if found is None else found.releases)

    def _releases_difference(self, hour: Leaf | OpenHour, number: int) -> Difference:
        kind: DifferenceKind = "removed" if number < hour.releases else "altered"
        text = f"one of the {hour.releases} plain releases from {hour.first} to {hour.last} was {kind}"
        return Difference(kind, self._audited.topic.name, self._partition, text, hour.first, hour.last)

    def _check_rest(self) -> Difference | None:
        """Check that what is signed is in the archive, and that each compacted record has a later one."""
        signed = max(self._roots, default=0)
        if signed > self._tree.size:
            text = f"the archive has {self._tree.size} leaves, but a checkpoint over {signed} was signed"
            return Difference("archive", self._audited.topic.name, self._partition, text)
        if self._replaced:
            builder = LeafBuilder(self._audited)
            for record in self._read(max(self._next, self._first), self._end):
                for leaf in builder.add(record):
                    self._replaced.pop(leaf.key, None)
        if self._replaced:
            leaf = min(self._replaced.values(), key=lambda leaf: leaf.first)
            return self._finding("removed", leaf, "is gone, and no newer record has its key")
        return None

    def _finding(self, kind: DifferenceKind, where: Leaf | int, text: str) -> Difference:
        offset = where if isinstance(where, int) else where.first
        name = self._audited.topic.name
        return Difference(
            kind, name, self._partition, f"record {name}:{self._partition}:{offset} {text}", offset
        )

    def _archive_difference(self, file: LeafFile, size: int) -> Difference:
        text = (
            f"the archived leaves of offsets {file.start} to {file.end - 1} do not give the tree of {size}"
            " leaves that was signed"
        )
        return Difference(
            "archive", self._audited.topic.name, self._partition, text, file.start, file.end - 1
        )
