"""A member of the group of review processes: it reads the events, and acts while it is the active one."""

import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import UTC, datetime

import structlog
from kafka.errors import KafkaTimeoutError

from holdgate.adapters.kafka.followed_topic import FollowedTopic
from holdgate.adapters.kafka.leadership import Leadership
from holdgate.adapters.kafka.review_log import EVENTS_PARTITION, ReviewLog
from holdgate.adapters.redis.claim_update import ClaimUpdate
from holdgate.core.records.topics import DECISIONS, REVIEW_EVENTS
from holdgate.core.review.review_rules import ReviewRules
from holdgate.review.archive_thread import ArchiveThread
from holdgate.review.case_records import CaseRecords
from holdgate.review.case_writer import CaseWriter
from holdgate.review.decision_changes import DecisionChanges
from holdgate.review.disposal import Disposal
from holdgate.review.last_screening import LastScreening
from holdgate.review.metrics import ReviewMetrics
from holdgate.runtime.settings import Settings

log = structlog.get_logger()

BATCH_RECORDS = 1_000
"""Records that are handled before the position is committed."""

POLL_SECONDS = 0.1
"""How long a round waits for records: what a person approves is disposed of within two rounds."""

READ_ON_SECONDS = 20.0
"""Reading the log up to this process's own event fails after this time without a record."""

SHOW_SECONDS = 5.0
"""Time between two counts of what is overdue."""


UNKNOWN_TERM = -1
"""The term of a process that has just started; it has not heard from the group yet."""


class StaleCasesError(Exception):
    """The log of events ends before what was read of it."""


class ReviewMember:
    """A member with its connections; `keep_going` is called between the steps of a long round.

    Every call may raise one of `KafkaFault` or `RedisFault`, or `OperatorError`.
    """

    def __init__(
        self,
        settings: Settings,
        cases: CaseRecords,
        screening: LastScreening,
        metrics: ReviewMetrics,
        keep_going: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._cases = cases
        self._screening = screening
        self._metrics = metrics
        self._keep_going = keep_going
        self._term: int | None = UNKNOWN_TERM
        self._active: ActiveTerm | None = None
        self._next_show = 0.0
        with ExitStack() as exits:
            start = {EVENTS_PARTITION: cases.next_offset}
            self._events = exits.enter_context(closing(FollowedTopic(settings, REVIEW_EVENTS.name, start)))
            if self._events.positions()[EVENTS_PARTITION] < cases.next_offset:
                raise StaleCasesError
            self._leadership = exits.enter_context(
                closing(Leadership(settings, settings.review_group, REVIEW_EVENTS.name))
            )
            self._exits = exits.pop_all()

    def step(self, rules: ReviewRules) -> None:
        """Read the events; if this process is active, do what there is to do."""
        term = self._leadership.poll()
        if term != self._term:
            self._end_term()
            self._term = term
            log.info("this review process is active" if term is not None else "this review process stands by")
        self._read_events(POLL_SECONDS / 2)
        if term is not None:
            if self._active is None:
                self._begin_term()
            assert self._active is not None, "begun above"
            self._active.step(rules)
        self._show()

    def close(self) -> None:
        """Leave the group and close the connections."""
        try:
            self._end_term()
        finally:
            self._exits.close()

    def _begin_term(self) -> None:
        """Read the events to their end, then follow the decisions from the committed position."""
        self._read_on(self._events.end_offsets()[EVENTS_PARTITION])
        self._active = ActiveTerm(
            self._settings,
            self._cases,
            self._screening,
            self._leadership,
            self._read_on,
            self._metrics,
            self._keep_going,
        )
        self._metrics.active.set(1)

    def _end_term(self) -> None:
        active, self._active = self._active, None
        self._metrics.active.set(0)
        if active is not None:
            active.close()

    def _read_events(self, seconds: float) -> bool:
        records = self._events.poll(seconds, BATCH_RECORDS)
        self._cases.add(records)
        return bool(records)

    def _read_on(self, end: int) -> None:
        """Read the events up to an offset that the log has."""
        deadline = time.monotonic() + READ_ON_SECONDS
        while self._events.positions()[EVENTS_PARTITION] < end:
            self._keep_going()
            if self._read_events(POLL_SECONDS):
                deadline = time.monotonic() + READ_ON_SECONDS
            elif time.monotonic() > deadline:
                raise KafkaTimeoutError(f"{REVIEW_EVENTS.name} was not read up to {end}")

    def _show(self) -> None:
        if (now := time.monotonic()) >= self._next_show:
            self._next_show = now + SHOW_SECONDS
            self._cases.show(datetime.now(UTC))
            behind = self._events.end_offsets()[EVENTS_PARTITION] - self._cases.next_offset
            self._metrics.lag.labels(REVIEW_EVENTS.name).set(max(0, behind))


class ActiveTerm:
    """What the active process does from the begin of its term to the end."""

    def __init__(
        self,
        settings: Settings,
        cases: CaseRecords,
        screening: LastScreening,
        leadership: Leadership,
        read_on: Callable[[int], None],
        metrics: ReviewMetrics,
        keep_going: Callable[[], None],
    ) -> None:
        self._cases = cases
        self._leadership = leadership
        self._metrics = metrics
        self._keep_going = keep_going
        self._changes = DecisionChanges(cases, metrics)
        with ExitStack() as exits:
            review_log = exits.enter_context(closing(ReviewLog(settings)))
            claims = exits.enter_context(closing(ClaimUpdate(settings)))
            self._decisions = exits.enter_context(closing(FollowedTopic(settings, DECISIONS.name, {})))
            self._committed = leadership.read_committed(DECISIONS.name, self._decisions.positions())
            self._decisions.seek(self._committed)
            self._writer = CaseWriter(cases, review_log, claims, read_on, metrics)
            self._disposal = Disposal(settings, cases, review_log, self._writer, screening, metrics)
            self._archive = exits.enter_context(closing(ArchiveThread(settings, cases, leadership, metrics)))
            self._exits = exits.pop_all()

    def step(self, rules: ReviewRules) -> None:
        """Tell cases of the next decisions; dispose of approved cases once all decisions are read."""
        self._writer.publish_rules(rules)
        changes = self._changes.find(self._decisions.poll(POLL_SECONDS / 2, BATCH_RECORDS))
        if changes:
            self._writer.tell(changes)
        positions = self._decisions.positions()
        if positions != self._committed and self._leadership.commit(DECISIONS.name, positions):
            self._committed = positions
        ends = self._decisions.end_offsets()
        behind = sum(max(0, end - positions[partition]) for partition, end in ends.items())
        self._metrics.lag.labels(DECISIONS.name).set(behind)
        if behind == 0:
            self._disposal.dispose(self._keep_going)
        self._archive.step(time.monotonic())
        self._metrics.progress.set_to_current_time()

    def close(self) -> None:
        """Close the connections of the term."""
        self._exits.close()
