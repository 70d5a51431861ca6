"""Every metric of the probe: its name, type, labels, and the question it answers."""

from typing import Any, cast, get_args

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from holdgate.core.model.decision import ScreeningReason
from holdgate.core.records.audit import Action, AuditOutcome

PAYMENTS = ("listed", "clean")
OUTCOMES = ("right", "wrong", "late")
"""The expected decision; another decision; no decision within HOLDGATE_PROBE_LATE_SECONDS."""

SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class ProbeMetrics:
    """The metrics of one probe, in one registry."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        cast(Any, disable_created_metrics)()
        self.registry = registry

        # Does the gate hold a listed payment and release a clean one, in time? Tested on the live topics.
        self.answers = Counter(
            "holdgate_probe_answers",
            "Answers to the probe's payments, by outcome; wrong ones by the reason that was given",
            ("payment", "outcome", "reason"),
            registry=registry,
        )
        for payment in PAYMENTS:
            for outcome in OUTCOMES:
                for reason in get_args(ScreeningReason) if outcome == "wrong" else ("",):
                    self.answers.labels(payment, outcome, reason)
        self.seconds = Histogram(
            "holdgate_probe_seconds",
            "Time from the probe's payment to its decision",
            buckets=SECONDS,
            registry=registry,
        )

        # How many payments wait, and since when? According to the offsets that the workers committed.
        self.lag_records = Gauge(
            "holdgate_lag_records", "Payments without a decision", ("partition",), registry=registry
        )
        self.lag_seconds = Gauge(
            "holdgate_lag_seconds",
            "Age of the oldest payment without a decision, 0 if none",
            ("partition",),
            registry=registry,
        )
        self.members = Gauge("holdgate_group_members", "Workers in the consumer group", registry=registry)

        # Are there open dead letters, neither redriven nor discarded?
        self.dead_letters = Gauge(
            "holdgate_dead_letters_waiting", "Dead letters neither redriven nor discarded", registry=registry
        )
        self.dead_letters_age = Gauge(
            "holdgate_dead_letters_oldest_seconds",
            "Age of the oldest open dead letter, 0 if none",
            registry=registry,
        )

        # Is something replayed, redriven or rolled back repeatedly? From the audit, counted as they end.
        self.operations = Counter(
            "holdgate_operations",
            "Replays, redrives, rescreens and rollbacks that ended, by outcome",
            ("action", "outcome"),
            registry=registry,
        )
        for action in get_args(Action):
            for outcome in get_args(AuditOutcome):
                self.operations.labels(action, outcome)

        # How long do holds last? Known only for holds that a later decision of the gate released.
        self.lifted = Counter(
            "holdgate_holds_lifted", "Holds that a later decision released", registry=registry
        )
        self.lifted_seconds = Counter(
            "holdgate_holds_lifted_seconds", "Total time these holds had lasted", registry=registry
        )

        # Do Kafka and Redis answer?
        self.up = Gauge(
            "holdgate_system_up",
            "1 if the system answered the probe's last check",
            ("system",),
            registry=registry,
        )
        for system in ("kafka", "redis"):
            self.up.labels(system)

        # Has Redis memory for the next claim, and has it kept all claims?
        self.redis_memory = Gauge("holdgate_redis_memory_bytes", "Memory used by Redis", registry=registry)
        self.redis_limit = Gauge(
            "holdgate_redis_memory_limit_bytes", "Memory limit of Redis, 0 for no limit", registry=registry
        )
        self.redis_evicted = Gauge(
            "holdgate_redis_evicted_keys", "Keys evicted since Redis started", registry=registry
        )
        self.redis_clients = Gauge("holdgate_redis_clients", "Connections to Redis", registry=registry)

        # Which snapshot should every worker use?
        self.list_current = Gauge(
            "holdgate_list_current_info",
            "Current list version (always 1)",
            ("version",),
            registry=registry,
        )
