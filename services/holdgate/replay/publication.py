"""What a replay publishes to a topic of its own: every payment's decision, once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from holdgate.adapters.kafka.log import KafkaLog
from holdgate.adapters.kafka.writer import KafkaWriter, create_like
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
    """Make the topic to publish to, if it is not there; where each of its partitions ends now.

    Raises `NotPossibleError` for a topic of the contract: a replay is nobody's decision.
    """
    if target in {topic.name for topic in TOPICS}:
        raise OperatorError(f"{target} is a live topic: publish to another, such as screening.replays")
    create_like(settings, target, partitions)
    return {partition: found.end for partition, found in log.bounds(target).items()}


class Publication:
    """Publishes rows, and says how far: what a run wrote before it died is not written twice."""

    def __init__(
        self, writer: KafkaWriter, run: Run, written: set[InputPosition], ends: dict[int, int]
    ) -> None:
        self._writer = writer
        self._run = run
        self._written = written
        self.ends = ends

    def publish(self, rows: list[Redecision]) -> int:
        """Write the decisions on these rows; returns how many of them stand."""
        now = datetime.now(UTC)
        outgoing = [self._outgoing(row, now) for row in rows]
        new = [record for record in outgoing if _place(record) not in self._written]
        for record, offset in zip(new, self._writer.publish(new), strict=True):
            if record.partition is not None:
                self.ends[record.partition] = max(self.ends.get(record.partition, 0), offset + 1)
        return len(rows)

    def commit(self, offsets: dict[int, int]) -> None:
        """Tell the group how far the input is done."""
        self._writer.commit(self._run.topic, offsets)

    def _outgoing(self, row: Redecision, now: datetime) -> Outgoing:
        record, before, run = row.asked.record, row.before, self._run
        after = supersede(row.after, before.decision_id) if before else row.after
        headers = decision_headers(record, after.decision_id, now, after.follows, run.run_id)
        partition = record.partition if record.partition in self.ends else None
        return Outgoing(run.target or "", after.payment_id.encode(), to_json(after), partition, headers)


@contextmanager
def open_publication(
    settings: Settings, log: KafkaLog, run: Run, checkpoint: Checkpoint
) -> Iterator[Publication]:
    """Publishing for a run, gone on with from a checkpoint."""
    assert run.target is not None, "only a run with a target publishes"
    written: set[InputPosition] = set()
    ends = {partition: found.end for partition, found in log.bounds(run.target).items()}
    for partition, end in ends.items():
        for chunk in log.read(run.target, partition, checkpoint.target.get(partition, end), end):
            for record in chunk.records:
                if record.header(REPLAY) == run.run_id:
                    place = record.header(INPUT_PARTITION) or "", record.header(INPUT_OFFSET) or ""
                    written.add((*place, record.key))
    with KafkaWriter(settings, group_of(settings, run)) as writer:
        yield Publication(writer, run, written, ends)


def group_of(settings: Settings, run: Run) -> str:
    """The consumer group of a run: its own, so that no worker's offsets are touched."""
    return f"{settings.group}-replay-{run.run_id}"


def _place(record: Outgoing) -> InputPosition:
    about = {name: value.decode() for name, value in record.headers}
    return about[INPUT_PARTITION], about[INPUT_OFFSET], record.key
