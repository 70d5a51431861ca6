"""Every metric of the rescreening service: its name, type, labels, and the question it answers."""

from typing import Any, cast

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, disable_created_metrics

OUTCOMES = ("same", "reissued", "refused", "failed")
"""Nothing would be decided otherwise; what would be was written; too much would be, or it cannot be done;
Kafka or Redis did not answer."""

KINDS = ("held", "released", "reason")
"""What a decision was turned into: a hold, a release, a hold for another reason."""


class RescreenMetrics:
    """The metrics of one rescreening service, in one registry."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        cast(Any, disable_created_metrics)()
        self.registry = registry

        # What became of recent decisions when lists changed?
        self.rounds = Counter(
            "holdgate_rescreens", "Times that recent payments were screened again", ("outcome",),
            registry=registry,
        )  # fmt: skip
        for outcome in OUTCOMES:
            self.rounds.labels(outcome)
        self.reissued = Counter(
            "holdgate_rescreen_reissued", "Decisions written anew", ("kind",), registry=registry
        )
        for kind in KINDS:
            self.reissued.labels(kind)

        # Do decisions stand that the current lists would make otherwise?
        self.pending = Gauge(
            "holdgate_rescreen_pending_seconds",
            "Since when the current lists wait to be screened with again, 0 if they do not",
            registry=registry,
        )
        self.refused = Gauge(
            "holdgate_rescreen_refused_decisions",
            "Decisions that would be other ones and are too many to be written unasked",
            registry=registry,
        )
