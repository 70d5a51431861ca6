"""Every metric of the lists service: its name, type, labels, and the question it answers."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, cast, get_args

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, disable_created_metrics

from holdgate.lists.diff import EntryChange, EntryChangeKind

RefusalCause = Literal["refused", "unfetched"]
"""Why a list is not made current: for what it holds or lacks, or since its server did not give it."""

OUTCOMES = ("published", *get_args(RefusalCause), "failed")
"""What a round came to: made current; a list refused, or not fetched; Kafka or Redis did not answer."""

EVERY = "every"
"""The label `list` of what concerns no list alone: the policy, the archive, a rollback."""


class ListsMetrics:
    """The metrics of one lists service, in one registry."""

    def __init__(
        self, lists: Iterable[str], refresh_seconds: float, registry: CollectorRegistry = REGISTRY
    ) -> None:
        cast(Any, disable_created_metrics)()
        self.registry = registry

        # Do lists still come? The refused ones and those that did not get through grow old in use.
        self.rounds = Counter(
            "holdgate_lists_rounds", "Rounds of the lists service by outcome", ("outcome",), registry=registry
        )
        for outcome in OUTCOMES:
            self.rounds.labels(outcome)
        self.published = Gauge(
            "holdgate_lists_published_timestamp_seconds",
            "When lists were last published, in Unix time; the service's start before the first",
            registry=registry,
        )
        self.published.set_to_current_time()
        self.refresh = Gauge(
            "holdgate_lists_refresh_seconds", "Time from one round to the next", registry=registry
        )
        self.refresh.set(refresh_seconds)

        # Which source does not give its list, or a list that can be used? When did each do so last?
        self.read = Gauge(
            "holdgate_lists_read_timestamp_seconds",
            "When the source was last read whole, in Unix time; 0 before",
            ("list",),
            registry=registry,
        )
        self.failures = Counter(
            "holdgate_lists_failures", "Rounds that a list ended", ("list", "why"), registry=registry
        )
        self.failing = Gauge(
            "holdgate_lists_failing", "1 if it ended the last round", ("list", "why"), registry=registry
        )
        self._lists = (*lists, EVERY)
        for name in self._lists:
            if name != EVERY:
                self.read.labels(name)
            for why in get_args(RefusalCause):
                self.failures.labels(name, why)
                self.failing.labels(name, why)

        # What does it take to read and index them?
        self.build_seconds = Gauge(
            "holdgate_lists_build_seconds", "Time that the last round took to build", registry=registry
        )

        # What was published last: how many entries, of when, how large?
        self.entries = Gauge("holdgate_lists_entries", "Entries published", ("list",), registry=registry)
        self.as_of = Gauge(
            "holdgate_lists_as_of_timestamp_seconds",
            "When what was published was last known to be true, in Unix time",
            ("list",),
            registry=registry,
        )
        self.bytes = Gauge("holdgate_lists_snapshot_bytes", "Size of the snapshot", registry=registry)

        # What did the last change of each list change?
        self.changes = Gauge(
            "holdgate_lists_changes",
            "Entries added, removed, changed when lists last changed",
            ("list", "change"),
            registry=registry,
        )

    def show_failures(self, failures: Iterable[tuple[str, RefusalCause]]) -> None:
        """Show which lists ended this round, and why; none where it was published."""
        failing = set(failures)
        for place in failing:
            self.failures.labels(*place).inc()
        self.failing.clear()
        for name in {*self._lists, *(name for name, _ in failing)}:
            for why in get_args(RefusalCause):
                self.failing.labels(name, why).set((name, why) in failing)

    def show_published(self, entries: Mapping[str, int], as_of: Mapping[str, datetime], size: int) -> None:
        """Show what was published just now."""
        self.published.set_to_current_time()
        self.bytes.set(size)
        for name, number in entries.items():
            self.entries.labels(name).set(number)
            self.as_of.labels(name).set(as_of[name].timestamp())

    def show_changes(self, lists: Iterable[str], changes: Iterable[EntryChange]) -> None:
        """Show what another snapshot changed, list by list."""
        kinds: tuple[EntryChangeKind, ...] = get_args(EntryChangeKind)
        counts = {(name, kind): 0 for name in lists for kind in kinds}
        for found in changes:
            place = found.list, found.change
            counts[place] = counts.get(place, 0) + 1
        self.changes.clear()
        for place, count in counts.items():
            self.changes.labels(*place).set(count)
