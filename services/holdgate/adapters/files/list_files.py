"""Find the files of a list in files, a folder or at addresses: their bytes and their date, uninterpreted.

A file's own date is no evidence of a list's age: it is new in every copy. A folder may contain
`edition.toml`, which dates and labels the files beside it:

    as_of = 2023-12-28T00:00:00Z
    label = "ofac-sample-2023-12-28"
"""

import gzip
import lzma
import re
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec import Struct, structs

from holdgate.adapters.files.list_download import DownloadOptions, FetchError, download
from holdgate.core.sources import ListError, SourceFile

MAX_BYTES = 500_000_000
"""Largest uncompressed file that is read: a bound on memory, many times the largest list in this repository
(4 MB)."""

_LIST_FILES = re.compile(r"\.(csv|xml|json|jsonl|txt)(\.gz|\.xz)?$", re.IGNORECASE)
_ADDRESS = re.compile(r"^https?://", re.IGNORECASE)


class Readable(Protocol):
    """An open file, compressed or not."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes."""


class EditionNote(Struct, frozen=True, forbid_unknown_fields=True):
    """The content of `edition.toml`."""

    as_of: datetime
    label: str | None = None
    provenance: str | None = None


class ListFiles(Struct, frozen=True):
    """The files of one list.

    `as_of` is the date that `edition.toml` states, or the time at which the server last confirmed them; None
    for other files. `failure` is why they could not be downloaded now, but only earlier. `topics` are those
    that the argument asks for.
    """

    files: tuple[SourceFile, ...]
    as_of: datetime | None = None
    label: str | None = None
    failure: FetchError | None = None
    topics: frozenset[str] | None = None


def find_list_files(spec: str, options: DownloadOptions | None = None) -> ListFiles:
    """Return the files of a list: a folder, or one or more files or http(s) addresses separated by commas.

    `#topics=a,b` behind them asks for entities with these topics. Raises `ListError` naming the place and
    what is wrong with it.
    """
    place, marker, topics = spec.partition("#topics=")
    found = _find(place, options or DownloadOptions())
    return structs.replace(found, topics=frozenset(topics.split(","))) if marker else found


def _find(spec: str, options: DownloadOptions) -> ListFiles:
    if _ADDRESS.match(spec):
        fetched = download(spec.split(","), MAX_BYTES, options)
        return ListFiles(fetched.files, fetched.fetched_at, failure=fetched.failure)
    path = Path(spec)
    try:
        if not path.is_dir():
            parts = spec.split(",") if not path.exists() else [spec]
            return ListFiles(tuple(_read(Path(part)) for part in parts))
        paths = sorted(file for file in path.iterdir() if file.is_file() and _LIST_FILES.search(file.name))
        if not paths:
            raise ListError(
                spec, None, "no list files (.csv, .xml, .json, also as .gz or .xz) in this folder"
            )
        files = tuple(_read(file) for file in paths)
        note = path / "edition.toml"
        if note.exists():
            edition = msgspec.toml.decode(note.read_bytes(), type=EditionNote)
            return ListFiles(files, edition.as_of.astimezone(UTC), edition.label)
        return ListFiles(files)
    except OSError as error:
        place = error.filename if isinstance(error.filename, str) else spec
        raise ListError(place, None, f"cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise ListError(f"{spec}/edition.toml", None, str(error)) from error


def _read(path: Path) -> SourceFile:
    name = path.stem if path.suffix.lower() in (".gz", ".xz") else path.name
    try:
        with path.open("rb") as file:
            match path.suffix.lower():
                case ".gz":
                    return SourceFile(name, _read_bounded(name, gzip.GzipFile(fileobj=file)))
                case ".xz":
                    return SourceFile(name, _read_bounded(name, lzma.LZMAFile(file)))
            return SourceFile(name, _read_bounded(name, file))
    except (lzma.LZMAError, zlib.error, EOFError, gzip.BadGzipFile) as error:
        raise ListError(path.name, None, f"cannot be unpacked ({error}): fetch it again") from error


def _read_bounded(name: str, file: Readable) -> bytes:
    content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ListError(name, None, f"more than {MAX_BYTES:,} bytes: not a sanctions list")
    return content
