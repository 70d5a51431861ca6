"""Find the files of a list in a file, a folder or at an address: their bytes and their date, uninterpreted.

A folder may contain `edition.toml`, which dates and labels the files beside it:

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
from msgspec import Struct

from holdgate.adapters.files.list_download import fetch
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

    `as_of` is their date. If `is_dated`, `edition.toml` states it or it is the time of the download;
    otherwise it is the time of the last modification.
    """

    files: tuple[SourceFile, ...]
    as_of: datetime
    is_dated: bool = False
    label: str | None = None


def find_list_files(spec: str, download_folder: Path | None = None) -> ListFiles:
    """Return the files of a list: a file, a folder, or one or more http(s) addresses separated by commas.

    `kept` is a folder for what was fetched: an address that says nothing changed is not fetched again.
    Raises `ListError` naming the place and what is wrong with it.
    """
    if _ADDRESS.match(spec):
        files = tuple(fetch(address, MAX_BYTES, download_folder) for address in spec.split(","))
        return ListFiles(files, datetime.now(UTC), is_dated=True)
    path = Path(spec)
    try:
        if not path.is_dir():
            return ListFiles((_read(path),), _modified_at(path))
        paths = sorted(file for file in path.iterdir() if file.is_file() and _LIST_FILES.search(file.name))
        if not paths:
            raise ListError(
                spec, None, "no list files (.csv, .xml, .json, also as .gz or .xz) in this folder"
            )
        files = tuple(_read(file) for file in paths)
        note = path / "edition.toml"
        if note.exists():
            edition = msgspec.toml.decode(note.read_bytes(), type=EditionNote)
            return ListFiles(files, edition.as_of.astimezone(UTC), is_dated=True, label=edition.label)
        return ListFiles(files, max(_modified_at(file) for file in paths))
    except OSError as error:
        raise ListError(spec, None, f"cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise ListError(f"{spec}/edition.toml", None, str(error)) from error


def _modified_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


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
