"""Verify every tree: read the topics and the archive again, and compare both with the signed checkpoints."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct

from holdgate.adapters.files.leaf_archive import LeafArchive
from holdgate.adapters.kafka.log import Bounds, KafkaLog
from holdgate.audit.checkpoint import CheckpointError, open_checkpoint
from holdgate.audit.checkpoint_log import CheckpointLog
from holdgate.audit.leaves import AUDITED, AuditedTopic
from holdgate.audit.tree_check import Difference, TreeCheck, TreeReport
from holdgate.audit.tree_writer import LeafFileError, load_leaf_file, origin_of
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.topics import CHECKPOINTS
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings


class AuditReport(Struct, frozen=True):
    """What was verified, and the first difference of each tree; `intact` if there is none."""

    at: datetime
    intact: bool
    trees: list[TreeReport]
    findings: list[Difference]


class Verifier:
    """Verifies the trees of a gate; `progress` is called per chunk of records."""

    def __init__(
        self,
        settings: Settings,
        archive: LeafArchive,
        keys: Sequence[Ed25519PublicKey],
        checkpoints: CheckpointLog,
        progress: Callable[[], None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._archive = archive
        self._keys = keys
        self._checkpoints = checkpoints
        self._progress = progress
        self._log = KafkaLog(settings)

    def verify(self, whole_archive: bool = True) -> AuditReport:
        """Verify all trees; without `whole_archive`, leaves of records that Kafka has removed are not read.

        Raises `OperatorError` if a topic does not exist or nothing was ever signed, and one of `KafkaFault`.
        """
        now = datetime.now(UTC)
        self._checkpoints.refresh()
        trees = [
            self._verify_tree(audited, partition, whole_archive, int(now.timestamp() * 1000))
            for audited in AUDITED
            for partition in self._log.bounds(audited.topic.name)
        ]
        findings = [tree.finding for tree in trees if tree.finding is not None] + self._checkpoints.findings
        if not findings and not any(tree.signed_size for tree in trees):
            raise OperatorError(
                f"no checkpoint of {self._settings.audit_origin} was found: is `holdgate audit serve`"
                " running, and are HOLDGATE_AUDIT_ORIGIN and HOLDGATE_ARCHIVE those that it runs with?"
            )
        return AuditReport(now, not findings, trees, findings)

    def _verify_tree(
        self, audited: AuditedTopic, partition: int, whole_archive: bool, now_ms: int
    ) -> TreeReport:
        topic = audited.topic.name
        roots, missing = self._signed_roots(topic, partition)
        # The archive's files before the log's bounds: the log has every record that a file has leaves of.
        starts = self._archive.leaf_files(topic, partition)
        bounds = self._log.bounds(topic)[partition]
        before = None
        if not whole_archive:
            expired = [start for start in starts[1:] if start <= bounds.first]
            if expired:  # the last file that ends at or before the log's first record
                before = starts[len(expired) - 1]
                starts = starts[len(expired) :]
        reader = _PartitionReader(self._log, topic, partition, bounds, self._progress)
        check = TreeCheck(audited, partition, roots, reader.records, bounds, now_ms)
        try:
            report = check.run(
                (load_leaf_file(self._archive, topic, partition, start) for start in starts),
                None if before is None else load_leaf_file(self._archive, topic, partition, before),
            )
        except LeafFileError as error:
            report = TreeReport(topic, partition, 0, max(roots, default=0), 0, 0)
            missing = Difference("archive", topic, partition, str(error))
        finally:
            reader.close()
        if missing is not None and report.finding is None:
            return TreeReport(
                topic, partition, report.size, report.signed_size, report.records, report.expired, missing
            )
        return report

    def _signed_roots(self, topic: str, partition: int) -> tuple[dict[int, bytes], Difference | None]:
        """Return the signed roots by size, and what is wrong with the checkpoints themselves."""
        roots = dict(self._checkpoints.roots(origin_of(self._settings, topic, partition)))
        published, finding = max(roots, default=0), None
        for size in self._archive.checkpoint_sizes(topic, partition):
            if size in roots:
                continue
            try:
                roots[size] = open_checkpoint(
                    self._keys, self._archive.checkpoint(topic, partition, size)
                ).root
            except CheckpointError as error:
                text = f"the archived checkpoint of {topic}:{partition} over {size} leaves is {error}"
                finding = finding or Difference("checkpoint", topic, partition, text)
                continue
            if size < published:
                text = f"{CHECKPOINTS.name} lost the checkpoint of {topic}:{partition} over {size} leaves"
                finding = finding or Difference("checkpoint", topic, partition, text)
        return roots, finding


class _PartitionReader:
    """Reads a partition once, in ranges that follow each other: opening a consumer per range is slow."""

    def __init__(
        self, log: KafkaLog, topic: str, partition: int, bounds: Bounds, progress: Callable[[], None]
    ) -> None:
        self._log = log
        self._topic = topic
        self._partition = partition
        self._end = bounds.end
        self._progress = progress
        self._stream: Generator[Record] | None = None
        self._ahead: Record | None = None

    def records(self, start: int, end: int) -> Iterator[Record]:
        """Yield the records from `start` to before `end`; ranges are asked for in order."""
        if start >= end:
            return
        if self._stream is None:
            self._stream = self._read(start)
        while True:
            record = self._ahead if self._ahead is not None else next(self._stream, None)
            self._ahead = None
            if record is None:
                return
            if record.offset >= end:
                self._ahead = record
                return
            if record.offset >= start:
                yield record

    def _read(self, start: int) -> Generator[Record]:
        chunks = self._log.read(self._topic, self._partition, start, self._end)
        try:
            for chunk in chunks:
                yield from chunk.records
                self._progress()
        finally:
            chunks.close()

    def close(self) -> None:
        """Close the consumer."""
        if self._stream is not None:
            self._stream.close()


def add_kept_checkpoints(
    checkpoints: CheckpointLog, keys: Sequence[Ed25519PublicKey], notes: Mapping[str, bytes]
) -> None:
    """Add checkpoints that were kept elsewhere, by the name of their file; raise `OperatorError`."""
    for name, note in notes.items():
        try:
            head = open_checkpoint(keys, note.decode("utf-8", "replace"))
        except CheckpointError as error:
            raise OperatorError(f"{name} is {error}") from error
        if not checkpoints.add(head):
            raise OperatorError(f"{name} contradicts another checkpoint over {head.size} leaves")
