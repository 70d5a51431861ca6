"""The standing decisions on the payments of a partition, read in parallel with the payments.

The first decision on a payment stands, or else the last of those that supersede it. Decisions are in the
order of their payments, except those that a worker repeated after a crash, so one pass over both logs
suffices, whatever their length. Only superseding decisions come later in the log: they are collected first.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from holdgate.adapters.kafka.log import Chunk, KafkaLog
from holdgate.core.model.decision import Decision, from_json
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.topics import DECISIONS, FOLLOWS, INPUT_OFFSET, INPUT_TOPIC

PAYMENT_CLOCK_TOLERANCE = timedelta(seconds=3_900)
"""How much older than its payment a decision may look. The payment's timestamp is its sender's, and Kafka
accepts an hour ahead of the broker's clock (`message.timestamp.after.max.ms`)."""

Key = tuple[str, str]
"""payment_id and content hash, which identify what a decision is about."""


class StandingDecision(NamedTuple):
    """A decision that no other one supersedes.

    `decided_at` is the time of the payment's first decision, `since` the time from which it is held, or
    released, as it is now.
    """

    decision: Decision
    decided_at: datetime
    since: datetime


def decision_key(decision: Decision) -> Key:
    """Return what a decision is about."""
    return decision.payment_id, decision.content_hash


class StandingDecisions:
    """The decisions on the payments of one partition, from a log between `start` and `end`.

    `since` is the time of the first payment that will be asked for.
    """

    def __init__(self, log: KafkaLog, partition: int, start: int, end: int, since: datetime) -> None:
        offset = log.offsets_at(DECISIONS.name, since - PAYMENT_CLOCK_TOLERANCE).get(partition)
        first = end if offset is None else offset
        self._superseding = _superseding(log, partition, first, end)
        self._chunks: Iterator[Chunk] = log.read(DECISIONS.name, partition, first, end)
        self._by_input: defaultdict[int, dict[Key, StandingDecision]] = defaultdict(dict)
        self._read_to = start - 1

    def decisions_for(self, records: Sequence[Record]) -> dict[int, dict[Key, StandingDecision]]:
        """Return, by input offset, the standing decision on each payment of the records.

        Calls have to pass records in the order of their offsets.
        """
        if not records:
            return {}
        first, last = records[0].offset, records[-1].offset
        for passed in [offset for offset in self._by_input if offset < first]:
            del self._by_input[passed]
        while self._read_to <= last:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            for record in chunk.records:
                self._add(record, first)
        return {
            offset: {key: self._latest(decision) for key, decision in self._by_input[offset].items()}
            for offset in (record.offset for record in records)
            if offset in self._by_input
        }

    def _add(self, record: Record, first: int) -> None:
        if record.value is None or record.header(INPUT_TOPIC) is None or record.header(FOLLOWS):
            return
        offset = int(record.header(INPUT_OFFSET) or -1)
        self._read_to = max(self._read_to, offset)
        if offset >= first:
            standing = read_standing_decision(record)
            self._by_input[offset].setdefault(decision_key(standing.decision), standing)

    def _latest(self, standing: StandingDecision) -> StandingDecision:
        """Follow the chain of superseding decisions to its end; a cycle, which nobody writes, ends it too."""
        visited = {standing.decision.decision_id}
        while (successor := self._superseding.get(standing.decision.decision_id)) is not None:
            if successor.decision.decision_id in visited:
                break
            visited.add(successor.decision.decision_id)
            turned = successor.decision.decision != standing.decision.decision
            standing = StandingDecision(
                successor.decision, standing.decided_at, successor.decided_at if turned else standing.since
            )
        return standing


def read_standing_decision(record: Record) -> StandingDecision:
    """Decode a record of the decisions topic; raise `msgspec.ValidationError` if it is not a decision."""
    decided_at = datetime.fromisoformat(record.header("ce_time") or "1970-01-01T00:00:00Z")
    return StandingDecision(from_json(record.value or b""), decided_at, decided_at)


def _superseding(log: KafkaLog, partition: int, start: int, end: int) -> dict[str, StandingDecision]:
    """Return the superseding decisions by the id of the superseded one; the first of several counts."""
    by_superseded_id: dict[str, StandingDecision] = {}
    for chunk in log.read(DECISIONS.name, partition, start, end):
        for record in chunk.records:
            superseded_id = record.header(FOLLOWS)
            if superseded_id is not None:
                by_superseded_id.setdefault(superseded_id, read_standing_decision(record))
    return by_superseded_id
