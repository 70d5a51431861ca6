"""Every metric of the lists service: its name, type, labels, and the question it answers."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, cast, get_args

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, disable_created_metrics

from holdgate.lists.diff import EntryChange, EntryChangeKind

RefusalCause = Literal["refused", "conflict", "unfetched"]
"""Why a list cannot be published: its content was rejected, somebody else publishes, or it could not be
downloaded. The first of several counts for the round."""

OUTCOMES = ("published", *get_args(RefusalCause), "failed")
"""Results of a round: published; a list rejected or not downloaded; another publisher in the way; Kafka or
Redis did not answer."""

ALL_LISTS = "every"
"""Value of the label `list` for problems that concern all lists: the policy, the archive, a rollback."""


class ListsMetrics:
    """The metrics of one lists service, in one registry."""

    def __init__(
        self, lists: Iterable[str], refresh_seconds: float, registry: CollectorRegistry = REGISTRY
    ) -> None:
        cast(Any, disable_created_metrics)()
        self.registry = registry

        # Are lists still published? Otherwise the lists in use grow older.
        self.rounds = Counter(
            "holdgate_lists_rounds",
            "Rounds of the lists service, by outcome",
            ("outcome",),
            registry=registry,
        )
        for outcome in OUTCOMES:
            self.rounds.labels(outcome)
        self.published = Gauge(
            "holdgate_lists_published_timestamp_seconds",
            "Unix time of the last publication; the service's start before the first one",
            registry=registry,
        )
        self.published.set_to_current_time()
        self.refresh = Gauge("holdgate_lists_refresh_seconds", "Time between two rounds", registry=registry)
        self.refresh.set(refresh_seconds)

        self.pinned = Gauge(
            "holdgate_lists_pinned",
            "1 if a rollback or a publication by hand is pinned: no source is read meanwhile",
            registry=registry,
        )

        # Which source fails, and when was each last read successfully?
        self.read = Gauge(
            "holdgate_lists_read_timestamp_seconds",
            "Unix time of the last complete read of the source, 0 before the first",
            ("list",),
            registry=registry,
        )
        self.failures = Counter(
            "holdgate_lists_failures",
            "Rounds that failed because of a list",
            ("list", "why"),
            registry=registry,
        )
        self.failing = Gauge(
            "holdgate_lists_failing",
            "1 if the list made the last round fail",
            ("list", "why"),
            registry=registry,
        )
        self._lists = (*lists, ALL_LISTS)
        for name in self._lists:
            if name != ALL_LISTS:
                self.read.labels(name)
            for why in get_args(RefusalCause):
                self.failures.labels(name, why)
                self.failing.labels(name, why)

        # How long does it take to read and index the lists?
        self.build_seconds = Gauge(
            "holdgate_lists_build_seconds", "Time to build the snapshot in the last round", registry=registry
        )

        # What was published last: how many entries, how old, how large?
        self.entries = Gauge(
            "holdgate_lists_entries", "Entries in the last publication", ("list",), registry=registry
        )
        self.as_of = Gauge(
            "holdgate_lists_as_of_timestamp_seconds",
            "Unix time at which the published list was last confirmed to be current",
            ("list",),
            registry=registry,
        )
        self.bytes = Gauge(
            "holdgate_lists_snapshot_bytes", "Size of the last published snapshot", registry=registry
        )

        # What did the last update of each list change?
        self.changes = Gauge(
            "holdgate_lists_changes",
            "Entries added, removed and changed by the last update",
            ("list", "change"),
            registry=registry,
        )

    def show_failures(self, failures: Iterable[tuple[str, RefusalCause]]) -> None:
        """Export which lists made this round fail, and why; none if it was published."""
        failing = set(failures)
        for labels in failing:
            self.failures.labels(*labels).inc()
        self.failing.clear()
        for name in {*self._lists, *(name for name, _ in failing)}:
            for why in get_args(RefusalCause):
                self.failing.labels(name, why).set((name, why) in failing)

    def show_published(self, entries: Mapping[str, int], as_of: Mapping[str, datetime], size: int) -> None:
        """Export what was just published."""
        self.published.set_to_current_time()
        self.bytes.set(size)
        for name, number in entries.items():
            self.entries.labels(name).set(number)
            self.as_of.labels(name).set(as_of[name].timestamp())

    def show_changes(self, lists: Iterable[str], changes: Iterable[EntryChange]) -> None:
        """Export the changes of a new snapshot, by list."""
        kinds: tuple[EntryChangeKind, ...] = get_args(EntryChangeKind)
        counts = {(name, kind): 0 for name in lists for kind in kinds}
        for change in changes:
            labels = change.list, change.change
            counts[labels] = counts.get(labels, 0) + 1
        self.changes.clear()
        for labels, count in counts.items():
            self.changes.labels(*labels).set(count)
