"""Every metric: its name, type, labels, and the question it answers.

Base units; every label has few values, known beforehand; every series exists from the start, so that a
missing one means a missing worker. No label ever holds a name, an account or a payment's id.
"""

from typing import Any, Protocol, cast, get_args

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from holdgate.core.decision import HoldReason, NoteCode, ReleaseReason
from holdgate.core.intake import Code

RAILS = ("swift", "sct", "sct_inst", "fednow", "rtp", "internal", "other")
"""Values of the label `rail`; what a payment says beyond these counts as `other`."""

STAGES = ("wait", "read", "screen", "claim", "publish", "total")
"""From the record's timestamp to the worker (wait), decode, screen, claim, publish; total is all of it."""

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Edges on 0.05, 0.2 and 1 s, the latencies that instant rails are judged by."""

DEAD_LETTER_CODES = (*get_args(Code), "internal_error")


class Work(Protocol):
    """What a matcher counts of itself."""

    names: int
    cache_hits: int
    candidates: int
    comparisons: int


class Metrics:
    """The metrics of one process, in one registry."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        cast(Any, disable_created_metrics)()  # a series more for each, that answers no question here
        self.registry = registry
        self._counted: dict[str, int] = {}

        # How many payments leave, how, and why? The hold ratio and every alert on forced holds stand on it.
        self.decisions = Counter(
            "holdgate_decisions", "Decisions published", ("decision", "reason", "rail"), registry=registry
        )
        for rail in RAILS:
            for reason in get_args(HoldReason):
                self.decisions.labels("HOLD", reason, rail)
            for reason in get_args(ReleaseReason):
                self.decisions.labels("RELEASE", reason, rail)

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

    def count_matching(self, work: Work) -> None:
        """Add what a matcher did since it was counted last; a new matcher starts from nothing."""
        before = self._counted if self._counted.get("matcher") == id(work) else {}
        now = {"matcher": id(work)} | {
            name: getattr(work, name) for name in ("names", "cache_hits", "candidates", "comparisons")
        }
        for name, metric in (
            ("names", self.names),
            ("cache_hits", self.cache_hits),
            ("candidates", self.candidates),
            ("comparisons", self.comparisons),
        ):
            metric.inc(now[name] - before.get(name, 0))
        self._counted = now


def rail_label(rail: str | None) -> str:
    """The value of the label `rail` for what a payment says."""
    known = (rail or "").lower()
    return known if known in RAILS else "other"
