"""Build a snapshot from list sources, make it current in Redis in one step, and announce it.

A rejected list leaves the current snapshot unchanged: a list that cannot be read, that lost half of its
entries, or that is missing.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from holdgate.adapters import snapshot_lookup
from holdgate.adapters.files import list_files
from holdgate.adapters.files.archive import archive_of
from holdgate.adapters.files.policy_file import configured_policy
from holdgate.adapters.files.signing_keys import list_signing_key
from holdgate.adapters.files.snapshot_cache import SnapshotCache, cache_key
from holdgate.adapters.kafka import topic_admin
from holdgate.adapters.redis.snapshot_store import Pointer, SnapshotStore
from holdgate.core import sources
from holdgate.core.lists import snapshot
from holdgate.core.lists.announcement import Announcement
from holdgate.core.lists.signature import Statement, older_lists, sign, snapshot_digest
from holdgate.core.lists.snapshot import Edition, Header
from holdgate.core.model.listed_entry import Entry
from holdgate.core.records.kafka_record import announcement_headers
from holdgate.core.records.topics import PUBLISHED
from holdgate.core.sources import ListError
from holdgate.runtime.settings import Settings

MIN_KEPT_SHARE = 0.5
"""A list with less than this share of its previous entries is rejected: the file is probably truncated.
OFAC's list grew from 13,821 to 14,965 entries between 2023-12-28 and 2024-05-03."""

Report = Callable[[str], None]
"""Takes one line about the progress."""


class ListRefusedError(ValueError):
    """A list that must not become current; the message says which, why, and what to do."""

    def __init__(self, name: str, reason: str) -> None:
        self.list = name
        super().__init__(f"list {name} {reason}")


class BuiltSnapshot(Struct, frozen=True):
    """A snapshot: its bytes and its header."""

    header: Header
    data: bytes

    @property
    def entries(self) -> dict[str, int]:
        """Number of entries by list."""
        return {edition.list: edition.entries for edition in self.header.editions}

    @property
    def as_of(self) -> dict[str, datetime]:
        """Time at which each list was last known to be up to date."""
        return {edition.list: edition.as_of for edition in self.header.editions}


def read_list(
    name: str, place: str, report: Report, download_folder: Path | None = None
) -> tuple[Edition, tuple[Entry, ...]]:
    """Read one list from a file, a folder or an address. Raises `ListError`."""
    return _read(name, list_files.find_list_files(place, download_folder), report)


def _read(
    name: str, list_files_found: list_files.ListFiles, report: Report
) -> tuple[Edition, tuple[Entry, ...]]:
    source = sources.read(name, list_files_found.files)
    as_of = list_files_found.as_of
    if not list_files_found.is_dated and source.published:
        stated = datetime.fromisoformat(source.published)
        as_of = stated if stated.tzinfo else stated.replace(tzinfo=UTC)
    edition = Edition(
        list=name,
        format=source.format,
        sha256=source.sha256,
        records=source.records,
        entries=len(source.entries),
        as_of=as_of,
        label=list_files_found.label,
    )
    report(_summary(edition))
    for note in source.notes:
        report(f"{name}: note: {note}")
    return edition, source.entries


def _summary(edition: Edition) -> str:
    return (
        f"{edition.list}: {edition.entries:,} entries of {edition.records:,} records,"
        f" {edition.format}, as of {edition.as_of:%Y-%m-%d}"
    )


def build_lists(
    specs: Mapping[str, str],
    report: Report,
    download_folder: Path | None = None,
    cache: SnapshotCache | None = None,
) -> BuiltSnapshot:
    """Read every list and build the snapshot, which takes seconds. Raises `ListError`.

    `fetched` is a folder that keeps what was fetched from addresses, for the next time; `known` gives what
    was built of the same sources before.
    """
    files_by_list = {
        name: list_files.find_list_files(place, download_folder) for name, place in specs.items()
    }
    key = cache_key(files_by_list)
    if cache is not None and (data := cache.get(key)) is not None:
        built = BuiltSnapshot(snapshot.read_header(data), data)
        for edition in built.header.editions:
            report(f"{_summary(edition)}, indexed before")
        return built
    built = index_lists(
        [_read(name, list_files_found, report) for name, list_files_found in files_by_list.items()], report
    )
    if cache is not None:
        cache.put(key, built.data)
    return built


def index_lists(lists: Sequence[tuple[Edition, tuple[Entry, ...]]], report: Report) -> BuiltSnapshot:
    """Return the snapshot of lists that were read."""
    entries = [entry for _, list_entries in lists for entry in list_entries]
    report(f"indexing {len(entries):,} entries")
    data = snapshot.build_snapshot([edition for edition, _ in lists], entries)
    return BuiltSnapshot(snapshot.read_header(data), data)


def load_stored_snapshot(settings: Settings, version: str) -> BuiltSnapshot:
    """Return a stored snapshot, to be published again. Raises `OperatorError` or `SnapshotError`.

    A snapshot that will be signed is read from the archive only: whoever can write to Redis can replace the
    copy there.
    """
    is_signed = settings.list_signing_key_file is not None
    data = (
        snapshot_lookup.archived(settings, version)
        if is_signed
        else snapshot_lookup.snapshot_data(settings, version)
    )
    snapshot.load_snapshot(data)
    return BuiltSnapshot(snapshot.read_header(data), data)


def check_size(before: Mapping[str, int], after: Mapping[str, int]) -> None:
    """Raise `ListRefusedError` if a list is missing or lost half of its entries."""
    for name, count in before.items():
        if name not in after:
            raise ListRefusedError(
                name,
                f"({count:,} entries) is current but missing from the new lists:"
                " include it, or pass --allow-shrink",
            )
        if after[name] < count * MIN_KEPT_SHARE:
            raise ListRefusedError(
                name,
                f"has {after[name]:,} entries, before {count:,}: if that is correct, pass --allow-shrink",
            )


def check_age(before: Mapping[str, datetime], after: Mapping[str, datetime]) -> None:
    """Raise `ListRefusedError` if a list is older than the current one: workers would reject it."""
    for name in older_lists(before, after):
        raise ListRefusedError(
            name,
            f"is of {after[name]:%Y-%m-%d %H:%M} UTC, older than the current one of"
            f" {before[name]:%Y-%m-%d %H:%M}: to go back on purpose, pass --rollback",
        )


def publish(
    settings: Settings, built: BuiltSnapshot, *, allow_shrink: bool = False, rollback: bool = False
) -> Announcement:
    """Store a snapshot, make it current and announce it.

    Raises `ListRefusedError` and leaves the current one in place. If lists are signed, lists older than the
    current ones are published only as a `rollback`.
    """
    key = list_signing_key(settings)
    store = SnapshotStore(settings)
    try:
        before = store.current()
        if before is not None and not allow_shrink:
            check_size(before.entries, built.entries)
        header = built.header
        now = datetime.now(UTC)
        pointer = Pointer(header.version, now, built.as_of, built.entries)
        if key is not None:
            if before is not None and not rollback:
                check_age(before.as_of, built.as_of)
            expires = now + timedelta(hours=settings.list_signature_hours)
            pointer = sign_pointer(key, pointer, built.data, expires, rollback=rollback)
        _archive(settings, built)
        store.put(header.version, built.data)
        store.set_current(pointer)
    finally:
        store.close()
    announcement = Announcement(
        version=header.version,
        published_at=now,
        built_by=header.built_by,
        entries=sum(built.entries.values()),
        editions=header.editions,
        previous=before.version if before and before.version != header.version else None,
    )
    if (archive := archive_of(settings)) is not None:
        archive.put_announcement(announcement)
    topic_admin.write(
        settings,
        PUBLISHED.name,
        b"current",
        msgspec.json.encode(announcement),
        announcement_headers(header.version, now),
    )
    return announcement


def _archive(settings: Settings, built: BuiltSnapshot) -> None:
    """Archive the snapshot and the policy before the first decision can use them."""
    archive = archive_of(settings)
    if archive is not None:
        archive.put_snapshot(built.header.version, built.data)
        archive.put_policy(configured_policy(settings))


def sign_pointer(
    key: Ed25519PrivateKey, pointer: Pointer, snapshot: bytes, expires_at: datetime, *, rollback: bool = False
) -> Pointer:
    """Return the pointer with its signed statement."""
    statement = Statement(
        version=pointer.version,
        sha256=snapshot_digest(snapshot),
        published_at=pointer.published_at,
        expires_at=expires_at,
        as_of=pointer.as_of,
        entries=pointer.entries,
        rollback=rollback,
    )
    return msgspec.structs.replace(pointer, proof=sign(key, statement))


def parse_specs(specs: Sequence[str]) -> dict[str, str]:
    """Parse `NAME=PLACE` words into a mapping. Raises `ListError` for a word of another form."""
    specs_by_name: dict[str, str] = {}
    for spec in specs:
        name, equals, place = spec.partition("=")
        if not (name and equals and place):
            raise ListError(spec, None, "write NAME=PATH, such as ofac=lists/ofac")
        if name in specs_by_name:
            raise ListError(spec, None, f"list {name} is given twice")
        specs_by_name[name] = place
    return specs_by_name
