"""Every metric of the rescreening service: its name, type, labels, and the question it answers."""

from typing import Any, cast

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, disable_created_metrics

OUTCOMES = ("same", "reissued", "refused", "failed")
"""No decision changes; the changed ones were reissued; too many would change, or an input is missing or
untrusted; Kafka or Redis did not answer."""

KINDS = ("held", "released", "reason")
"""What a decision became: a hold, a release, a hold for another reason."""


class RescreenMetrics:
    """The metrics of one rescreening service, in one registry."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        cast(Any, disable_created_metrics)()
        self.registry = registry

        # How did rescreening after list updates end?
        self.rounds = Counter(
            "holdgate_rescreens", "Rescreens of recent payments, by outcome", ("outcome",),
            registry=registry,
        )  # fmt: skip
        for outcome in OUTCOMES:
            self.rounds.labels(outcome)
        self.reissued = Counter(
            "holdgate_rescreen_reissued",
            "Decisions reissued, by what they became",
            ("kind",),
            registry=registry,
        )
        for kind in KINDS:
            self.reissued.labels(kind)

        # Does somebody forge claims, or does Redis damage them? Workers count theirs by the same name.
        self.unreadable_claims = Counter(
            "holdgate_unreadable_claims",
            "Claims that were unreadable or wrongly signed, and were replaced by reissued decisions",
            registry=registry,
        )

        # Are there standing decisions that the current lists would change?
        self.pending = Gauge(
            "holdgate_rescreen_pending_seconds",
            "Seconds that the current lists have been waiting for a rescreen, 0 if none is due",
            registry=registry,
        )
        self.needs_review = Gauge(
            "holdgate_rescreen_needs_review_decisions",
            "Holds that the current lists would lift, but only people may; as of the last rescreen",
            registry=registry,
        )
        self.refused = Gauge(
            "holdgate_rescreen_refused_decisions",
            "Decisions that would change, if they are too many to be reissued without approval",
            registry=registry,
        )
