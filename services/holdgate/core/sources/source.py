"""The input and output types of list readers: files as bytes in, a list of entries out."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import TypeVar

from msgspec import Struct

from holdgate.core.model.listed_entry import Entry, ListedName

Value = TypeVar("Value")


class SourceFile(Struct, frozen=True):
    """One published file of a list; error messages refer to it by `name`."""

    name: str
    content: bytes


class ListError(ValueError):
    """A list cannot be trusted: it has another format, or is truncated, damaged or inconsistent.

    `reason` says what is wrong and what to do. It quotes no names of parties, because messages are logged.
    """

    def __init__(self, file: str, line: int | None, reason: str) -> None:
        self.file = file
        self.line = line
        self.reason = reason
        super().__init__(f"{file} line {line}: {reason}" if line is not None else f"{file}: {reason}")


def wrong_width(file: SourceFile, line: int, columns: int, expected: int) -> ListError:
    """Return the error for a row that has more or fewer columns than the rows before it."""
    return ListError(file.name, line, f"{columns} columns instead of {expected}: the file is cut or damaged")


def unfinished_row(file: SourceFile) -> ListError:
    """Return the error for a file whose last row has no line end."""
    last = file.content.count(b"\n") + 1
    return ListError(file.name, last, "the last row has no line end: the file is cut, fetch it again")


class Source(Struct, frozen=True):
    """A list that has been read.

    `published` is the ISO date (or time) of publication that the files state, None if the format has none.
    `sha256` is the digest of the files, see `files_digest`. `records` counts the rows or elements that
    describe a party, before the rows of one party are merged, so that a lost record shows in the count.
    `notes` reports merged records, records that are not entries, and missing files.
    """

    list: str
    format: str
    published: str | None
    sha256: str
    entries: tuple[Entry, ...]
    records: int
    notes: tuple[str, ...] = ()


class ParsedList(Struct, frozen=True):
    """The result of a format's reader; `Source` adds the name, format and digest of the list."""

    entries: Sequence[Entry]
    records: int
    published: str | None = None
    notes: Sequence[str] = ()


def files_digest(files: Sequence[SourceFile]) -> str:
    """Return the SHA-256 of the files' digests in the order of the file names.

    The order in which the files are given does not matter.
    """
    combined = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.name):
        combined.update(hashlib.sha256(file.content).digest())
    return combined.hexdigest()


def distinct_names(names: Iterable[ListedName]) -> tuple[ListedName, ...]:
    """Return the names in order without repeated spellings; a weak name gives way to a stronger equal one."""
    by_text: dict[str, ListedName] = {}
    for name in names:
        previous = by_text.setdefault(name.text, name)
        if previous.kind == "weak" and name.kind != "weak":
            by_text[name.text] = name
    return tuple(by_text.values())


def distinct_values(values: Iterable[Value]) -> tuple[Value, ...]:
    """Return the values in order, without repetitions."""
    return tuple(dict.fromkeys(values))
