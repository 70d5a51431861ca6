"""Every metric of the audit service: its name, type, labels, and the question it answers."""

from typing import Any, cast

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, disable_created_metrics

from holdgate.audit.leaves import AUDITED
from holdgate.audit.verification import AuditReport
from holdgate.core.records.topics import CHECKPOINTS

OUTCOMES = ("intact", "broken", "failed")
"""Results of a round: everything is as it was signed; something is not; the round could not be completed."""


class AuditMetrics:
    """The metrics of one audit service, in one registry."""

    def __init__(self, interval_seconds: float, registry: CollectorRegistry = REGISTRY) -> None:
        cast(Any, disable_created_metrics)()
        self.registry = registry

        # Is the evidence still extended and verified?
        self.rounds = Counter(
            "holdgate_audit_rounds",
            "Rounds of the audit, by outcome",
            ("outcome",),
            registry=registry,
        )
        for outcome in OUTCOMES:
            self.rounds.labels(outcome)
        self.verified = Gauge(
            "holdgate_audit_verified_timestamp_seconds",
            "Unix time of the last complete verification; the service's start before the first one",
            registry=registry,
        )
        self.verified.set_to_current_time()
        self.interval = Gauge(
            "holdgate_audit_interval_seconds", "Time between two verifications", registry=registry
        )
        self.interval.set(interval_seconds)
        self.seconds = Gauge(
            "holdgate_audit_seconds", "Duration of the last complete round", registry=registry
        )

        # Was a record altered or removed, or the evidence itself?
        self.findings = Gauge(
            "holdgate_audit_findings",
            "Partitions that differ from what was signed, by topic",
            ("topic",),
            registry=registry,
        )
        for topic in (*(audited.topic for audited in AUDITED), CHECKPOINTS):
            self.findings.labels(topic.name)

        # How much is signed?
        self.leaves = Gauge(
            "holdgate_audit_leaves", "Leaves under a signed checkpoint", ("topic",), registry=registry
        )
        for audited in AUDITED:
            self.leaves.labels(audited.topic.name)

    def show(self, report: AuditReport, seconds: float) -> None:
        """Export a verification that took so long."""
        self.rounds.labels("intact" if report.intact else "broken").inc()
        self.verified.set_to_current_time()
        self.seconds.set(seconds)
        for topic in (*(audited.topic for audited in AUDITED), CHECKPOINTS):
            number = sum(finding.topic == topic.name for finding in report.findings)
            self.findings.labels(topic.name).set(number)
        for audited in AUDITED:
            sizes = (tree.signed_size for tree in report.trees if tree.topic == audited.topic.name)
            self.leaves.labels(audited.topic.name).set(sum(sizes))
