"""The lists service: publishes its sources periodically and exports the results as metrics.

A failure is logged, counted and retried; the current lists stay current and grow older.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar, get_args
from uuid import uuid4

import msgspec
import structlog

from holdgate.adapters import metrics_server, snapshot_lookup
from holdgate.adapters.files.list_download import DownloadOptions
from holdgate.adapters.kafka import topic_admin
from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.redis.snapshot_store import (
    ChangedMeanwhileError,
    Marks,
    Pointer,
    RedisFault,
    SnapshotStore,
)
from holdgate.core.lists.announcement import Announcement
from holdgate.core.lists.publishers import ServedSources, rival_lists, source_digests
from holdgate.core.lists.snapshot import SnapshotError
from holdgate.core.policy.policy import PolicyError
from holdgate.core.sources import ListError
from holdgate.lists.building import BuiltSnapshot, parse_specs
from holdgate.lists.lost_pin import lost_pin
from holdgate.lists.metrics import ALL_LISTS, ListsMetrics, RefusalCause
from holdgate.lists.publication import (
    ListRefusedError,
    PublishersConflictError,
    accept_any_change,
    load_stored_snapshot,
    measure_stored_changes,
    publish,
)
from holdgate.lists.round_steps import ListFailure, ListsNotReadError, build_lists, diff_snapshots
from holdgate.runtime.child_process import run_in_child
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.health import Health
from holdgate.runtime.settings import Settings
from holdgate.runtime.shutdown import Shutdown

log = structlog.get_logger()

Result = TypeVar("Result")

RETRY_SECONDS = 5.0
"""Time to the next try if Kafka or Redis did not answer, and between two checks that Redis still has the
published snapshot."""


CONFLICT_SECONDS = 60.0
"""Time to the next try if another publisher is in the way: as long as a killed service is taken to run."""


def serve(settings: Settings) -> None:
    """Publish the lists of HOLDGATE_LISTS periodically until a SIGTERM."""
    specs = parse_specs(settings.lists.split())
    if not specs:
        raise ListError("HOLDGATE_LISTS", None, "no list is given: write NAME=PATH, such as ofac=lists/ofac")
    stopping = Shutdown()
    metrics = ListsMetrics(specs, settings.lists_refresh)
    metrics_server.serve_metrics(metrics.registry, settings)
    service = ListsService(settings, specs, metrics, stopping)
    try:
        while not stopping.requested():
            service.wait(service.round())
    finally:
        service.close()


class ListsService:
    """Runs rounds of reading, building and publishing; steps that need much memory run in a child process."""

    def __init__(
        self, settings: Settings, specs: Mapping[str, str], metrics: ListsMetrics, stopping: Shutdown
    ) -> None:
        self._settings = settings
        self._specs = specs
        self._metrics = metrics
        self._stopping = stopping
        self._health = Health(settings.health_file)
        self._published: Announcement | None = None
        self._sources = ServedSources(uuid4().hex, source_digests(specs))
        self._told_at: float | None = None
        self._pinned: str | None = None
        self._lost_pin: str | None = None
        self._conflict: str | None = None
        self._unfetched: tuple[ListFailure, ...] = ()

    def round(self) -> float:
        """Publish once and return the seconds until the next round."""
        try:
            self._published = self._publish()
        except ListsNotReadError as error:
            self._report_failures(error.failures)
        except ListRefusedError as error:
            self._report_failures((ListFailure(error.list, "refused", str(error)),))
        except (OperatorError, PolicyError, SnapshotError) as error:
            self._report_failures((ListFailure(ALL_LISTS, "refused", str(error)),))
        except PublishersConflictError as error:
            self._report_failures((ListFailure(ALL_LISTS, "conflict", str(error)),))
            self._audit_conflict(str(error))
            return min(self._settings.lists_refresh, CONFLICT_SECONDS)
        except (*RedisFault, *topic_admin.KafkaFault, ChangedMeanwhileError) as error:
            self._metrics.rounds.labels("failed").inc()
            log.error("lists not published; trying again", error=type(error).__name__)
            return min(self._settings.lists_refresh, RETRY_SECONDS)
        else:
            self._metrics.rounds.labels("published").inc()
            self._metrics.show_failures((found.list, found.why) for found in self._unfetched)
            for found in self._unfetched:
                log.error(
                    "list not fetched; published as it was last fetched", list=found.list, error=found.text
                )
            self._conflict = None
            log.info("lists published", version=self._published.version)
        return self._settings.lists_refresh

    def _report_failures(self, failures: tuple[ListFailure, ...]) -> None:
        causes = {found.why for found in failures}
        self._metrics.rounds.labels(next(why for why in get_args(RefusalCause) if why in causes)).inc()
        self._metrics.show_failures((found.list, found.why) for found in failures)
        for found in failures:
            log.error(
                "lists refused; the current ones stay", list=found.list, why=found.why, error=found.text
            )

    def _audit_conflict(self, text: str) -> None:
        """Audit a conflict once."""
        if text == self._conflict:
            return
        try:
            AuditLog(self._settings).write(
                self._sources.service, "lists.conflict", "ended", text, outcome="refused"
            )
        except topic_admin.KafkaFault as error:
            log.error("the conflict is not audited; trying again", error=type(error).__name__)
        else:
            self._conflict = text

    def close(self) -> None:
        """Say that this service stops, so that another one may serve other sources."""
        with suppress(*RedisFault), closing(SnapshotStore(self._settings)) as store:
            store.end_service(self._sources.service)

    def wait(self, seconds: float) -> None:
        """Wait until a round is due, a shutdown is requested, Redis lost the snapshot, or a pin has ended."""
        next_time = time.monotonic() + seconds
        while not self._stopping.requested() and (remaining := next_time - time.monotonic()) > 0:
            self._progress()
            self._stopping.sleep(min(RETRY_SECONDS, remaining))
            if self._must_publish():
                return

    def _must_publish(self) -> bool:
        """Whether Redis was emptied or restored to an earlier state, or lists were pinned or resumed."""
        if self._published is None and self._pinned is None and self._conflict is None:
            return False
        try:
            with closing(SnapshotStore(self._settings)) as store:
                pointer, pinned, accepted = store.current(), store.pinned(), store.accepted()
                rivals = rival_lists(self._sources, store.service())
        except (*RedisFault, msgspec.DecodeError):
            return False  # Redis is away or its value unreadable: the next round reports it
        if self._published is not None and self._may_have_lost(pointer):
            log.warning("Redis has lost the lists: publishing them again")
            return True
        if pinned != self._pinned:
            log.info("the pinned version has changed", version=pinned)
            return True
        if self._conflict is None or rivals or pointer is None or pointer.published_at != accepted:
            return False
        log.info("no other publisher is in the way any more")
        return True

    def _may_have_lost(self, pointer: Pointer | None) -> bool:
        """Return whether Redis may have been emptied, or restored to an earlier state."""
        before = self._published
        return pointer is None or before is None or pointer.published_at < before.published_at

    def _progress(self) -> None:
        """Record a heartbeat for health checks and, from time to time, for publications by hand."""
        self._health.progress()
        now = time.monotonic()
        if self._told_at is None or now - self._told_at < RETRY_SECONDS:
            return
        self._told_at = now
        with suppress(*RedisFault), closing(SnapshotStore(self._settings)) as store:
            store.set_service(self._sources)

    def _begin_round(self) -> Marks:
        """Return the marks of what is current; raise `PublishersConflictError` if another service runs."""
        with closing(SnapshotStore(self._settings)) as store:
            rivals = rival_lists(self._sources, store.service())
            if rivals:
                self._told_at = None
                raise PublishersConflictError(
                    f"another lists service runs with other sources for {', '.join(rivals)}: stop one of them"
                )
            store.set_service(self._sources)
            self._told_at = time.monotonic()
            self._pinned, self._lost_pin = store.pinned(), None
            if self._pinned is None and self._may_have_lost(pointer := store.current()):
                self._lost_pin = lost_pin(self._settings, pointer)
            return store.marks()

    def _publish(self) -> Announcement:
        marks, self._unfetched = self._begin_round(), ()
        if self._lost_pin is not None:
            log.warning("Redis has lost the pinned version: pinning it again", version=self._lost_pin)
        pinned = self._lost_pin or snapshot_lookup.trusted_pin(self._settings, self._pinned)
        self._metrics.pinned.set(pinned is not None)
        if pinned is not None:
            log.warning("a version is pinned: no source is read until `lists resume`", version=pinned)
        started = time.monotonic()
        built = self._build_in_child() if pinned is None else load_stored_snapshot(self._settings, pinned)
        self._metrics.build_seconds.set(time.monotonic() - started)
        going_back = pinned is not None
        measure = accept_any_change if going_back else partial(self._run_in_child, measure_stored_changes)
        announcement = publish(
            self._settings,
            built,
            rollback=going_back,
            measure=measure,
            pin="set" if self._lost_pin else "keep",
            service_marks=marks,
        )
        self._pinned = self._lost_pin or self._pinned
        self._metrics.show_published(built.entries, built.as_of, len(built.data))
        if announcement.previous is not None:
            self._show_changes(announcement.previous, built)
        return announcement

    def _build_in_child(self) -> BuiltSnapshot:
        options = DownloadOptions(self._settings.fetch_agent, Path(self._settings.data) / "fetched")
        result = self._run_in_child(build_lists, self._specs, options)
        for name in result.read:
            self._metrics.read.labels(name).set_to_current_time()
        if result.built is None:
            raise ListsNotReadError(result.failures)
        self._unfetched = result.failures
        return result.built

    def _show_changes(self, previous: str, built: BuiltSnapshot) -> None:
        try:
            before = snapshot_lookup.snapshot_data(self._settings, previous)
            changes = self._run_in_child(diff_snapshots, before, built.data)
        except (OperatorError, SnapshotError) as error:
            log.warning("the changes of the lists cannot be computed", error=str(error))
            return
        self._metrics.show_changes(built.entries, changes)

    def _run_in_child(self, step: Callable[..., Result], *arguments: object) -> Result:
        level = self._settings.log_level
        return run_in_child(step, *arguments, log_level=level, meanwhile=self._progress)
