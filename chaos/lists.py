"""The lists of a run: a few snapshots, damaged ones, and a record of which one was current when."""

import math
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from redis import Redis

from chaos.recording import ListWindow
from holdgate.adapters.kafka import topic_admin
from holdgate.adapters.redis.snapshot_store import Pointer, SnapshotStore
from holdgate.core.lists.announcement import Announcement
from holdgate.core.records.kafka_record import announcement_headers
from holdgate.core.records.topics import PUBLISHED
from holdgate.lists.building import BuiltSnapshot, build_lists
from holdgate.lists.publication import sign_pointer
from holdgate.runtime.settings import from_environ
from tests.support.list_keys import KEY
from tests.support.small_list import PERSON, write

VERSIONS = 4
EXPIRES = timedelta(hours=48)
STALE = timedelta(hours=100)
"""Twice what the policy allows."""


class ListFlipper:
    """Switches between versions, of which every other one contains the listed person."""

    def __init__(self, redis_url: str, kafka: str, prefix: str) -> None:
        self._settings = from_environ(
            {"HOLDGATE_REDIS": redis_url, "HOLDGATE_KAFKA": kafka, "HOLDGATE_TOPIC_PREFIX": prefix}
        )
        self.snapshots = _snapshots()
        self.holds_listed_person = {
            built.header.version: not number % 2 for number, built in enumerate(self.snapshots)
        }
        self.list_windows: list[ListWindow] = []
        self._first = self._signed(self.snapshots[1], False)
        self._current = (self.snapshots[0], False)

    def flip(self, number: int, stale: bool = False) -> None:
        """Make a version current."""
        self._current = (self.snapshots[number % VERSIONS], stale)
        self.republish()

    def republish(self) -> None:
        """Store the current version and the pointer again, because Redis may have lost them."""
        built, stale = self._current
        start = time.time()
        self._point(built, stale)
        self._begin_window(built.header.version, start, not stale)

    def note(self, version: str, start: float, holds_listed_person: bool) -> None:
        """Record that somebody else has made a fresh version current since `start`, in Unix seconds."""
        self.holds_listed_person[version] = holds_listed_person
        self._begin_window(version, start, True)

    def current(self) -> str | None:
        """Return the version that is current in Redis."""
        with closing(SnapshotStore(self._settings)) as store:
            pointer = store.current()
        return None if pointer is None else pointer.version

    def damage(self, how: str) -> None:
        """Point to a snapshot that workers must reject; they continue with the one in use.

        `cut` and `altered` are damaged snapshots, `forged` has no signature, and `replayed` has an older
        signature than all others.
        """
        built, stale = self._current
        if how in ("forged", "replayed"):
            other = self.snapshots[1]
            self._put(
                self._first if how == "replayed" else _pointer(other.header.version, other, False), other.data
            )
            return
        data = built.data[: len(built.data) // 2]
        if how == "altered":
            middle = len(built.data) // 2
            data = built.data[:middle] + bytes([built.data[middle] ^ 1]) + built.data[middle + 1 :]
        damaged = _pointer("damaged", built, stale)
        self._put(sign_pointer(KEY, damaged, built.data, damaged.published_at + EXPIRES, rollback=True), data)

    def flush_redis(self) -> None:
        """FLUSHALL: remove claims, snapshots and pointer."""
        with Redis.from_url(self._settings.redis) as redis:
            redis.flushall()

    def _begin_window(self, version: str, start: float, fresh: bool) -> None:
        if self.list_windows:
            self.list_windows[-1] = self.list_windows[-1]._replace(end=time.time())
        self.list_windows.append(ListWindow(version, start, math.inf, fresh))

    def _point(self, built: BuiltSnapshot, stale: bool) -> None:
        pointer = self._signed(built, stale)
        self._put(pointer, built.data)
        topic_admin.write(
            self._settings,
            PUBLISHED.name,
            b"current",
            msgspec.json.encode(
                Announcement(
                    version=pointer.version,
                    published_at=pointer.published_at,
                    built_by=built.header.built_by,
                    entries=sum(pointer.entries.values()),
                    editions=built.header.editions,
                )
            ),
            announcement_headers(pointer.version, pointer.published_at),
        )

    def _signed(self, built: BuiltSnapshot, stale: bool) -> Pointer:
        pointer = _pointer(built.header.version, built, stale)
        return sign_pointer(KEY, pointer, built.data, pointer.published_at + EXPIRES, rollback=True)

    def _put(self, pointer: Pointer, data: bytes) -> None:
        with closing(SnapshotStore(self._settings)) as store:
            store.put(pointer.version, data)
            store.set_current(pointer)


@cache
def _snapshots() -> tuple[BuiltSnapshot, ...]:
    """Build the snapshots, once per process because indexing takes a second each."""
    snapshots = []
    with TemporaryDirectory() as folder:
        for number in range(VERSIONS):
            without = frozenset({PERSON}) if number % 2 else frozenset[str]()
            path = write(Path(folder) / str(number), every=46 + number, without=without)
            (path / "edition.toml").unlink()  # its label exempts the list from the freshness check
            snapshots.append(build_lists({"ofac": str(path)}, lambda _: None))
    return tuple(snapshots)


def _pointer(version: str, built: BuiltSnapshot, stale: bool) -> Pointer:
    now = datetime.now(UTC)
    as_of = now - STALE if stale else now
    return Pointer(version, now, dict.fromkeys(built.entries, as_of), built.entries)
