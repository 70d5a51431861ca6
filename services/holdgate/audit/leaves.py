"""What the leaves of a tree are: records, and for decisions one leaf per hour of plain releases.

Numbers have 8 bytes, big-endian. The data of a leaf:

    "holdgate leaf 1\n", first offset, last offset, timestamp of the first record in Unix ms,
    number of plain releases (0 for the leaf of one record), key id, digest (32 bytes)

The key id is empty, except in compacted topics: there it is the first 8 bytes of the SHA-256 of the key. The
digest of one record is the SHA-256 of these, where a text is its length in 4 bytes and its bytes, or
0xFFFFFFFF for null (a null value of a header counts as an empty one):

    "holdgate record 1\n", key, value, number of headers, name and value of each header

The digest of releases is the root of the tree over the leaves that they would have had as single records. An
hour (UTC) ends with the first record of a later one, and its leaf comes before that record's. The topic and
the partition are in the name of the tree.
"""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from msgspec import Struct

from holdgate.audit.merkle import MerkleTree, leaf_hash
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.topics import AUDIT, DECISIONS, PUBLISHED, REVIEW_EVENTS, Topic

LEAF_PURPOSE, RECORD_PURPOSE = b"holdgate leaf 1\n", b"holdgate record 1\n"

KEY_BYTES = 8
"""Bytes of the SHA-256 of a key that are kept of compacted topics, to tell which record replaced which."""

_NULL = b"\xff\xff\xff\xff"
_HOUR_MS = 3_600_000


class AuditedTopic(NamedTuple):
    """A topic that has a tree per partition; `sums_releases` if plain releases share a leaf per hour."""

    topic: Topic
    sums_releases: bool = False

    @property
    def is_compacted(self) -> bool:
        """Whether Kafka removes records that have a newer one with the same key."""
        return dict(self.topic.config).get("cleanup.policy") == "compact"

    @property
    def retention_ms(self) -> int | None:
        """How long Kafka keeps each record at least; None for ever."""
        kept = int(dict(self.topic.config).get("retention.ms", -1))
        return None if kept < 0 else kept


AUDITED = (
    AuditedTopic(REVIEW_EVENTS),
    AuditedTopic(AUDIT),
    AuditedTopic(PUBLISHED),
    AuditedTopic(DECISIONS, sums_releases=True),
)


class Leaf(Struct, frozen=True, array_like=True):
    """A leaf: of one record (`releases` is 0), or of the plain releases of an hour.

    `timestamp` is that of the first record, in Unix ms. `key` identifies the key in a compacted topic. All
    members are under the signature.
    """

    first: int
    last: int
    timestamp: int
    releases: int
    digest: bytes
    key: bytes = b""

    def hash(self) -> bytes:
        """Return the hash of the leaf in the tree."""
        numbers = (self.first, self.last, self.timestamp, self.releases)
        data = b"".join(number.to_bytes(8, signed=True) for number in numbers)
        return leaf_hash(LEAF_PURPOSE + data + self.key + self.digest)


class OpenHour(Struct, frozen=True):
    """The plain releases of an hour that has not ended; `peaks` continue the tree over them."""

    hour: int
    first: int
    last: int
    timestamp: int
    releases: int
    peaks: tuple[bytes, ...]


class _DecisionKind(Struct):
    """The members of a decision that tell whether it is a plain release."""

    decision: str
    reason: str
    follows: str | None = None


_kinds = msgspec.json.Decoder(_DecisionKind)


class LeafBuilder:
    """Makes leaves of the records of a partition, given in their order."""

    def __init__(self, audited: AuditedTopic, open_hour: OpenHour | None = None) -> None:
        self._audited = audited
        self._open = open_hour
        self._tree = MerkleTree(open_hour.releases, open_hour.peaks) if open_hour else MerkleTree()

    @property
    def open_hour(self) -> OpenHour | None:
        """The releases that have no leaf yet."""
        return None if self._open is None else self._with_peaks(self._open)

    def add(self, record: Record) -> Iterator[Leaf]:
        """Yield the leaves that are complete with this record."""
        timestamp = round(record.timestamp * 1000)
        hour = timestamp // _HOUR_MS
        if self._open is not None and hour > self._open.hour:
            yield from filter(None, [self.close()])
        key = hashlib.sha256(record.key or b"").digest()[:KEY_BYTES] if self._audited.is_compacted else b""
        leaf = Leaf(record.offset, record.offset, timestamp, 0, record_digest(record), key)
        if self._audited.sums_releases and is_plain_release(record.value):
            self._add_release(leaf)
        else:
            yield leaf

    def _add_release(self, leaf: Leaf) -> None:
        self._tree.append(leaf.hash())
        hour = leaf.timestamp // _HOUR_MS
        before = self._open or OpenHour(hour, leaf.first, leaf.first, leaf.timestamp, 0, ())
        self._open = OpenHour(before.hour, before.first, leaf.last, before.timestamp, self._tree.size, ())

    def _with_peaks(self, hour: OpenHour) -> OpenHour:
        return msgspec.structs.replace(hour, peaks=self._tree.peaks)

    def close(self) -> Leaf | None:
        """End the hour, and return the leaf of its releases, if there are any."""
        hour = self._open
        if hour is None:
            return None
        leaf = Leaf(hour.first, hour.last, hour.timestamp, hour.releases, self._tree.root())
        self._open, self._tree = None, MerkleTree()
        return leaf


def record_digest(record: Record) -> bytes:
    """Return the digest of a record's key, value and headers."""
    parts = [RECORD_PURPOSE, _sized(record.key), _sized(record.value), len(record.headers).to_bytes(8)]
    for name, value in record.headers:
        parts += (_sized(name.encode("utf-8", "surrogatepass")), _sized(value))
    return hashlib.sha256(b"".join(parts)).digest()


def _sized(data: bytes | None) -> bytes:
    return _NULL if data is None else len(data).to_bytes(4) + data


def is_plain_release(value: bytes | None) -> bool:
    """Whether a decision is a first release without a match; False for what cannot be read."""
    try:
        found = _kinds.decode(value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return found.decision == "RELEASE" and found.reason == "NO_MATCH" and found.follows is None


class LeafFile(Struct, frozen=True):
    """The leaves of the records from offset `start` to before `end`, and what they continue to.

    `size` and `peaks` are those of the tree after these leaves, `open_hour` the releases without a leaf.
    """

    start: int
    end: int
    leaves: list[Leaf]
    size: int
    peaks: tuple[bytes, ...]
    open_hour: OpenHour | None = None


def encode_leaf_file(file: LeafFile) -> bytes:
    """Return the JSON of a file of leaves."""
    return msgspec.json.encode(file)


def decode_leaf_file(data: bytes) -> LeafFile:
    """Return a file of leaves; raises `msgspec.DecodeError` or ValueError if it is not one."""
    file = msgspec.json.decode(data, type=LeafFile)
    MerkleTree(file.size, file.peaks)
    if file.open_hour is not None:
        MerkleTree(file.open_hour.releases, file.open_hour.peaks)
    if not 0 <= file.start < file.end:
        raise ValueError("its offsets are not in order")
    return file
