"""The lists service: its sources published again and again, and what came of it as metrics.

A failure is said, counted and tried again; the lists that are current stay, and grow older.
"""

import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import msgspec
import structlog

from holdgate.adapters import kafka, kept, prometheus
from holdgate.adapters.redis import Fault, SnapshotStore
from holdgate.core.announcement import Announcement
from holdgate.core.lists_diff import compare
from holdgate.core.policy import PolicyError
from holdgate.core.snapshot import SnapshotError, load
from holdgate.core.sources import ListError
from holdgate.health import Health
from holdgate.lists import Built, RefusedError, build, kept_build, places, publish
from holdgate.lists_metrics import ListsMetrics
from holdgate.logs import configure
from holdgate.refusal import NotPossibleError
from holdgate.settings import Settings
from holdgate.stopping import Stopping

log = structlog.get_logger()

AGAIN_SECONDS = 5.0
"""Until the next try where Kafka or Redis did not answer; between two looks at whether Redis still has what
was published."""


def serve(settings: Settings) -> None:
    """Publish the lists of HOLDGATE_LISTS again and again until a SIGTERM."""
    wanted = places(settings.lists.split())
    if not wanted:
        raise ListError("HOLDGATE_LISTS", None, "names no list: say NAME=PATH, such as ofac=lists/ofac")
    stopping = Stopping()
    metrics = ListsMetrics(settings.lists_refresh)
    prometheus.show(metrics.registry, settings)
    service = ListsService(settings, wanted, metrics, stopping)
    while not stopping.told():
        service.wait(service.round())


class ListsService:
    """Rounds of reading, building and publishing. Each build runs in a process of its own, so that its
    memory goes with it."""

    def __init__(
        self, settings: Settings, wanted: Mapping[str, str], metrics: ListsMetrics, stopping: Stopping
    ) -> None:
        self._settings = settings
        self._wanted = wanted
        self._metrics = metrics
        self._stopping = stopping
        self._health = Health(settings.health_file)
        self._published: Announcement | None = None

    def round(self) -> float:
        """Publish once; returns after how many seconds to do so again."""
        try:
            self._published = self._publish()
        except (NotPossibleError, PolicyError, RefusedError) as error:
            self._metrics.rounds.labels("refused").inc()
            log.error("lists refused; the current ones stay", error=str(error))
        except (*Fault, *kafka.Fault) as error:
            self._metrics.rounds.labels("failed").inc()
            log.error("lists not published; trying again", error=type(error).__name__)
            return min(self._settings.lists_refresh, AGAIN_SECONDS)
        else:
            self._metrics.rounds.labels("published").inc()
            self._metrics.published.set_to_current_time()
            log.info("lists published", version=self._published.version)
        return self._settings.lists_refresh

    def wait(self, seconds: float) -> None:
        """Wait for the next round, or until told to end, or until Redis has lost what was published."""
        next_time = time.monotonic() + seconds
        while not self._stopping.told() and (left := next_time - time.monotonic()) > 0:
            self._health.progress()
            self._stopping.sleep(min(AGAIN_SECONDS, left))
            if self._is_lost():
                log.warning("Redis has lost the lists: publishing them again")
                return

    def _is_lost(self) -> bool:
        """Whether Redis was emptied or went back to what it had before: a worker that starts has no lists."""
        if self._published is None:
            return False
        store = SnapshotStore(self._settings)
        try:
            pointer = store.current()
        except (*Fault, msgspec.DecodeError):
            return False  # away, or not to be read: the next round says so
        finally:
            store.close()
        return pointer is None or pointer.published_at < self._published.published_at

    def _publish(self) -> Announcement:
        pinned = kept.pinned_version(self._settings)
        if pinned is not None:
            log.warning("a rollback holds: no source is read until `lists publish`", version=pinned)
        started = time.monotonic()
        built = self._built() if pinned is None else kept_build(self._settings, pinned)
        self._metrics.build_seconds.set(time.monotonic() - started)
        going_back = pinned is not None
        announcement = publish(self._settings, built, allow_shrink=going_back, rollback=going_back)
        if announcement.previous is not None:
            self._show_changes(announcement.previous, built)
        return announcement

    def _built(self) -> Built:
        with ProcessPoolExecutor(
            1, get_context("spawn"), initializer=configure, initargs=(self._settings.log_level,)
        ) as apart:
            building = apart.submit(_build_apart, self._wanted, Path(self._settings.data) / "fetched")
            while not building.done():
                self._health.progress()
                self._stopping.glance()
            return building.result()

    def _show_changes(self, previous: str, built: Built) -> None:
        try:
            changes = compare(kept.snapshot(self._settings, previous), load(built.data))
        except (NotPossibleError, SnapshotError) as error:
            log.warning("what the lists changed cannot be told", error=str(error))
            return
        self._metrics.show_changes(built.entries, changes)


def _build_apart(wanted: Mapping[str, str], fetched: Path) -> Built:
    try:
        return build(wanted, log.info, fetched)
    except ListError as error:
        raise RefusedError(str(error)) from None  # an exception crosses processes only if one string makes it
