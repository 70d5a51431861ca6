"""Publish a replay to a topic of its own: one decision per payment, each once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from holdgate.adapters.kafka.log import KafkaLog
from holdgate.adapters.kafka.topic_admin import create_like
from holdgate.adapters.kafka.writer import KafkaWriter
from holdgate.core.model.decision import to_json
from holdgate.core.records.kafka_record import Outgoing, decision_headers
from holdgate.core.records.topics import INPUT_OFFSET, INPUT_PARTITION, REPLAY, TOPICS
from holdgate.replay.journal import Checkpoint, Run
from holdgate.replay.redecide import Redecision
from holdgate.replay.superseding import supersede
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

InputPosition = tuple[str, str, bytes | None]
"""Partition and offset of an input record, and the payment's id."""


def prepare_target(settings: Settings, log: KafkaLog, target: str, partitions: int) -> dict[int, int]:
    """Create the target topic if it does not exist; return the end offset of each of its partitions.

    Raises `OperatorError` for a live topic: a replay decides no payment.
    """
    if target in {topic.name for topic in TOPICS}:
        raise OperatorError(f"{target} is a live topic: publish to another one, such as screening.replays")
    create_like(settings, target, partitions)
    return {partition: bounds.end for partition, bounds in log.bounds(target).items()}


class Publication:
    """Publishes a run's rows; records that an interrupted run wrote before are not written twice.

    `ends` has the offsets up to which the target was written, by partition.
    """

    def __init__(
        self, writer: KafkaWriter, run: Run, written: set[InputPosition], ends: dict[int, int]
    ) -> None:
        self._writer = writer
        self._run = run
        self._written = written
        self.ends = ends

    def publish(self, rows: list[Redecision]) -> int:
        """Write the decisions on these rows; return how many are in the topic."""
        now = datetime.now(UTC)
        outgoing = [self._outgoing(row, now) for row in rows]
        new = [record for record in outgoing if _input_position(record) not in self._written]
        for record, offset in zip(new, self._writer.publish(new), strict=True):
            if record.partition is not None:
                self.ends[record.partition] = max(self.ends.get(record.partition, 0), offset + 1)
        return len(rows)

    def commit(self, offsets: dict[int, int]) -> None:
        """Commit the next input offsets for the run's consumer group."""
        self._writer.commit(self._run.topic, offsets)

    def _outgoing(self, row: Redecision, now: datetime) -> Outgoing:
        record, before, run = row.replayed.record, row.before, self._run
        after = supersede(row.after, before.decision_id) if before else row.after
        headers = decision_headers(record, after.decision_id, now, after.follows, run.run_id)
        partition = record.partition if record.partition in self.ends else None
        return Outgoing(run.target or "", after.payment_id.encode(), to_json(after), partition, headers)


@contextmanager
def open_publication(
    settings: Settings, log: KafkaLog, run: Run, checkpoint: Checkpoint
) -> Iterator[Publication]:
    """Open the publication of a run that starts, or resumes, at a checkpoint."""
    assert run.target is not None, "only a run with a target publishes"
    written: set[InputPosition] = set()
    ends = {partition: bounds.end for partition, bounds in log.bounds(run.target).items()}
    for partition, end in ends.items():
        for chunk in log.read(run.target, partition, checkpoint.target.get(partition, end), end):
            for record in chunk.records:
                if record.header(REPLAY) == run.run_id:
                    partition_and_offset = (
                        record.header(INPUT_PARTITION) or "",
                        record.header(INPUT_OFFSET) or "",
                    )
                    written.add((*partition_and_offset, record.key))
    with KafkaWriter(settings, group_of(settings, run)) as writer:
        yield Publication(writer, run, written, ends)


def group_of(settings: Settings, run: Run) -> str:
    """Return the consumer group of a run: its own, so that no worker's offsets change."""
    return f"{settings.group}-replay-{run.run_id}"


def _input_position(record: Outgoing) -> InputPosition:
    headers = {name: value.decode() for name, value in record.headers}
    return headers[INPUT_PARTITION], headers[INPUT_OFFSET], record.key
