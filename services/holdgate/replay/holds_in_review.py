"""The holds that people are at work on, as `review.events` has them: rescreening does not lift these."""

from holdgate.adapters.kafka.log import KafkaLog
from holdgate.core.records.topics import REVIEW_EVENTS
from holdgate.core.review.unliftable_holds import UnliftableHolds


class HoldsInReview:
    """Reads the topic when it is first asked, and on from there after each `expire`.

    Most runs lift nothing and never ask. Raises `OperatorError` if the topic is missing or may not be read.
    """

    def __init__(self, log: KafkaLog) -> None:
        self._log = log
        self._holds = UnliftableHolds()
        self._next: dict[int, int] = {}
        self._is_current = False

    def __contains__(self, decision_id: object) -> bool:
        """Return whether rescreening must not lift the hold with this id."""
        if not self._is_current:
            self._read_on()
        return decision_id in self._holds

    def expire(self) -> None:
        """Read what was written meanwhile before the next answer."""
        self._is_current = False

    def _read_on(self) -> None:
        topic = REVIEW_EVENTS.name
        for partition, bounds in self._log.bounds(topic).items():
            start = self._next.get(partition, bounds.first)
            for chunk in self._log.read(topic, partition, start, bounds.end):
                for record in chunk.records:
                    self._holds.add_record(record.value or b"")
                self._next[partition] = chunk.end_offset
        self._is_current = True
