"""Every metric of the rescreening service: its name, type, labels, and the question it answers."""

from typing import Any, cast

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

OUTCOMES = ("same", "reissued", "refused", "failed")
"""Nothing would be decided otherwise; what would be was written; too much would be, or it cannot be done;
Kafka or Redis did not answer."""

HELD_SECONDS = (60.0, 600.0, 3_600.0, 6 * 3_600.0, 86_400.0, 3 * 86_400.0)


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
        for kind in ("held", "released", "reason"):
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

        # How long had payments been held when other lists released them?
        self.held = Histogram(
            "holdgate_held_seconds",
            "From the decision to hold to the one that released",
            buckets=HELD_SECONDS,
            registry=registry,
        )
