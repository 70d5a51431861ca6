"""Hands cases that ended to a thread that archives them: a slow or broken archive delays no decision.

The position in `review.events` below which everything is archived is committed for the group of review
processes, so the next active one continues there. With it a digest of HOLDGATE_ARCHIVE is noted: another
archive gets every case that has ended.
"""

import hashlib
import threading
from concurrent.futures import Future, ThreadPoolExecutor

import structlog

from holdgate.adapters.kafka.leadership import Leadership
from holdgate.adapters.kafka.review_log import EVENTS_PARTITION
from holdgate.core.records.topics import REVIEW_EVENTS
from holdgate.review.case_archiver import BatchResult, CaseArchiver
from holdgate.review.case_records import CaseRecords
from holdgate.review.metrics import ReviewMetrics
from holdgate.runtime.settings import Settings

log = structlog.get_logger()

MAX_BATCH_CASES = 20
"""Cases that the thread gets at a time, with all of their evidence in memory: 10 MiB a payment at most, 2 kB
usually. What is done of a batch is done again if the process is killed."""

ARCHIVE_RETRY_SECONDS = 5.0
"""Time until the thread gets work again after a failure."""

COMMIT_SECONDS = 5.0
"""Time between two commits of the position."""


class ArchiveThread:
    """The archive of the active process, from the begin of its term to the end."""

    def __init__(
        self, settings: Settings, cases: CaseRecords, leadership: Leadership, metrics: ReviewMetrics
    ) -> None:
        self._cases = cases
        self._leadership = leadership
        self._metrics = metrics
        self._note = _archive_note(settings)
        self._committed = leadership.read_noted(REVIEW_EVENTS.name, EVENTS_PARTITION)
        erase_from = 0 if self._committed is None else self._committed.offset
        archive_from = None
        if settings.archive is not None:
            is_same = self._committed is not None and self._committed.note == self._note
            archive_from = erase_from if is_same else 0
        else:
            log.info("cases are not archived: HOLDGATE_ARCHIVE is not set")
        cases.ended.begin(cases.all(), archive_from, erase_from)
        self._stopped = threading.Event()
        self._archiver = CaseArchiver(settings, cases.find_needed, metrics)
        self._executor = ThreadPoolExecutor(1, "archive")
        self._running: Future[BatchResult] | None = None
        self._next_batch = self._next_commit = 0.0

    def step(self, now: float) -> None:
        """Take what the thread has done, and give it more; never wait for it. `now` is monotonic."""
        if self._running is not None and self._running.done():
            result, self._running = self._running.result(), None
            for ended in result.finished:
                self._cases.ended.finish(ended)
            if result.failed is not None:
                self._cases.ended.postpone(result.failed)
                self._next_batch = now + ARCHIVE_RETRY_SECONDS
        if self._running is None and now >= self._next_batch and len(self._cases.ended):
            batch = self._cases.ended.next_cases(MAX_BATCH_CASES)
            self._running = self._executor.submit(self._archiver.work, batch, self._stopped.is_set)
        self._metrics.unarchived.set(len(self._cases.ended))
        if now >= self._next_commit:
            self._next_commit = now + COMMIT_SECONDS
            self._commit()

    def close(self) -> None:
        """Stop after the step that the thread is at, which takes 30 s at most, and close its connections."""
        self._cases.ended.end()
        self._metrics.unarchived.set(0)
        self._stopped.set()
        self._executor.submit(self._archiver.close)
        self._executor.shutdown(wait=True)

    def _commit(self) -> None:
        position = self._cases.ended.position(self._cases.next_offset)
        is_new = self._committed is None or (position, self._note) != self._committed
        if is_new and self._leadership.commit(REVIEW_EVENTS.name, {EVENTS_PARTITION: position}, self._note):
            self._committed = self._leadership.read_noted(REVIEW_EVENTS.name, EVENTS_PARTITION)


def _archive_note(settings: Settings) -> str:
    """Return a digest of the archive's place; empty without an archive."""
    if settings.archive is None:
        return ""
    place = f"{settings.archive_endpoint or ''} {settings.archive}"
    return hashlib.sha256(place.encode()).hexdigest()[:16]
