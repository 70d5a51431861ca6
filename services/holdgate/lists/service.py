"""The lists service: publishes its sources periodically and exports the results as metrics.

A failure is logged, counted and retried; the current lists stay current and grow older.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
import structlog
from msgspec import Struct

from holdgate.adapters import metrics_server, snapshot_lookup
from holdgate.adapters.files.list_download import FetchError
from holdgate.adapters.kafka import topic_admin
from holdgate.adapters.redis.snapshot_store import RedisFault, SnapshotStore
from holdgate.core.lists.announcement import Announcement
from holdgate.core.lists.snapshot import SnapshotError, load_snapshot
from holdgate.core.policy.policy import PolicyError
from holdgate.core.sources import ListError
from holdgate.lists.building import BuiltSnapshot, index_lists, parse_specs, read_list
from holdgate.lists.diff import EntryChange, diff_lists
from holdgate.lists.metrics import ALL_LISTS, ListsMetrics, RefusalCause
from holdgate.lists.publication import (
    ListRefusedError,
    accept_any_change,
    load_stored_snapshot,
    measure_stored_changes,
    publish,
)
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


class ListFailure(Struct, frozen=True):
    """Why a list made a round fail; `text` is the error message."""

    list: str
    why: RefusalCause
    text: str


class BuildResult(Struct, frozen=True):
    """Result of reading: the lists that were read, and the snapshot unless one of them failed."""

    read: tuple[str, ...]
    failures: tuple[ListFailure, ...] = ()
    built: BuiltSnapshot | None = None


class ListsNotReadError(Exception):
    """Lists that could not be read; the current ones stay."""

    def __init__(self, failures: tuple[ListFailure, ...]) -> None:
        super().__init__("; ".join(found.text for found in failures))
        self.failures = failures


def serve(settings: Settings) -> None:
    """Publish the lists of HOLDGATE_LISTS periodically until a SIGTERM."""
    specs = parse_specs(settings.lists.split())
    if not specs:
        raise ListError("HOLDGATE_LISTS", None, "no list is given: write NAME=PATH, such as ofac=lists/ofac")
    stopping = Shutdown()
    metrics = ListsMetrics(specs, settings.lists_refresh)
    metrics_server.serve_metrics(metrics.registry, settings)
    service = ListsService(settings, specs, metrics, stopping)
    while not stopping.requested():
        service.wait(service.round())


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
        except (*RedisFault, *topic_admin.KafkaFault) as error:
            self._metrics.rounds.labels("failed").inc()
            log.error("lists not published; trying again", error=type(error).__name__)
            return min(self._settings.lists_refresh, RETRY_SECONDS)
        else:
            self._metrics.rounds.labels("published").inc()
            self._metrics.show_failures(())
            log.info("lists published", version=self._published.version)
        return self._settings.lists_refresh

    def _report_failures(self, failures: tuple[ListFailure, ...]) -> None:
        refused = any(found.why == "refused" for found in failures)
        self._metrics.rounds.labels("refused" if refused else "unfetched").inc()
        self._metrics.show_failures((found.list, found.why) for found in failures)
        for found in failures:
            log.error(
                "lists refused; the current ones stay", list=found.list, why=found.why, error=found.text
            )

    def wait(self, seconds: float) -> None:
        """Wait until the next round is due, a shutdown is requested, or Redis has lost the snapshot."""
        next_time = time.monotonic() + seconds
        while not self._stopping.requested() and (remaining := next_time - time.monotonic()) > 0:
            self._health.progress()
            self._stopping.sleep(min(RETRY_SECONDS, remaining))
            if self._redis_lost_snapshot():
                log.warning("Redis has lost the lists: publishing them again")
                return

    def _redis_lost_snapshot(self) -> bool:
        """Whether Redis was emptied or restored to an earlier state: a new worker would have no lists."""
        if self._published is None:
            return False
        store = SnapshotStore(self._settings)
        try:
            pointer = store.current()
        except (*RedisFault, msgspec.DecodeError):
            return False  # Redis is away or its value unreadable: the next round reports it
        finally:
            store.close()
        return pointer is None or pointer.published_at < self._published.published_at

    def _publish(self) -> Announcement:
        pinned = snapshot_lookup.pinned_version(self._settings)
        if pinned is not None:
            log.warning("a rollback is in force: no source is read until `lists publish`", version=pinned)
        started = time.monotonic()
        built = self._build_in_child() if pinned is None else load_stored_snapshot(self._settings, pinned)
        self._metrics.build_seconds.set(time.monotonic() - started)
        going_back = pinned is not None
        measure = accept_any_change if going_back else partial(self._run_in_child, measure_stored_changes)
        announcement = publish(self._settings, built, rollback=going_back, measure=measure)
        self._metrics.show_published(built.entries, built.as_of, len(built.data))
        if announcement.previous is not None:
            self._show_changes(announcement.previous, built)
        return announcement

    def _build_in_child(self) -> BuiltSnapshot:
        result = self._run_in_child(_build, self._specs, Path(self._settings.data) / "fetched")
        for name in result.read:
            self._metrics.read.labels(name).set_to_current_time()
        if result.built is None:
            raise ListsNotReadError(result.failures)
        return result.built

    def _show_changes(self, previous: str, built: BuiltSnapshot) -> None:
        try:
            before = snapshot_lookup.snapshot_data(self._settings, previous)
            changes = self._run_in_child(_diff, before, built.data)
        except (OperatorError, SnapshotError) as error:
            log.warning("the changes of the lists cannot be computed", error=str(error))
            return
        self._metrics.show_changes(built.entries, changes)

    def _run_in_child(self, step: Callable[..., Result], *arguments: object) -> Result:
        level = self._settings.log_level
        return run_in_child(step, *arguments, log_level=level, meanwhile=self._health.progress)


def _build(specs: Mapping[str, str], download_folder: Path) -> BuildResult:
    """Read every list, to report all failures together, and index them if there are none."""
    lists, failures = [], []
    for name, place in specs.items():
        try:
            lists.append(read_list(name, place, log.info, download_folder))
        except ListError as error:
            why: RefusalCause = "unfetched" if isinstance(error, FetchError) else "refused"
            failures.append(ListFailure(name, why, str(error)))
    read = tuple(edition.list for edition, _ in lists)
    return BuildResult(read, tuple(failures), None if failures else index_lists(lists, log.info))


def _diff(before: bytes, after: bytes) -> list[EntryChange]:
    return diff_lists(load_snapshot(before), load_snapshot(after))
