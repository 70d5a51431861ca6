"""Extend the trees by new records: first the leaves are archived, then the root over them is signed.

A checkpoint follows from the archived leaves alone. After a crash the next round finds leaves without a
checkpoint and signs them; it never signs another root for a size. Two writers at once do the same: whoever
archives leaves first counts, and the other continues from them.
"""

from collections.abc import Callable, Sequence

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from holdgate.adapters.files.leaf_archive import LeafArchive
from holdgate.adapters.kafka.log import Bounds, KafkaLog
from holdgate.audit.checkpoint import CheckpointError, TreeHead, open_checkpoint, sign_checkpoint
from holdgate.audit.leaves import (
    AuditedTopic,
    Leaf,
    LeafBuilder,
    LeafFile,
    decode_leaf_file,
    encode_leaf_file,
)
from holdgate.audit.merkle import MerkleTree
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

FILE_RECORDS = 100_000
"""Records whose leaves share a file: it has 8 to 10 MB, and is what a verification keeps in memory."""


class LeafFileError(OperatorError):
    """A file of leaves in the archive is gone or damaged; the message names it."""


def origin_of(settings: Settings, topic: str, partition: int) -> str:
    """Return the name of a tree, which is in its checkpoints."""
    return f"{settings.audit_origin}/{topic}/{partition}"


def load_leaf_file(archive: LeafArchive, topic: str, partition: int, start: int) -> LeafFile:
    """Return a file of leaves; raise `LeafFileError` if it is gone or damaged."""
    return _decoded(archive.leaves(topic, partition, start), topic, partition, start)


def _decoded(data: bytes, topic: str, partition: int, start: int) -> LeafFile:
    try:
        file = decode_leaf_file(data)
        if file.start != start:
            raise ValueError(f"it starts at {file.start}")
    except (msgspec.DecodeError, ValueError) as error:
        raise LeafFileError(
            f"audit/leaves/{topic}/{partition}/{start:020} in the archive cannot be read ({error}):"
            " it was altered or removed; restore the archive from a copy"
        ) from error
    return file


class TreeWriter:
    """Extends trees; `keys` are those whose checkpoints count, `progress` is called per chunk of records."""

    def __init__(
        self,
        settings: Settings,
        archive: LeafArchive,
        key: Ed25519PrivateKey,
        keys: Sequence[Ed25519PublicKey],
        progress: Callable[[], None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._archive = archive
        self._key = key
        self._keys = keys
        self._progress = progress
        self._log = KafkaLog(settings)

    def extend(
        self, audited: AuditedTopic, partition: int, bounds: Bounds, signed: int
    ) -> list[tuple[TreeHead, str]]:
        """Archive the leaves of new records; return the checkpoints to publish.

        `signed` is the size of the largest published checkpoint. Raises `OperatorError` if the archive does
        not have what was signed, and one of `KafkaFault`.
        """
        topic = audited.topic.name
        starts = self._archive.leaf_files(topic, partition)
        last = load_leaf_file(self._archive, topic, partition, starts[-1]) if starts else None
        size = last.size if last is not None else 0
        if signed > size:
            raise OperatorError(
                f"a checkpoint of {topic}:{partition} over {signed} leaves was published, and the archive has"
                f" {size}: is HOLDGATE_ARCHIVE the archive that it was made with? Else restore it from a copy"
            )
        unpublished = [
            self._open(topic, partition, found)
            for found in self._archive.checkpoint_sizes(topic, partition)
            if found > signed
        ]
        heads = {head.size for head, _ in unpublished} | {signed}
        if last is not None and last.size not in heads:
            unpublished.append(self._sign(topic, partition, last))
            heads.add(last.size)
        start = max(bounds.first, last.end if last is not None else 0)
        while start < bounds.end:
            last = self._archive_leaves(audited, partition, start, bounds.end, last)
            start = last.end
            if last.size and last.size not in heads:
                unpublished.append(self._sign(topic, partition, last))
                heads.add(last.size)
        return unpublished

    def _archive_leaves(
        self, audited: AuditedTopic, partition: int, start: int, end: int, last: LeafFile | None
    ) -> LeafFile:
        """Archive the leaves of the next records, and return what the archive has at this place."""
        topic = audited.topic.name
        tree = MerkleTree(last.size, last.peaks) if last is not None else MerkleTree()
        builder = LeafBuilder(audited, last.open_hour if last is not None else None)
        leaves: list[Leaf] = []
        records, end_offset = 0, start
        chunks = self._log.read(topic, partition, start, end)
        try:
            for chunk in chunks:
                for record in chunk.records:
                    leaves += builder.add(record)
                records, end_offset = records + len(chunk.records), chunk.end_offset
                self._progress()
                if records >= FILE_RECORDS:
                    break
        finally:
            chunks.close()
        for leaf in leaves:
            tree.append(leaf.hash())
        file = LeafFile(start, end_offset, leaves, tree.size, tree.peaks, builder.open_hour)
        stored = self._archive.put_leaves(topic, partition, start, encode_leaf_file(file))
        return _decoded(stored, topic, partition, start)

    def _sign(self, topic: str, partition: int, file: LeafFile) -> tuple[TreeHead, str]:
        """Archive the checkpoint over a file's leaves and all before; return what the archive has."""
        root = MerkleTree(file.size, file.peaks).root()
        head = TreeHead(origin_of(self._settings, topic, partition), file.size, root)
        self._archive.put_checkpoint(topic, partition, file.size, sign_checkpoint(self._key, head))
        found = self._open(topic, partition, file.size)
        if found[0] != head:
            raise OperatorError(
                f"the archive has a checkpoint of {topic}:{partition} over {file.size} leaves with another"
                " root: run `holdgate audit verify`"
            )
        return found

    def _open(self, topic: str, partition: int, size: int) -> tuple[TreeHead, str]:
        note = self._archive.checkpoint(topic, partition, size)
        try:
            return open_checkpoint(self._keys, note), note
        except CheckpointError as error:
            raise OperatorError(
                f"audit/checkpoints/{topic}/{partition}/{size:020} in the archive is {error}: it was altered,"
                " or signed with a key that HOLDGATE_AUDIT_VERIFY_KEY_FILE does not have"
            ) from error
