"""The lists as a case needs them: the entry as of the decision, its changes, and what would release it.

They are read from the archive, since the process that faces browsers may not read them from Redis. One thread
loads and screens; pages wait a moment for it and otherwise say that the answer follows.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import NamedTuple

import msgspec
import structlog

from holdgate.adapters.files.archive import Archive, archive_of
from holdgate.core.engine.screener import Screener
from holdgate.core.intake import Received
from holdgate.core.lists.announcement import Announcement
from holdgate.core.lists.snapshot import Snapshot, SnapshotError, load_snapshot
from holdgate.core.model.decision import Decision
from holdgate.core.model.listed_entry import Entry
from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.explain.explanation import explain_decision
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings

log = structlog.get_logger()

LOADED_SNAPSHOTS = 2
"""The lists of today, and those of the case that somebody reads."""

CACHED_FINDINGS = 1_000
MAX_WAITING = 20
"""Cases that wait for the thread; of more than these the pages say nothing."""

PAGE_WAIT_SECONDS = 1.5
"""How long a page waits for the thread."""

ANNOUNCEMENT_SECONDS = 10.0
"""How long the announcements are kept before the archive is asked again."""


class ListFindings(NamedTuple):
    """What the lists say about a case: its entries as of the decision and of today, and `explain`'s changes.

    `problem` says why something is missing.
    """

    entries: Mapping[str, Entry] = {}
    entries_today: Mapping[str, Entry] = {}
    changes: Sequence[str] | None = None
    problem: str | None = None


class _Lists(NamedTuple):
    snapshot: Snapshot
    positions: Mapping[str, int]

    def entry(self, entry_id: str) -> Entry | None:
        position = self.positions.get(entry_id)
        return None if position is None else self.snapshot.entries[position]


NO_ARCHIVE = "HOLDGATE_ARCHIVE is not set: the desk has no lists to look at"


class ListArchive:
    """Answers from the archive. Without one every answer says so."""

    def __init__(self, settings: Settings) -> None:
        self._archive: Archive | None = archive_of(settings)
        self._thread = ThreadPoolExecutor(1, "lists")
        self._waiting: dict[tuple[str, str], Future[ListFindings]] = {}
        self._known: BoundedCache[tuple[str, str], ListFindings] = BoundedCache(CACHED_FINDINGS)
        self._lists: BoundedCache[str, _Lists] = BoundedCache(LOADED_SNAPSHOTS)
        self._announcements: tuple[float, list[Announcement]] = (-ANNOUNCEMENT_SECONDS, [])

    def close(self) -> None:
        """Stop the thread."""
        self._thread.shutdown(cancel_futures=True)

    def announcements(self) -> list[Announcement]:
        """Return every announcement, oldest first; empty without an archive."""
        asked_at, known = self._announcements
        if self._archive is not None and time.monotonic() - asked_at > ANNOUNCEMENT_SECONDS:
            try:
                known = list(self._archive.announcements())
            except (OperatorError, msgspec.DecodeError) as error:
                log.error("announcements in the archive cannot be read", error=str(error)[:200])
            self._announcements = (time.monotonic(), known)
        return known

    def findings(self, decision: Decision, received: Received | None) -> ListFindings:
        """Return what the lists say about a held decision."""
        announced = self.announcements()
        today = announced[-1].version if announced else decision.list_version
        return self._ask(
            (decision.decision_id, today), lambda archive: self._find(archive, decision, received, today)
        )

    def entry(self, entry_id: str) -> ListFindings:
        """Return an entry of today's lists."""
        announced = self.announcements()
        if not announced:
            return ListFindings(problem=NO_ARCHIVE)
        today = announced[-1].version
        return self._ask((entry_id, today), lambda archive: self._find_entry(archive, entry_id, today))

    def _ask(self, key: tuple[str, str], find: Callable[[Archive], ListFindings]) -> ListFindings:
        if self._archive is None:
            return ListFindings(problem=NO_ARCHIVE)
        archive = self._archive
        if (known := self._known.get(key)) is not None:
            return known
        future = self._waiting.get(key)
        if future is None:
            if len(self._waiting) >= MAX_WAITING:
                return ListFindings(problem="the lists are busy: load the page again later")
            future = self._waiting[key] = self._thread.submit(self._answer, key, lambda: find(archive))
            # Not by the thread itself: it may be done before the entry is made, which would then stay.
            future.add_done_callback(lambda _: self._waiting.pop(key, None))
        try:
            return future.result(PAGE_WAIT_SECONDS)
        except FutureTimeoutError:
            return ListFindings(problem="the lists are being loaded: load the page again in a moment")

    def _answer(self, key: tuple[str, str], find: Callable[[], ListFindings]) -> ListFindings:
        try:
            findings = self._known[key] = find()
        except (OperatorError, SnapshotError) as error:
            findings = ListFindings(problem=str(error))
        return findings

    def _find_entry(self, archive: Archive, entry_id: str, today: str) -> ListFindings:
        lists = self._load(archive, today)
        entry = lists.entry(entry_id)
        return ListFindings({}, {entry_id: entry} if entry else {})

    def _find(
        self, archive: Archive, decision: Decision, received: Received | None, today: str
    ) -> ListFindings:
        ids = [match.entry_id for match in decision.matches]
        then = self._load(archive, decision.list_version)
        entries = {entry_id: entry for entry_id in ids if (entry := then.entry(entry_id))}
        policy = archive.policy(decision.policy_version)
        changes, problem = None, None
        if received is None:
            problem = "the payment is missing or cannot be read"
        elif policy is None:
            problem = f"policy {decision.policy_version} is not in the archive"
        else:
            changes = explain_decision(received, Screener(then.snapshot, policy)).changes
        now = self._load(archive, today)
        entries_today = {entry_id: entry for entry_id in ids if (entry := now.entry(entry_id))}
        return ListFindings(entries, entries_today, changes, problem)

    def _load(self, archive: Archive, version: str) -> _Lists:
        lists = self._lists.get(version)
        if lists is None:
            data = archive.snapshot(version)
            if data is None:
                raise OperatorError(f"lists {version} are not in the archive")
            snapshot = load_snapshot(data)
            positions = {entry.id: position for position, entry in enumerate(snapshot.entries)}
            lists = self._lists[version] = _Lists(snapshot, positions)
        return lists


def entry_changes(then: Entry, now: Entry | None) -> list[str]:
    """Return what changed in an entry, as sentences; empty if nothing did."""
    if now is None:
        return ["it is not listed any more"]
    changes = []
    for name in Entry.__struct_fields__:
        before, after = getattr(then, name), getattr(now, name)
        if before == after:
            continue
        label = name.replace("_", " ")
        if isinstance(before, tuple):
            gone, new = [x for x in before if x not in after], [x for x in after if x not in before]
            changes += [f"{label}: removed {_short(item)}" for item in gone]
            changes += [f"{label}: new {_short(item)}" for item in new]
        else:
            changes.append(f"{label}: {before or 'nothing'} became {after or 'nothing'}")
    return changes


def _short(item: object) -> str:
    return str(getattr(item, "text", None) or getattr(item, "value", None) or item)
