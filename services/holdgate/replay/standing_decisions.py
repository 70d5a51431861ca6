"""The decisions that stand for the payments of a partition, read beside them.

Of a payment the first decision stands, and after it the last of those that follow it. Decisions lie in the
order of their payments but for what a worker wrote again after a crash, so one walk through both logs
suffices, whatever their length; only decisions that follow others lie later, and are gathered before.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from holdgate.adapters.kafka.log import Chunk, KafkaLog
from holdgate.core.model.decision import Decision, from_json
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.topics import DECISIONS, FOLLOWS, INPUT_OFFSET, INPUT_TOPIC

AHEAD = timedelta(seconds=3_900)
"""A payment's time is its sender's, which Kafka lets be an hour ahead: its decision may look older."""

Key = tuple[str, str]
"""payment_id and content hash: what a decision is about."""


class StandingDecision(NamedTuple):
    """A decision that stands: when the payment was decided first, and since when it is held or released."""

    decision: Decision
    at: datetime
    since: datetime


def decision_key(decision: Decision) -> Key:
    """What a decision is about."""
    return decision.payment_id, decision.content_hash


class StandingDecisions:
    """The decisions on one partition's payments. `since` is the time of the first payment asked for."""

    def __init__(self, log: KafkaLog, partition: int, start: int, end: int, since: datetime) -> None:
        first = log.offsets_at(DECISIONS.name, since - AHEAD).get(partition)
        first = end if first is None else first
        self._following = _following(log, partition, first, end)
        self._chunks: Iterator[Chunk] = log.read(DECISIONS.name, partition, first, end)
        self._by_input: defaultdict[int, dict[Key, StandingDecision]] = defaultdict(dict)
        self._reached = start - 1

    def decisions_for(self, records: Sequence[Record]) -> dict[int, dict[Key, StandingDecision]]:
        """By input offset, the decisions that stand for each payment of the records, which come in order."""
        if not records:
            return {}
        first, last = records[0].offset, records[-1].offset
        for gone in [offset for offset in self._by_input if offset < first]:
            del self._by_input[gone]
        while self._reached <= last:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            for record in chunk.records:
                self._take(record, first)
        return {
            offset: {about: self._last(stood) for about, stood in self._by_input[offset].items()}
            for offset in (record.offset for record in records)
            if offset in self._by_input
        }

    def _take(self, record: Record, first: int) -> None:
        if record.value is None or record.header(INPUT_TOPIC) is None or record.header(FOLLOWS):
            return
        offset = int(record.header(INPUT_OFFSET) or -1)
        self._reached = max(self._reached, offset)
        if offset >= first:
            found = read_standing_decision(record)
            self._by_input[offset].setdefault(decision_key(found.decision), found)

    def _last(self, stood: StandingDecision) -> StandingDecision:
        seen = {stood.decision.decision_id}
        while (later := self._following.get(stood.decision.decision_id)) is not None:
            if later.decision.decision_id in seen:
                break
            seen.add(later.decision.decision_id)
            turned = later.decision.decision != stood.decision.decision
            stood = StandingDecision(later.decision, stood.at, later.at if turned else stood.since)
        return stood


def read_standing_decision(record: Record) -> StandingDecision:
    """A record of the decisions topic; raises msgspec.ValidationError for what is no decision."""
    at = datetime.fromisoformat(record.header("ce_time") or "1970-01-01T00:00:00Z")
    return StandingDecision(from_json(record.value or b""), at, at)


def _following(log: KafkaLog, partition: int, start: int, end: int) -> dict[str, StandingDecision]:
    """The decisions that follow others, by the id of the one they follow; of several the first counts."""
    found: dict[str, StandingDecision] = {}
    for chunk in log.read(DECISIONS.name, partition, start, end):
        for record in chunk.records:
            followed = record.header(FOLLOWS)
            if followed is not None:
                found.setdefault(followed, read_standing_decision(record))
    return found
