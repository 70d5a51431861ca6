"""The steps of a round of the lists service that need much memory; they run in a child process."""

from collections.abc import Mapping

import structlog
from msgspec import Struct

from holdgate.adapters.files.list_download import DownloadOptions, FetchError
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.core.sources import ListError
from holdgate.lists.building import BuiltSnapshot, index_lists, read_list
from holdgate.lists.diff import EntryChange, diff_lists
from holdgate.lists.metrics import RefusalCause

log = structlog.get_logger()


class ListFailure(Struct, frozen=True):
    """Why a list made a round fail; `text` is the error message."""

    list: str
    why: RefusalCause
    text: str


class BuildResult(Struct, frozen=True):
    """Result of reading: the lists that were read now, and the snapshot unless one has no content at all.

    A list that could not be downloaded is in the snapshot as it was last fetched, and among the failures.
    """

    read: tuple[str, ...]
    failures: tuple[ListFailure, ...] = ()
    built: BuiltSnapshot | None = None


class ListsNotReadError(Exception):
    """Lists that could not be read; the current ones stay."""

    def __init__(self, failures: tuple[ListFailure, ...]) -> None:
        super().__init__("; ".join(found.text for found in failures))
        self.failures = failures


def build_lists(specs: Mapping[str, str], options: DownloadOptions) -> BuildResult:
    """Read every list, to report all failures together, and index them if all could be read."""
    lists, failures = [], []
    for name, place in specs.items():
        try:
            lists.append(read_list(name, place, log.info, options))
        except ListError as error:
            why: RefusalCause = "unfetched" if isinstance(error, FetchError) else "refused"
            failures.append(ListFailure(name, why, str(error)))
    failures += [
        ListFailure(one.edition.list, "unfetched", str(one.failure))
        for one in lists
        if one.failure is not None
    ]
    read = tuple(one.edition.list for one in lists if one.failure is None)
    complete = len(lists) == len(specs)
    return BuildResult(read, tuple(failures), index_lists(lists, log.info) if complete else None)


def diff_snapshots(before: bytes, after: bytes) -> list[EntryChange]:
    """Return which entries differ between two stored snapshots."""
    return diff_lists(load_snapshot(before), load_snapshot(after))
