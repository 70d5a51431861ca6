"""Erases the evidence of a case as a person asked for it: in Kafka, then in the archive; then it is audited.

One value may be evidence of several cases, such as a record with many payments, or the same note. It is
erased once no case needs it. A repetition after a crash is harmless: the audit then has two records with the
same run_id, which is the id of the person's event.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import structlog

from holdgate.adapters.files.case_archive import CaseArchive
from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.kafka.review_log import ReviewLog
from holdgate.core.records.kafka_record import Record
from holdgate.core.review.case_replay import ReplayedEvent, RulesHistory, rules_at
from holdgate.core.review.event import EvidenceErased
from holdgate.core.review.named_evidence import named_evidence
from holdgate.core.review.retention import is_erasable
from holdgate.review.metrics import ReviewMetrics
from holdgate.runtime.settings import Settings

log = structlog.get_logger()


def find_erasures(history: Sequence[ReplayedEvent], start: int) -> list[ReplayedEvent]:
    """Return the erasures of a case that count, from an offset on."""
    return [
        replayed
        for replayed in history
        if isinstance(replayed.event, EvidenceErased) and replayed.void is None and replayed.offset >= start
    ]


class Eraser:
    """Carries erasures out. Each call may raise one of `KafkaFault`, or `OperatorError` of the archive."""

    def __init__(
        self, settings: Settings, review_log: ReviewLog, archive: CaseArchive | None, metrics: ReviewMetrics
    ) -> None:
        self._log = review_log
        self._archive = archive
        self._metrics = metrics
        self._audit = AuditLog(settings)

    def erase(
        self,
        erasure: ReplayedEvent,
        history: Sequence[ReplayedEvent],
        record: Record,
        needed: Mapping[str, Sequence[str]],
        rules: RulesHistory,
    ) -> None:
        """Erase what one event names, unless the legal time has not ended by the broker's clock.

        `record` is the event's, `needed` has the cases that still need a value, by its digest.
        """
        event = erasure.event
        assert isinstance(event, EvidenceErased), "see find_erasures"
        what = {"case": event.case_id, "event": event.event_id}
        if not _is_due(erasure, record, rules):
            self._metrics.erased.labels("refused").inc(len(event.what.evidence))
            log.error("evidence is not erased: by the broker's clock it is not due", case_id=event.case_id)
            self._audit.write(
                event.event_id, "cases.erase", "ended", event.what.code, what, {}, "refused", event.by.user
            )
            return
        own = _digests(replayed for replayed in history if replayed.offset < erasure.offset)
        named = [digest for digest in event.what.evidence if digest in own]
        erased = [digest for digest in named if digest not in needed]
        self._log.erase_evidence(erased)
        if self._archive is not None:
            for digest in erased:
                self._archive.remove_evidence(digest)
        counts = {"erased": len(erased), "kept": len(named) - len(erased)}
        self._audit.write(
            event.event_id, "cases.erase", "ended", event.what.code, what, counts, by=event.by.user
        )
        for outcome, count in counts.items():
            self._metrics.erased.labels(outcome).inc(count)
        log.info("evidence of a case erased", case_id=event.case_id, **counts)


def _digests(history: Iterable[ReplayedEvent]) -> set[str]:
    """Return what the events of a case name; an erasure may name nothing else."""
    return {named.digest for replayed in history for named in named_evidence(replayed.event)}


def _is_due(erasure: ReplayedEvent, record: Record, rules: RulesHistory) -> bool:
    """Return whether an erasure is due by the broker's clock; the event has its writer's."""
    event, in_force = erasure.event, rules_at(rules, erasure.offset)
    assert isinstance(event, EvidenceErased), "see find_erasures"
    assert in_force is not None, "the event counts"
    assert erasure.before is not None, "the event counts"
    written_at = datetime.fromtimestamp(record.timestamp, UTC)
    return is_erasable(erasure.before, event.what.code, written_at, in_force)
