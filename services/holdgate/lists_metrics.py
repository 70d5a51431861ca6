"""Every metric of the lists service: its name, type, labels, and the question it answers."""

from collections.abc import Iterable
from typing import Any, cast, get_args

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, disable_created_metrics

from holdgate.core.lists_diff import Change, EntryChange

OUTCOMES = ("published", "refused", "failed")
"""Made current; refused for what a source holds or lacks; not done, as Kafka or Redis did not answer."""


class ListsMetrics:
    """The metrics of one lists service, in one registry."""

    def __init__(self, refresh_seconds: float, registry: CollectorRegistry = REGISTRY) -> None:
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

        # What does it take to read and index them?
        self.build_seconds = Gauge(
            "holdgate_lists_build_seconds", "Time that the last round took to build", registry=registry
        )

        # What did the last change of each list change?
        self.changes = Gauge(
            "holdgate_lists_changes",
            "Entries added, removed, changed when lists last changed",
            ("list", "change"),
            registry=registry,
        )

    def show_changes(self, lists: Iterable[str], changes: Iterable[EntryChange]) -> None:
        """Show what another snapshot changed, list by list."""
        kinds: tuple[Change, ...] = get_args(Change)
        counts = {(name, kind): 0 for name in lists for kind in kinds}
        for found in changes:
            place = found.list, found.change
            counts[place] = counts.get(place, 0) + 1
        self.changes.clear()
        for place, count in counts.items():
            self.changes.labels(*place).set(count)
