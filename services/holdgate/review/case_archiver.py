"""Archives cases that ended, with their evidence, and erases evidence that people had erased.

A case is taken as the log has it now, so a repetition or another order gives the same: evidence that is
erased is never archived again, and a case that was opened again waits until it ends again.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

import structlog

from holdgate.adapters.files.archive import open_store
from holdgate.adapters.files.case_archive import CaseArchive
from holdgate.adapters.kafka import topic_admin
from holdgate.adapters.kafka.review_log import EVENTS_PARTITION, ReviewLog
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.topics import REVIEW_EVENTS
from holdgate.core.review.archived_case import ArchivedEvidence, archived_case
from holdgate.core.review.case import FINAL_STAGES, Case
from holdgate.core.review.case_replay import ReplayedEvent, replay_case
from holdgate.core.review.event import EvidenceErased
from holdgate.core.review.event_contents import LogPosition
from holdgate.core.review.named_evidence import named_evidence
from holdgate.review.ended_cases import EndedCase
from holdgate.review.erasure import Eraser, find_erasures
from holdgate.review.metrics import ReviewMetrics
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

log = structlog.get_logger()

ArchiveFault = (OperatorError, *topic_admin.KafkaFault)
"""What ends a batch: the archive or Kafka fails. The batch is tried again."""


FindNeeded = Callable[[Collection[str]], Mapping[str, Sequence[str]]]
"""Returns the cases that have each of these values as evidence, by digest."""


class BatchResult(NamedTuple):
    """The cases that are done with; the one that failed, if any."""

    finished: list[EndedCase]
    failed: EndedCase | None


class CaseArchiver:
    """Works through batches of cases. One thread uses it; connections are opened at the first batch."""

    def __init__(self, settings: Settings, find_needed: FindNeeded, metrics: ReviewMetrics) -> None:
        self._settings = settings
        self._find_needed = find_needed
        self._metrics = metrics
        self._log: ReviewLog | None = None
        self._archive: CaseArchive | None = None

    def work(self, batch: Sequence[EndedCase], is_stopped: Callable[[], bool]) -> BatchResult:
        """Archive cases in order until one fails, which is logged and counted, or `is_stopped` says so."""
        finished: list[EndedCase] = []
        ended: EndedCase | None = None
        try:
            review_log = self._open()
            records = _fetch_events(self._settings, review_log, batch)
            histories = {ended.case_id: _replay(ended, records) for ended in batch}
            needed = self._find_needed(_to_erase(batch, histories))
            evidence = self._fetch_evidence(histories.values(), review_log)
            eraser = Eraser(self._settings, review_log, self._archive, self._metrics)
            for ended in batch:
                if is_stopped():
                    break
                history = histories[ended.case_id]
                for erasure in find_erasures(history, ended.erase_from):
                    eraser.erase(erasure, history, records[erasure.offset], needed, ended.rules)
                self._archive_case(history, evidence)
                finished.append(ended)
        except ArchiveFault as error:
            self._metrics.archive_failures.inc()
            log.error(
                "cases wait to be archived; trying again", error=f"{type(error).__name__}: {error}"[:300]
            )
            self.close()
            return BatchResult(finished, ended or batch[0])
        return BatchResult(finished, None)

    def close(self) -> None:
        """Close the connections; the next batch opens them again."""
        review_log, self._log = self._log, None
        if review_log is not None:
            with suppress(*topic_admin.KafkaFault):
                review_log.close()

    def _open(self) -> ReviewLog:
        if self._log is None:
            store = open_store(self._settings)
            self._archive = None if store is None else CaseArchive(store)
            self._log = ReviewLog(self._settings)
        return self._log

    def _fetch_evidence(
        self, histories: Iterable[Sequence[ReplayedEvent]], review_log: ReviewLog
    ) -> dict[str, Record]:
        """Return the evidence of the cases that are to be archived, by digest."""
        wanted: dict[str, LogPosition | None] = {}
        for history in histories:
            if self._archive is not None and (case := _ended_case(history)) is not None:
                positions = _positions(history)
                wanted |= {digest: positions[digest] for digest in case.evidence}
        return review_log.find_all_evidence(wanted)

    def _archive_case(self, history: Sequence[ReplayedEvent], values: Mapping[str, Record]) -> None:
        """Archive the evidence of a case, then the case, if it has ended and there is an archive."""
        case = _ended_case(history)
        if self._archive is None or case is None:
            return
        evidence: list[ArchivedEvidence] = []
        for digest in case.evidence:
            record = values.get(digest)
            if record is None or record.value is None:
                evidence.append(ArchivedEvidence(digest))
                log.warning("evidence of a case is missing", case_id=case.case_id, digest=digest)
                continue
            self._archive.put_evidence(digest, record.value)
            evidence.append(ArchivedEvidence(digest, record.header("content-type"), len(record.value)))
        self._archive.put_case(archived_case(case, history, evidence))
        self._metrics.archived.inc()


def _ended_case(history: Sequence[ReplayedEvent]) -> Case | None:
    case = history[-1].after
    return case if case is not None and case.stage in FINAL_STAGES else None


def _fetch_events(settings: Settings, review_log: ReviewLog, batch: Sequence[EndedCase]) -> dict[int, Record]:
    offsets = sorted({offset for ended in batch for offset in ended.offsets})
    return review_log.fetch(settings.topic(REVIEW_EVENTS.name), EVENTS_PARTITION, offsets)


def _replay(ended: EndedCase, records: Mapping[int, Record]) -> list[ReplayedEvent]:
    if missing := [offset for offset in ended.offsets if offset not in records]:
        raise OperatorError(f"{REVIEW_EVENTS.name} does not have offset {missing[0]} any more")
    return replay_case(((offset, records[offset].value or b"") for offset in ended.offsets), ended.rules)


def _to_erase(batch: Sequence[EndedCase], histories: Mapping[str, Sequence[ReplayedEvent]]) -> frozenset[str]:
    return frozenset(
        digest
        for ended in batch
        for erasure in find_erasures(histories[ended.case_id], ended.erase_from)
        if isinstance(erasure.event, EvidenceErased)
        for digest in erasure.event.what.evidence
    )


def _positions(history: Sequence[ReplayedEvent]) -> dict[str, LogPosition | None]:
    """Return where each value was written last, as far as the events say."""
    positions: dict[str, LogPosition | None] = {}
    for replayed in history:
        for named in named_evidence(replayed.event):
            positions[named.digest] = named.at or positions.get(named.digest)
    return positions
