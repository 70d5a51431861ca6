"""Every metric of the probe: its name, type, labels, and the question it answers."""

from typing import Any, cast, get_args

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from holdgate.core.records.audit import Action, AuditOutcome

PAYMENTS = ("listed", "clean")
OUTCOMES = ("right", "wrong", "late")
"""As it has to be; another decision than that; none within the time that was given."""

SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class ProbeMetrics:
    """The metrics of one probe, in one registry."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        cast(Any, disable_created_metrics)()
        self.registry = registry

        # Does the gate hold whom it must and release whom it may, in time? Asked through the live topics.
        self.answers = Counter(
            "holdgate_probe_answers", "Answers to the probe", ("payment", "outcome"), registry=registry
        )
        for payment in PAYMENTS:
            for outcome in OUTCOMES:
                self.answers.labels(payment, outcome)
        self.seconds = Histogram(
            "holdgate_probe_seconds", "Time to an answer", buckets=SECONDS, registry=registry
        )

        # How much waits for a decision, and since when? By the offsets that the workers committed.
        self.lag_records = Gauge(
            "holdgate_lag_records", "Payments without a decision", ("partition",), registry=registry
        )
        self.lag_seconds = Gauge(
            "holdgate_lag_seconds", "Age of the oldest of them, 0 if none", ("partition",), registry=registry
        )
        self.members = Gauge("holdgate_group_members", "Workers in the consumer group", registry=registry)

        # Do dead letters lie about? Those that were neither redriven nor discarded.
        self.dead_letters = Gauge(
            "holdgate_dead_letters_waiting", "Dead letters that nobody took up", registry=registry
        )
        self.dead_letters_age = Gauge(
            "holdgate_dead_letters_oldest_seconds", "Age of the oldest of them, 0 if none", registry=registry
        )

        # Is something replayed, redriven or rolled back again and again? What the audit says ended.
        self.operations = Counter(
            "holdgate_operations",
            "What was done by hand or by rescreening",
            ("action", "outcome"),
            registry=registry,
        )
        for action in get_args(Action):
            for outcome in get_args(AuditOutcome):
                self.operations.labels(action, outcome)

        # How long do holds stay held, as far as the gate knows: those that a later decision lifted?
        self.lifted = Counter(
            "holdgate_holds_lifted", "Holds that a decision which follows them released", registry=registry
        )
        self.lifted_seconds = Counter(
            "holdgate_holds_lifted_seconds", "How long these had been held, all together", registry=registry
        )

        # Do Kafka and Redis answer?
        self.up = Gauge("holdgate_system_up", "1 if it answered the probe", ("system",), registry=registry)
        for system in ("kafka", "redis"):
            self.up.labels(system)

        # Will Redis take the next claim, and has it kept all?
        self.redis_memory = Gauge("holdgate_redis_memory_bytes", "Memory in use", registry=registry)
        self.redis_limit = Gauge(
            "holdgate_redis_memory_limit_bytes", "Memory it may use, 0 for no limit", registry=registry
        )
        self.redis_evicted = Gauge(
            "holdgate_redis_evicted_keys", "Keys evicted since it started", registry=registry
        )
        self.redis_clients = Gauge("holdgate_redis_clients", "Connections to Redis", registry=registry)

        # Which snapshot should every worker screen with?
        self.list_current = Gauge(
            "holdgate_list_current_info",
            "1 for the snapshot that is current",
            ("version",),
            registry=registry,
        )
