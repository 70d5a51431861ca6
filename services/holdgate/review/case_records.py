"""The cases of the log in memory, with what the metrics and the disposal ask of them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import get_args

import structlog

from holdgate.core.records.kafka_record import Record
from holdgate.core.review.case import FINAL_STAGES, Case, Stage
from holdgate.core.review.casebook import Casebook
from holdgate.core.review.event import RulesPublished, UnreadableEventError, decode_event
from holdgate.core.review.review_rules import Queue, ReviewRules
from holdgate.review.ended_cases import EndedCases
from holdgate.review.metrics import ReviewMetrics

log = structlog.get_logger()


class CaseRecords:
    """The cases after the records that were added; `next_offset` is where the log continues."""

    def __init__(self, metrics: ReviewMetrics) -> None:
        self._metrics = metrics
        self._casebook = Casebook()
        self._numbers: Counter[tuple[Queue, Stage]] = Counter()
        self._unfinished: dict[str, Case] = {}
        self._approved: dict[str, Case] = {}
        self.ended = EndedCases()
        self.rules_published = 0
        self.next_offset = 0

    @property
    def rules(self) -> ReviewRules | None:
        """The rules in force; None before any were published."""
        return self._casebook.rules

    def find(self, case_id: str) -> Case | None:
        """Return a case, or None if it was never opened."""
        return self._casebook.cases.get(case_id)

    def all(self) -> Iterable[Case]:
        """Return every case."""
        return self._casebook.cases.values()

    def find_needed(self, digests: Collection[str]) -> dict[str, list[str]]:
        """Return the cases that have each of these values as evidence; values that none has are absent.

        May be called by another thread than the one that adds records: the cases are copied in one step.
        """
        found: defaultdict[str, list[str]] = defaultdict(list)
        for case in list(self._casebook.cases.values()) if digests else ():
            for digest in case.evidence:
                if digest in digests:
                    found[digest].append(case.case_id)
        return found

    def find_approved(self) -> list[Case]:
        """Return the cases that wait for their decision."""
        return list(self._approved.values())

    def add(self, records: Iterable[Record]) -> None:
        """Apply the next records of the log; events that do not count are counted by reason."""
        for record in records:
            self._add(record)
            self.next_offset = record.offset + 1

    def show(self, now: datetime) -> None:
        """Export how many cases there are, how many are overdue, and how old the oldest is."""
        overdue: Counter[Queue] = Counter()
        oldest: dict[Queue, datetime] = {}
        for case in self._unfinished.values():
            queue = case.facts.queue
            if case.facts.due is not None and case.facts.due < now:
                overdue[queue] += 1
            oldest[queue] = min(case.opened_at, oldest.get(queue, case.opened_at))
        for queue in get_args(Queue):
            self._metrics.overdue.labels(queue).set(overdue[queue])
            age = (now - oldest[queue]).total_seconds() if queue in oldest else 0.0
            self._metrics.oldest.labels(queue).set(max(0.0, age))
            for stage in get_args(Stage):
                self._metrics.cases.labels(queue, stage).set(self._numbers[queue, stage])

    def _add(self, record: Record) -> None:
        try:
            event = decode_event(record.value or b"")
        except UnreadableEventError as error:
            self._casebook.add_record(record.value or b"")
            self._metrics.void.labels("UNREADABLE").inc()
            log.warning("unreadable review event", offset=record.offset, error=str(error)[:200])
            return
        if isinstance(event, RulesPublished):
            void = self._casebook.add(event)
            if void is None:
                self.rules_published += 1
                self.ended.add_rules(record.offset, event.what)
        else:
            before = self.find(event.case_id)
            void = self._casebook.add(event)
            if (after := self.find(event.case_id)) is not None:
                self.ended.add(record.offset, after, counts=void is None)
                if void is None:
                    self._count(before, after)
        if void is not None:
            self._metrics.void.labels(void).inc()
            log.info("void review event", offset=record.offset, event_id=event.event_id, reason=void)

    def _count(self, before: Case | None, after: Case) -> None:
        if before is not None:
            self._numbers[before.facts.queue, before.stage] -= 1
        self._numbers[after.facts.queue, after.stage] += 1
        if after.stage in FINAL_STAGES:
            self._unfinished.pop(after.case_id, None)
        else:
            self._unfinished[after.case_id] = after
        if after.stage == "approved":
            self._approved[after.case_id] = after
        else:
            self._approved.pop(after.case_id, None)
