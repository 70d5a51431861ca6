"""Every metric of the desk: its name, type, labels, and the question it answers."""

from typing import Any, cast

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class DeskMetrics:
    """The metrics of one desk, in one registry."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        cast(Any, disable_created_metrics)()
        self.registry = registry

        # Do people get their pages, and how fast?
        self.requests = Counter(
            "holdgate_desk_requests",
            "Answers of the desk by page and status",
            ("page", "status"),
            registry=registry,
        )
        self.latency = Histogram(
            "holdgate_desk_request_seconds",
            "Time until a page was answered",
            ("page",),
            buckets=SECONDS,
            registry=registry,
        )
        self.sessions = Gauge("holdgate_desk_sessions", "People who are signed in", registry=registry)

        # Do the pages show what is in the log?
        self.lag = Gauge(
            "holdgate_desk_lag_records", "Records of review that the pages do not show yet", registry=registry
        )
        self.faults = Counter(
            "holdgate_desk_faults",
            "Times that the desk had to open its connections to Kafka again",
            registry=registry,
        )

        # What do people do?
        self.views = Counter(
            "holdgate_desk_case_views", "Times that somebody looked at a case", registry=registry
        )
        self.actions = Counter(
            "holdgate_desk_actions",
            "Events that people wrote on the desk, and whether they count",
            ("type", "result"),
            registry=registry,
        )
