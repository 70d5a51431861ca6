"""What goes into a list reader and what comes out: the files as bytes, and the list as entries."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import TypeVar

from msgspec import Struct

from holdgate.core.model.listed_entry import Entry, ListedName

Value = TypeVar("Value")


class SourceFile(Struct, frozen=True):
    """One file of a list as it was published; `name` is what error messages call it."""

    name: str
    content: bytes


class ListError(ValueError):
    """A list that cannot be trusted: of another kind, cut short, damaged or inconsistent.

    `reason` says what is wrong and what to do. It quotes no names: messages end in logs.
    """

    def __init__(self, file: str, line: int | None, reason: str) -> None:
        self.file = file
        self.line = line
        self.reason = reason
        super().__init__(f"{file} line {line}: {reason}" if line is not None else f"{file}: {reason}")


def wrong_width(file: SourceFile, line: int, columns: int, expected: int) -> ListError:
    """The error for a row of another number of columns than the rows before it."""
    return ListError(file.name, line, f"{columns} columns instead of {expected}: the file is cut or damaged")


def unfinished_row(file: SourceFile) -> ListError:
    """The error for a file whose last row has no end."""
    last = file.content.count(b"\n") + 1
    return ListError(file.name, last, "the last row has no line end: the file is cut, fetch it again")


class Source(Struct, frozen=True):
    """A list as read.

    `published` is the ISO date (or time) that the source states about itself, None where its format
    states none. `sha256` is over the files, in the order of their names. `records` counts the records of
    the files that describe a party (rows or elements, before rows of one party are put together), so
    nothing can get lost unseen. `notes` says what was put together, what is no entry and what is missing.
    """

    list: str
    format: str
    published: str | None
    sha256: str
    entries: tuple[Entry, ...]
    records: int
    notes: tuple[str, ...] = ()


class ParsedList(Struct, frozen=True):
    """What a reader of one format hands over; `Source` is this with the list's name and its digest."""

    entries: Sequence[Entry]
    records: int
    published: str | None = None
    notes: Sequence[str] = ()


def files_digest(files: Sequence[SourceFile]) -> str:
    """SHA-256 over each file's own digest, in the order of their names, so that folders compare."""
    combined = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.name):
        combined.update(hashlib.sha256(file.content).digest())
    return combined.hexdigest()


def distinct_names(names: Iterable[ListedName]) -> tuple[ListedName, ...]:
    """Names once each, in order; of two equal spellings the one that the list vouches for more stands."""
    by_text: dict[str, ListedName] = {}
    for name in names:
        previous = by_text.setdefault(name.text, name)
        if previous.kind == "weak" and name.kind != "weak":
            by_text[name.text] = name
    return tuple(by_text.values())


def distinct_values(values: Iterable[Value]) -> tuple[Value, ...]:
    """Values once each, in their order."""
    return tuple(dict.fromkeys(values))
