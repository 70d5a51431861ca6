"""Every metric of a screening worker: its name, type, labels, and the question it answers.

Base units; every label has few values, known beforehand; every series exists from the start, so that a
missing one means a missing worker. No label ever holds a name, an account or a payment's id. Payments of the
probe are not in what speaks of payments: decisions, their times, corridors and currencies.

What is seen from outside of the workers (lag, dead letters that wait, Redis, the probe's answers) stands in
`holdgate.probe.metrics`.
"""

from typing import Any, cast, get_args

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from holdgate.core.intake import InvalidEventCode
from holdgate.core.model.decision import HoldReason, NoteCode, ReleaseReason, Rule, Versions
from holdgate.core.policy.policy import Policy
from holdgate.runtime.metric_labels import CURRENCIES, OTHER, RAILS

STAGES = ("wait", "read", "screen", "claim", "publish", "total")
"""From the record's timestamp to the worker (wait), decode, screen, claim, publish; total is all of it."""

SECONDS = (0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Edges on 0.05, 0.2 and 1 s, the latencies that instant rails are judged by. Few of them: they come in
thirteen rails and stages."""


MAX_CORRIDORS = 25
"""Corridors (pairs of countries) that a worker counts apart: the first it meets; any further is `other`. With
them, ten lists and the process's own, a worker shows at most 500 series: a test holds it to that."""


DEAD_LETTER_CODES = (*get_args(InvalidEventCode), "internal_error")


class Metrics:
    """The metrics of one process, in one registry."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        cast(Any, disable_created_metrics)()  # a series more for each, that answers no question here
        self.registry = registry

        # How many payments leave, how, and why? The hold ratio and every alert on forced holds stand on it.
        self.decisions = Counter(
            "holdgate_decisions", "Decisions published", ("decision", "reason", "rail"), registry=registry
        )
        for rail in RAILS:
            for reason in get_args(HoldReason):
                self.decisions.labels("HOLD", reason, rail)
            for reason in get_args(ReleaseReason):
                self.decisions.labels("RELEASE", reason, rail)

        # By which rule is held? The rule of the first match told.
        self.held_by = Counter(
            "holdgate_held_by", "Holds by rule of the best match", ("rule",), registry=registry
        )
        for rule in get_args(Rule):
            self.held_by.labels(rule)

        # Whom does the gate stop? Holds and releases by currency and by where money comes from and goes to.
        self.currencies = Counter(
            "holdgate_currency_decisions",
            "Decisions by currency",
            ("currency", "decision"),
            registry=registry,
        )
        for currency in CURRENCIES:
            for outcome in ("HOLD", "RELEASE"):
                self.currencies.labels(currency, outcome)
        self.corridors = Counter(
            "holdgate_corridor_decisions",
            "Decisions by countries of origin and destination",
            ("origin", "destination", "decision"),
            registry=registry,
        )
        self._corridors: set[tuple[str, str]] = set()

        # How many names agree with a listed one just too little to hold? What would a lower threshold add?
        self.near_misses = Counter(
            "holdgate_near_misses", "Listed names just below their threshold", registry=registry
        )

        # How many decisions stood in the log after their deadline, and which deadlines are there?
        self.late = Counter(
            "holdgate_late_decisions",
            "Decisions published after their deadline",
            ("rail",),
            registry=registry,
        )
        self.deadline = Gauge(
            "holdgate_rail_deadline_seconds",
            "Time that a decision may take by the policy",
            ("rail",),
            registry=registry,
        )
        for rail in RAILS:
            self.late.labels(rail)
            self.deadline.labels(rail)

        # How long does a payment wait for its decision, by rail? From its record to its decision in the log.
        self.decision_seconds = Histogram(
            "holdgate_decision_seconds",
            "Time from record to decision",
            ("rail",),
            buckets=SECONDS,
            registry=registry,
        )
        for rail in RAILS:
            self.decision_seconds.labels(rail)

        # How many of the probe's own payments were decided here? They are in nothing above.
        self.probed = Counter(
            "holdgate_probe_decisions", "Decisions on the probe's payments", registry=registry
        )

        # Do records that were sent again by `holdgate deadletters redrive` come through, or back?
        self.redriven = Counter(
            "holdgate_redriven", "Records sent again, by what became of them", ("outcome",), registry=registry
        )
        for outcome in ("decided", "dead"):
            self.redriven.labels(outcome)

        # What runs here? Another value among workers is a deployment under way, or one that got stuck.
        self.build = Gauge("holdgate_build_info", "1 for what runs", ("engine", "policy"), registry=registry)

        # Does the group settle, and does this worker have work?
        self.rebalances = Counter(
            "holdgate_rebalances", "Assignments of partitions to this worker", registry=registry
        )
        self.partitions = Gauge(
            "holdgate_partitions_assigned", "Partitions that this worker reads", registry=registry
        )

        # How many records were null? They are nobody's payment and get no decision.
        self.tombstones = Counter("holdgate_tombstones", "Null records passed over", registry=registry)

        # What cannot be read or screened, and why? Each is also a HOLD.
        self.dead_letters = Counter(
            "holdgate_dead_letters", "Records written to the dead letters", ("reason",), registry=registry
        )
        for code in DEAD_LETTER_CODES:
            self.dead_letters.labels(code)

        # In how many decisions could a field not be compared, and why?
        self.notes = Counter("holdgate_notes", "Notes in decisions", ("code",), registry=registry)
        for note in get_args(NoteCode):
            self.notes.labels(note)

        # How near is the limit at which a worker stops instead of writing yet more dead letters?
        self.dead_letters_left = Gauge(
            "holdgate_dead_letters_left",
            "Dead letters left before the worker stops",
            registry=registry,
        )

        # Where does a payment's time go? Stages of a batch; `wait` and `total` are of each payment.
        self.seconds = Histogram(
            "holdgate_stage_seconds", "Time by stage", ("stage",), buckets=SECONDS, registry=registry
        )
        for stage in STAGES:
            self.seconds.labels(stage)

        # Does the worker keep up? Full batches mean a backlog.
        self.batch = Histogram(
            "holdgate_batch_records",
            "Records decided in one go",
            buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000),
            registry=registry,
        )

        # How long has the oldest record that is read but not decided been waiting? Zero when idle.
        self.oldest = Gauge(
            "holdgate_oldest_unscreened_seconds", "Age of the oldest undecided record", registry=registry
        )

        # What does matching cost?
        self.names = Counter("holdgate_names", "Names matched against the lists", registry=registry)
        self.cache_hits = Counter(
            "holdgate_name_cache_hits", "Names answered from the cache", registry=registry
        )
        self.candidates = Counter("holdgate_candidates", "Listed names looked at", registry=registry)
        self.comparisons = Counter("holdgate_comparisons", "Listed names compared in full", registry=registry)

        # Which lists does this worker screen with, and how old are they?
        self.list_info = Gauge(
            "holdgate_list_info", "1 for the snapshot in use", ("version",), registry=registry
        )
        self.list_age = Gauge(
            "holdgate_list_age_seconds",
            "Time since the list was last known true",
            ("list",),
            registry=registry,
        )
        self.list_limit = Gauge(
            "holdgate_list_age_limit_seconds",
            "Age from which a list holds every payment",
            ("list",),
            registry=registry,
        )
        self.list_entries = Gauge(
            "holdgate_list_entries", "Entries of the list", ("list",), registry=registry
        )
        self.list_exempt = Gauge(
            "holdgate_list_freshness_exempt",
            "1 where the policy does not judge a list's age",
            ("list",),
            registry=registry,
        )
        self.swap_seconds = Gauge(
            "holdgate_list_load_seconds", "Time the last snapshot took to load", registry=registry
        )
        self.list_bytes = Gauge(
            "holdgate_list_snapshot_bytes", "Size of the snapshot in use", registry=registry
        )

        # Does the snapshot in use find the names that it lists? Some are asked for when it is loaded.
        self.canary_names = Gauge(
            "holdgate_canary_names", "Listed names asked for at the last load", registry=registry
        )
        self.canary_missed = Gauge(
            "holdgate_canary_missed", "Listed names that did not find their own entry", registry=registry
        )

        # First decision, the same one again, or other content under a known id?
        self.claims = Counter("holdgate_claims", "Claims by outcome", ("outcome",), registry=registry)
        for outcome in ("first", "again", "changed"):
            self.claims.labels(outcome)

        # Is something outside failing? Each is a failed call that is repeated in place, or five seconds more
        # of waiting for records to stand in Kafka.
        self.retries = Counter(
            "holdgate_retries", "Calls repeated after a fault", ("system",), registry=registry
        )
        for system in ("redis", "kafka"):
            self.retries.labels(system)

    def show_rules(self, versions: Versions, policy: Policy) -> None:
        """Say which engine and policy decide, and how long they give each rail."""
        self.build.labels(versions.engine, versions.policy).set(1)
        for rail in RAILS:
            profile = policy.profile(None if rail == OTHER else rail)
            self.deadline.labels(rail).set(profile.deadline_seconds)

    def corridor(self, pair: tuple[str, str]) -> tuple[str, str]:
        """The label values of a corridor: its own, or `other` where there are too many already."""
        told = pair
        if pair not in self._corridors and len(self._corridors) >= MAX_CORRIDORS:
            told = OTHER, OTHER
        if told not in self._corridors:
            self._corridors.add(told)
            for outcome in ("HOLD", "RELEASE"):  # both, so that a ratio can be told
                self.corridors.labels(*told, outcome)
        return told
