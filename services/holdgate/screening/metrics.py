"""Every metric of a screening worker: its name, type and labels, and the question it answers.

Units are base units. Each label has few values, known at the start. Every series exists from the start, so a
missing series means a missing worker. No label holds a name, an account or a payment id. The probe's payments
are excluded from all payment metrics: decisions, their times, corridors and currencies.

What is measured from outside the workers (lag, waiting dead letters, Redis, the probe's answers) is in
`holdgate.probe.metrics`.
"""

from collections.abc import Iterable
from typing import Any, cast, get_args

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from holdgate.core.intake import InvalidEventCode
from holdgate.core.model.decision import HoldReason, NoteCode, ReleaseReason, Rule, Versions
from holdgate.core.policy.policy import Policy
from holdgate.runtime.metric_labels import CURRENCIES, OTHER, RailLabels

STAGES = ("wait", "read", "screen", "claim", "publish", "total")
"""The stages of a payment: from its record's timestamp to the worker (wait), parsing (read), screening,
claim, publication, and all of them together (total)."""

SECONDS = (0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Bucket limits. 0.05, 0.2 and 1 s are the latencies that instant rails are judged by. There are few of them
because every rail and every stage has all of them."""


MAX_CORRIDORS = 25
"""Corridors (pairs of countries) with series of their own: the first ones a worker sees; all others count as
`other`. With 25 corridors, ten lists, the delivered policy's rails and the client library's own metrics, a
worker exports at most 500 series; a test checks this."""


DEAD_LETTER_CODES = (*get_args(InvalidEventCode), "internal_error")


class Metrics:
    """The metrics of one worker, in one registry. `rails` are the rail names of its policy."""

    def __init__(self, rails: Iterable[str], registry: CollectorRegistry = REGISTRY) -> None:
        cast(Any, disable_created_metrics)()  # each would add a series that answers no question here
        self.registry = registry
        self.rails = RailLabels(rails)

        # How many payments are decided, how, and why? The hold ratio and all alerts on forced holds use this.
        self.decisions = Counter(
            "holdgate_decisions", "Decisions published", ("decision", "reason", "rail"), registry=registry
        )
        for rail in self.rails.values:
            for reason in get_args(HoldReason):
                self.decisions.labels("HOLD", reason, rail)
            for reason in get_args(ReleaseReason):
                self.decisions.labels("RELEASE", reason, rail)

        # Which rule holds payments? The rule of the first match in the decision.
        self.held_by = Counter(
            "holdgate_held_by", "Holds, by the rule of the best match", ("rule",), registry=registry
        )
        for rule in get_args(Rule):
            self.held_by.labels(rule)

        # Whose payments are held? Holds and releases by currency and by countries of origin and destination.
        self.currencies = Counter(
            "holdgate_currency_decisions",
            "Decisions, by the payment's currency",
            ("currency", "decision"),
            registry=registry,
        )
        for currency in CURRENCIES:
            for outcome in ("HOLD", "RELEASE"):
                self.currencies.labels(currency, outcome)
        self.corridors = Counter(
            "holdgate_corridor_decisions",
            "Decisions, by countries of origin and destination",
            ("origin", "destination", "decision"),
            registry=registry,
        )
        self._corridors: set[tuple[str, str]] = set()

        # How many names score just below the threshold? A lower threshold would hold these too.
        self.near_misses = Counter(
            "holdgate_near_misses", "Names that scored just below the threshold", registry=registry
        )

        # How many decisions were published after their deadline, and what are the deadlines?
        self.late = Counter(
            "holdgate_late_decisions",
            "Decisions published after their deadline",
            ("rail",),
            registry=registry,
        )
        self.deadline = Gauge(
            "holdgate_rail_deadline_seconds",
            "Maximum time to a decision, set by the policy",
            ("rail",),
            registry=registry,
        )
        for rail in self.rails.values:
            self.late.labels(rail)
            self.deadline.labels(rail)

        # How long does a payment wait? From its record's timestamp to the published decision.
        self.decision_seconds = Histogram(
            "holdgate_decision_seconds",
            "Time from the payment's record to its published decision",
            ("rail",),
            buckets=SECONDS,
            registry=registry,
        )
        for rail in self.rails.values:
            self.decision_seconds.labels(rail)

        # How many of the probe's payments did this worker decide? No metric above includes them.
        self.probed = Counter(
            "holdgate_probe_decisions", "Decisions on the probe's payments", registry=registry
        )

        # Do senders set the probe's header? It is ignored without the probe's signature.
        self.foreign_probe_marks = Counter(
            "holdgate_foreign_probe_marks",
            "Records with the probe's header but without its signature, decided and counted as payments",
            registry=registry,
        )

        # Do redriven records (`holdgate deadletters redrive`) succeed, or become dead letters again?
        self.redriven = Counter(
            "holdgate_redriven", "Redriven records, by outcome", ("outcome",), registry=registry
        )
        for outcome in ("decided", "dead"):
            self.redriven.labels(outcome)

        # Which engine and policy decide? Different values among workers mean an unfinished deployment.
        self.build = Gauge(
            "holdgate_build_info",
            "Engine and policy version in use (always 1)",
            ("engine", "policy"),
            registry=registry,
        )

        # Is the consumer group stable, and does this worker have partitions?
        self.rebalances = Counter(
            "holdgate_rebalances", "Partition assignments to this worker", registry=registry
        )
        self.partitions = Gauge(
            "holdgate_partitions_assigned", "Partitions assigned to this worker", registry=registry
        )

        # How many records had no value? They are not payments and get no decision.
        self.tombstones = Counter(
            "holdgate_tombstones", "Records without a value, skipped", registry=registry
        )

        # Which records could not be read or screened, and why? Each of them is also a HOLD.
        self.dead_letters = Counter(
            "holdgate_dead_letters", "Dead letters written, by reason", ("reason",), registry=registry
        )
        for code in DEAD_LETTER_CODES:
            self.dead_letters.labels(code)

        # Does a sender send so many unreadable records that they wait undecided in payments.quarantined?
        self.quarantined = Counter(
            "holdgate_quarantined_records",
            "Unreadable records set aside without a decision, because their sender sent too many",
            registry=registry,
        )

        # How many fields could not be compared, or only after a repair, and why?
        self.notes = Counter(
            "holdgate_notes",
            "Notes in decisions on fields that were not compared as they stand, by note code",
            ("code",),
            registry=registry,
        )
        for note in get_args(NoteCode):
            self.notes.labels(note)

        # How close is the worker to HOLDGATE_DEAD_LETTERS_A_MINUTE, where it stops?
        self.dead_letters_left = Gauge(
            "holdgate_dead_letters_left",
            "Dead letters this worker may still write in the current minute before it stops",
            registry=registry,
        )

        # Where does the time go? `wait` and `total` are measured per payment, the other stages per batch.
        self.seconds = Histogram(
            "holdgate_stage_seconds",
            "Time spent, by stage of the work",
            ("stage",),
            buckets=SECONDS,
            registry=registry,
        )
        for stage in STAGES:
            self.seconds.labels(stage)

        # Does the worker keep up? Full batches mean a backlog.
        self.batch = Histogram(
            "holdgate_batch_records",
            "Batch size in records",
            buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000),
            registry=registry,
        )

        # How long has the oldest record of the current batch been waiting? Zero when the worker is idle.
        self.oldest = Gauge(
            "holdgate_oldest_unscreened_seconds",
            "Age of the oldest record in the batch being decided, 0 when idle",
            registry=registry,
        )

        # How much work is matching?
        self.names = Counter("holdgate_names", "Names matched against the lists", registry=registry)
        self.cache_hits = Counter(
            "holdgate_name_cache_hits", "Names answered from the cache", registry=registry
        )
        self.candidates = Counter("holdgate_candidates", "Candidate names considered", registry=registry)
        self.comparisons = Counter(
            "holdgate_comparisons", "Candidate names scored in full", registry=registry
        )

        # Which lists does this worker screen with, and how old are they?
        self.list_info = Gauge(
            "holdgate_list_info", "List version in use (always 1)", ("version",), registry=registry
        )
        self.list_age = Gauge(
            "holdgate_list_age_seconds",
            "Time since the list was last confirmed to be current",
            ("list",),
            registry=registry,
        )
        self.list_limit = Gauge(
            "holdgate_list_age_limit_seconds",
            "Maximum age of the list; above it every payment is held",
            ("list",),
            registry=registry,
        )
        self.list_entries = Gauge(
            "holdgate_list_entries", "Entries in the list", ("list",), registry=registry
        )
        self.list_exempt = Gauge(
            "holdgate_list_freshness_exempt",
            "1 if the policy exempts the list from the maximum age",
            ("list",),
            registry=registry,
        )
        self.swap_seconds = Gauge(
            "holdgate_list_load_seconds", "Time it took to load the current snapshot", registry=registry
        )
        self.list_bytes = Gauge(
            "holdgate_list_snapshot_bytes", "Size of the current snapshot", registry=registry
        )

        # Does a listed name find its own entry? A sample of names is searched after each load.
        self.canary_names = Gauge(
            "holdgate_canary_names", "Listed names searched after the last load", registry=registry
        )
        self.canary_missed = Gauge(
            "holdgate_canary_missed", "Listed names that did not find their own entry", registry=registry
        )

        # Is a payment new, a repetition, or different content under a known payment_id?
        self.claims = Counter("holdgate_claims", "Claims, by outcome", ("outcome",), registry=registry)
        for outcome in ("first", "again", "changed"):
            self.claims.labels(outcome)

        # Does somebody forge claims, or does Redis damage them? Their decisions come from the log instead.
        self.unreadable_claims = Counter(
            "holdgate_unreadable_claims",
            "Claims that were unreadable or wrongly signed, and were replaced from the decisions topic",
            registry=registry,
        )

        # Do Redis and Kafka fail? Counts each failed call that is retried, and each further five seconds of
        # waiting for Kafka to acknowledge records.
        self.retries = Counter(
            "holdgate_retries", "Calls retried after a fault", ("system",), registry=registry
        )
        for system in ("redis", "kafka"):
            self.retries.labels(system)

    def show_rules(self, versions: Versions, policy: Policy) -> None:
        """Export the versions of engine and policy, and each rail's deadline."""
        self.build.labels(versions.engine, versions.policy).set(1)
        for rail in self.rails.values:
            profile = policy.profile(None if rail == OTHER else rail)
            self.deadline.labels(rail).set(profile.deadline_seconds)

    def corridor(self, pair: tuple[str, str]) -> tuple[str, str]:
        """Return the label values of a corridor: its own, or `other` if there are too many already."""
        labels = pair
        if pair not in self._corridors and len(self._corridors) >= MAX_CORRIDORS:
            labels = OTHER, OTHER
        if labels not in self._corridors:
            self._corridors.add(labels)
            for outcome in ("HOLD", "RELEASE"):  # both, so that their ratio exists from the start
                self.corridors.labels(*labels, outcome)
        return labels
