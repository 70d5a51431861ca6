"""The decisions in force on the payments of a partition, read in parallel with the payments.

The rule is that of `core.records.decision_in_force`. Decisions are in the order of their payments, except
those that a worker repeated after a crash, so one pass over both logs suffices, whatever their length. Only
decisions that follow others come later in the log: they are collected first.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from holdgate.adapters.kafka.log import Chunk, KafkaLog
from holdgate.core.model.decision import Decision, from_json
from holdgate.core.records.decision_in_force import DecisionKey, decision_key, takes_effect
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.probe_mark import is_probe
from holdgate.core.records.topics import DECISIONS, FOLLOWS, INPUT_OFFSET, INPUT_TOPIC

PAYMENT_CLOCK_TOLERANCE = timedelta(seconds=3_900)
"""How much older than its payment a decision may look. The payment's timestamp is its sender's, and Kafka
accepts an hour ahead of the broker's clock (`message.timestamp.after.max.ms`)."""


class StandingDecision(NamedTuple):
    """The decision in force on a payment.

    `decided_at` is the time of the payment's first decision, `since` the time from which it is held, or
    released, as it is now. `of_probe` says that the worker recognised a payment of the probe.
    """

    decision: Decision
    decided_at: datetime
    since: datetime
    of_probe: bool = False


class StandingDecisions:
    """The decisions on the payments of one partition, from a log between `start` and `end`.

    `since` is the time of the first payment that will be asked for.
    """

    def __init__(self, log: KafkaLog, partition: int, start: int, end: int, since: datetime) -> None:
        offset = log.offsets_at(DECISIONS.name, since - PAYMENT_CLOCK_TOLERANCE).get(partition)
        first = end if offset is None else offset
        self._followers = _followers(log, partition, first, end)
        self._chunks: Iterator[Chunk] = log.read(DECISIONS.name, partition, first, end)
        self._by_input: defaultdict[int, dict[DecisionKey, StandingDecision]] = defaultdict(dict)
        self._read_to = start - 1

    def decisions_for(self, records: Sequence[Record]) -> dict[int, dict[DecisionKey, StandingDecision]]:
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
        if record.value is None or record.header(INPUT_TOPIC) is None:
            return
        offset = int(record.header(INPUT_OFFSET) or -1)
        self._read_to = max(self._read_to, offset)
        if offset >= first:
            standing = read_standing_decision(record)
            self._by_input[offset].setdefault(decision_key(standing.decision), standing)

    def _latest(self, standing: StandingDecision) -> StandingDecision:
        """Return what is in force after all decisions of the log that follow this one."""
        for follower in self._followers.get(decision_key(standing.decision), ()):
            if takes_effect(follower.decision.follows, standing.decision.decision_id):
                turned = follower.decision.decision != standing.decision.decision
                standing = standing._replace(
                    decision=follower.decision, since=follower.decided_at if turned else standing.since
                )
        return standing


def read_standing_decision(record: Record) -> StandingDecision:
    """Decode a record of the decisions topic; raise `msgspec.ValidationError` if it is not a decision."""
    decided_at = datetime.fromisoformat(record.header("ce_time") or "1970-01-01T00:00:00Z")
    return StandingDecision(from_json(record.value or b""), decided_at, decided_at, is_probe(record))


def _followers(
    log: KafkaLog, partition: int, start: int, end: int
) -> dict[DecisionKey, list[StandingDecision]]:
    """Return the decisions that follow others, by what they are about and in the order of the log."""
    by_key: defaultdict[DecisionKey, list[StandingDecision]] = defaultdict(list)
    for chunk in log.read(DECISIONS.name, partition, start, end):
        for record in chunk.records:
            if record.header(FOLLOWS) is not None:
                follower = read_standing_decision(record)
                by_key[decision_key(follower.decision)].append(follower)
    return dict(by_key)
