"""Read list sources and build a snapshot of them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from holdgate.adapters.files import list_files
from holdgate.adapters.files.snapshot_cache import SnapshotCache, cache_key
from holdgate.core import sources
from holdgate.core.lists import snapshot
from holdgate.core.lists.snapshot import Edition, Header
from holdgate.core.model.listed_entry import Entry
from holdgate.core.sources import ListError

Report = Callable[[str], None]
"""Takes one line about the progress."""


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
