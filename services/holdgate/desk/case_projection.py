"""The cases as the desk shows them: a thread follows the log, pages read, people's events are appended."""

import math
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from queue import Empty, LifoQueue
from threading import BoundedSemaphore, Condition, Event, Lock, Thread

import structlog
from kafka.errors import KafkaTimeoutError

from holdgate.adapters.case_follower import CaseFollower, open_cases
from holdgate.adapters.kafka.review_log import ReviewLog
from holdgate.adapters.kafka.topic_admin import KafkaFault
from holdgate.adapters.sqlite.case_queries import QueueCount
from holdgate.adapters.sqlite.case_store import CaseStore
from holdgate.casework.actions import READ_BACK_SECONDS, Attachment, WrittenEvent, append_event
from holdgate.core.records.topics import REVIEW_EVENTS
from holdgate.core.review.case import ACTIVE_STAGES
from holdgate.core.review.event import AnyCaseEvent
from holdgate.desk.metrics import DeskMetrics
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.health import Health
from holdgate.runtime.settings import Settings

log = structlog.get_logger()

WAIT_MS = 200
"""Time that the thread waits for records; it also bounds how long a stop takes."""

RETRY_SECONDS = 2.0
COUNT_SECONDS = 1.0
"""The counts of the queues may be this old. Counting 200,000 cases takes 35 ms."""

MAX_STORES = 8
"""Connections to the file, one per page that is made at the same time; other pages wait. Each may cache
16 MiB."""


class CaseProjection:
    """The projection of one desk."""

    def __init__(self, settings: Settings, metrics: DeskMetrics, health: Health) -> None:
        self._settings = settings
        self._metrics = metrics
        self._health = health
        self._stores: LifoQueue[CaseStore] = LifoQueue()
        self._free_stores = BoundedSemaphore(MAX_STORES)
        self._writer: ReviewLog | None = None
        self._writing = Lock()
        self._read = Condition()
        self._next_event = 0
        self._stop = Event()
        self._thread = Thread(target=self._follow, name="follower")
        self.lag: int | None = None
        """Records that are not shown yet; None while the log cannot be read."""
        self.counts: list[QueueCount] = []
        self._is_uncounted = True
        self._counted_at = -math.inf

    def start(self) -> None:
        """Begin to follow the log."""
        self._thread.start()

    def close(self) -> None:
        """Stop following, and close all connections."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        with self._writing, suppress(*KafkaFault):
            self._close_writer()
        with suppress(Empty):
            while True:
                self._stores.get_nowait().close()

    @contextmanager
    def store(self) -> Iterator[CaseStore]:
        """Yield a connection to the projection for one page."""
        with self._free_stores:
            try:
                store = self._stores.get_nowait()
            except Empty:
                store = open_cases(self._settings)
            try:
                yield store
            finally:
                if self._stop.is_set():
                    store.close()
                else:
                    self._stores.put(store)

    def append(self, event: AnyCaseEvent, attached: Attachment | None) -> WrittenEvent:
        """Append an event of a person. Raises `OperatorError` or one of `KafkaFault`."""
        with self._writing:
            try:
                if self._writer is None:
                    self._writer = ReviewLog(self._settings)
                return append_event(self._writer, event, attached)
            except KafkaFault:
                with suppress(*KafkaFault):
                    self._close_writer()
                raise

    def await_event(self, offset: int) -> None:
        """Return when the projection has the event; raise KafkaTimeoutError if it does not come."""
        with self._read:
            if not self._read.wait_for(lambda: self._next_event > offset, READ_BACK_SECONDS):
                raise KafkaTimeoutError(f"the event at offset {offset} was written but not read back")

    def _close_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                with (
                    open_cases(self._settings) as store,
                    closing(CaseFollower(self._settings, store)) as follower,
                ):
                    self._note(store, follower)
                    while not self._stop.is_set():
                        if follower.step(WAIT_MS) or self.lag:
                            self._note(store, follower)
                        self._count(store)
                        self._health.progress()
            except (OperatorError, sqlite3.Error, *KafkaFault) as error:
                self.lag = None
                self._metrics.faults.inc()
                self._health.record_wait("Kafka")
                log.error("the desk waits; trying again", error=f"{type(error).__name__}: {error}"[:200])
                self._stop.wait(RETRY_SECONDS)

    def _note(self, store: CaseStore, follower: CaseFollower) -> None:
        self.lag = follower.lag()
        self._metrics.lag.set(self.lag)
        self._is_uncounted = True
        with self._read:
            self._next_event = store.next_offset(REVIEW_EVENTS.name, 0)
            self._read.notify_all()

    def _count(self, store: CaseStore) -> None:
        """Count the cases of each queue again if some changed, at most once in COUNT_SECONDS."""
        if self._is_uncounted and time.monotonic() - self._counted_at > COUNT_SECONDS:
            self._is_uncounted, self._counted_at = False, time.monotonic()
            self.counts = store.queue_counts()


def count_active(counts: list[QueueCount]) -> Mapping[str, int]:
    """Return how many unfinished cases each queue has, and all together, and how many are proposed."""
    active = [item for item in counts if item.stage in ACTIVE_STAGES]
    by_queue = {"sanctions": 0, "operations": 0}
    for item in active:
        by_queue[item.queue] += item.cases
    proposed = sum(item.cases for item in active if item.stage == "proposed")
    return {**by_queue, "all": sum(by_queue.values()), "proposed": proposed}
