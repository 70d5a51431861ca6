"""Read list sources and build a snapshot of them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from holdgate.adapters.files import list_files
from holdgate.adapters.files.known_sources import known_sources
from holdgate.adapters.files.list_download import DownloadOptions, FetchError
from holdgate.adapters.files.snapshot_cache import SnapshotCache, cache_key
from holdgate.core import sources
from holdgate.core.lists import snapshot
from holdgate.core.lists.snapshot import Edition, Header
from holdgate.core.model.listed_entry import Entry
from holdgate.core.policy.timeliness import UNDATED
from holdgate.core.sources import ListError

Report = Callable[[str], None]
"""Takes one line about the progress."""

MAX_AHEAD = timedelta(hours=25)
"""A date without a time zone may lie this far ahead: a day, and the zone."""

NO_DATE = (
    "nothing states how old its files are, and their own dates are new in every copy. Let Holdgate fetch the"
    " list, or write edition.toml beside the files: as_of = 2026-01-31T00:00:00Z"
)


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


class ReadList(Struct, frozen=True):
    """A list that was read; `failure` is why it could not be downloaded now, but only earlier."""

    edition: Edition
    entries: tuple[Entry, ...]
    failure: FetchError | None = None


def read_list(name: str, place: str, report: Report, options: DownloadOptions | None = None) -> ReadList:
    """Read one list from files, a folder or addresses. Raises `ListError`."""
    return _read(name, list_files.find_list_files(place, options), report)


def _read(name: str, found: list_files.ListFiles, report: Report) -> ReadList:
    source = sources.read(name, found.files, found.topics)
    edition = Edition(
        list=name,
        format=source.format,
        sha256=source.sha256,
        records=source.records,
        entries=len(source.entries),
        as_of=_dated(source, found.as_of),
        label=found.label,
    )
    report(_summary(edition))
    for note in source.notes:
        report(f"{name}: note: {note}")
    if edition.as_of == UNDATED:
        report(f"{name}: warning: {NO_DATE}")
    if found.failure is not None:
        report(
            f"{name}: warning: {found.failure}; used as it was fetched at {edition.as_of:%Y-%m-%d %H:%M} UTC"
        )
    return ReadList(edition, source.entries, found.failure)


def _dated(source: sources.Source, as_of: datetime | None) -> datetime:
    """Return when a list was last known to be up to date.

    A private list has no other edition than the one that is read. Raises `ListError` for a date in the
    future, which would make a list fresh for longer than it is.
    """
    now = datetime.now(UTC)
    if as_of is None and source.published:
        stated = datetime.fromisoformat(source.published)
        as_of = stated if stated.tzinfo else stated.replace(tzinfo=UTC)
    if as_of is None:
        as_of = now if source.format == sources.PRIVATE else UNDATED
    if as_of > now + MAX_AHEAD:
        raise ListError(
            source.list, None, f"is dated {as_of:%Y-%m-%d}, in the future: check the file and edition.toml"
        )
    closed = sources.CLOSED.get(source.format)
    return as_of if closed is None else min(as_of, closed)


def _summary(edition: Edition) -> str:
    counted = f"{edition.list}: {edition.entries:,} entries of {edition.records:,} records, {edition.format}"
    return f"{counted}, {'no date' if edition.as_of == UNDATED else f'as of {edition.as_of:%Y-%m-%d}'}"


def build_lists(
    specs: Mapping[str, str],
    report: Report,
    options: DownloadOptions | None = None,
    cache: SnapshotCache | None = None,
) -> BuiltSnapshot:
    """Read every list and build the snapshot, which takes seconds. Raises `ListError`.

    `cache` has snapshots that were built of the same sources before.
    """
    files_by_list = {name: list_files.find_list_files(place, options) for name, place in specs.items()}
    key = cache_key(files_by_list)
    if cache is not None and (data := cache.get(key)) is not None:
        built = BuiltSnapshot(snapshot.read_header(data), data)
        for edition in built.header.editions:
            report(f"{_summary(edition)}, indexed before")
        return built
    built = index_lists([_read(name, found, report) for name, found in files_by_list.items()], report)
    if cache is not None:
        cache.put(key, built.data)
    return built


def index_lists(lists: Sequence[ReadList], report: Report) -> BuiltSnapshot:
    """Return the snapshot of lists that were read."""
    entries = [entry for one in lists for entry in one.entries]
    report(f"indexing {len(entries):,} entries")
    data = snapshot.build_snapshot([one.edition for one in lists], entries)
    return BuiltSnapshot(snapshot.read_header(data), data)


def parse_specs(specs: Sequence[str]) -> dict[str, str]:
    """Parse the words `NAME=PLACE`, and names of known lists, into places by name.

    Raises `ListError` for a word of another form.
    """
    specs_by_name: dict[str, str] = {}
    for spec in specs:
        name, equals, place = spec.partition("=")
        if not equals and name in known_sources():
            place = ",".join(known_sources()[name].addresses)
        if not (name and place):
            known = ", ".join(known_sources())
            raise ListError(spec, None, f"write NAME=PATH, such as ofac=lists/ofac, or a known list: {known}")
        if name in specs_by_name:
            raise ListError(spec, None, f"list {name} is given twice")
        specs_by_name[name] = place
    return specs_by_name
