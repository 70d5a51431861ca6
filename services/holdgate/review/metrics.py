"""Every metric of the review process: its name, type, labels, and the question it answers."""

from typing import Any, cast, get_args

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, disable_created_metrics

from holdgate.core.review.case import Stage
from holdgate.core.review.reducer import VoidReason
from holdgate.core.review.review_rules import Queue

DISPOSALS = ("release", "reject", "block", "sent_back", "unreadable")
"""What became of approved cases: a decision of that kind was written; the last screening found matches that
nobody judged; the payment could not be read or screened again. The last two go back to the people."""


ERASURES = ("erased", "kept", "refused")
"""What became of a value that people had erased: it was; another case needs it; by the broker's clock its
legal time has not ended, so the event's own time is wrong."""


class ReviewMetrics:
    """The metrics of one review process, in one registry."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        cast(Any, disable_created_metrics)()
        self.registry = registry

        # Is exactly one process active, and does it keep up?
        self.active = Gauge(
            "holdgate_review_active", "1 if this process is the active one", registry=registry
        )
        self.lag = Gauge(
            "holdgate_review_lag_records",
            "Records that the active process has not read yet",
            ("topic",),
            registry=registry,
        )
        self.faults = Counter(
            "holdgate_review_faults",
            "Times that the process had to open its connections again",
            registry=registry,
        )
        self.progress = Gauge(
            "holdgate_review_progress_timestamp_seconds",
            "Unix time of the last round of the active process",
            registry=registry,
        )

        # What waits for people?
        self.cases = Gauge(
            "holdgate_review_cases", "Cases by queue and stage", ("queue", "stage"), registry=registry
        )
        for queue in get_args(Queue):
            for stage in get_args(Stage):
                self.cases.labels(queue, stage)
        self.overdue = Gauge(
            "holdgate_review_overdue_cases",
            "Unfinished cases whose due time has passed",
            ("queue",),
            registry=registry,
        )
        self.oldest = Gauge(
            "holdgate_review_oldest_case_seconds",
            "Age of the oldest unfinished case, 0 if there is none",
            ("queue",),
            registry=registry,
        )
        for queue in get_args(Queue):
            self.overdue.labels(queue)
            self.oldest.labels(queue)

        # Does somebody write events that may not count?
        self.void = Counter(
            "holdgate_review_void_events", "Events without effect, by reason", ("reason",), registry=registry
        )
        for reason in get_args(VoidReason):
            self.void.labels(reason)

        # How do cases end, and what keeps approved ones from ending?
        self.disposals = Counter(
            "holdgate_review_disposals",
            "Approved cases that were disposed of, by outcome",
            ("outcome",),
            registry=registry,
        )
        for outcome in DISPOSALS:
            self.disposals.labels(outcome)
        self.waiting = Gauge(
            "holdgate_review_waiting_for_lists_cases",
            "Approved releases that wait because lists are missing or too old for the last screening",
            registry=registry,
        )
        self.evidence_missing = Counter(
            "holdgate_review_evidence_missing",
            "Cases whose payment or decision was gone when it was needed",
            registry=registry,
        )
        # Are cases that ended archived?
        self.unarchived = Gauge(
            "holdgate_review_unarchived_cases",
            "Ended cases that wait to be archived, or for the erasure of their evidence",
            registry=registry,
        )
        self.archived = Counter(
            "holdgate_review_archived_cases", "Ended cases that were archived", registry=registry
        )
        self.archive_failures = Counter(
            "holdgate_review_archive_failures",
            "Times that the archive or Kafka failed when a case was archived or evidence was erased",
            registry=registry,
        )

        self.erased = Counter(
            "holdgate_review_erased_values",
            "Values of evidence that people had erased, by what became of them",
            ("outcome",),
            registry=registry,
        )
        for outcome in ERASURES:
            self.erased.labels(outcome)

        self.untold = Counter(
            "holdgate_review_untold_decisions",
            "Decisions in force of which their case could not be told: a hold without a case, for example",
            registry=registry,
        )
        self.unreadable_decisions = Counter(
            "holdgate_review_unreadable_decisions",
            "Records of screening.decisions that are no decisions of this version",
            registry=registry,
        )
