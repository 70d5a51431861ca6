"""List readers: turn the published files of a sanctions list into entries, without any I/O.

`recognise` determines the format from the content of the files, never from their names; `read` returns
the entries. A reader raises ListError, and no other exception, for a list that cannot be trusted.
"""

from collections.abc import Sequence
from datetime import datetime

from holdgate.core.sources import (
    canada,
    eu_csv,
    eu_xml,
    ftm,
    ofac_advanced,
    ofac_csv,
    ofac_xml,
    private_csv,
    seco,
    uk_csv,
    uk_tables,
    uk_xml,
    un,
)
from holdgate.core.sources.formats import FileHead, Format, read_head
from holdgate.core.sources.source import ListError, Source, SourceFile, files_digest

__all__ = ["FORMATS", "ListError", "Source", "SourceFile", "read", "recognise"]

FORMATS: tuple[Format, ...] = (
    ofac_csv.FORMAT,
    ofac_xml.FORMAT,
    ofac_advanced.FORMAT,
    un.FORMAT,
    uk_csv.CONLIST,
    uk_csv.SANCTIONS_LIST,
    uk_xml.FORMAT,
    uk_tables.FORMAT,
    eu_csv.FORMAT,
    eu_xml.FORMAT,
    canada.FORMAT,
    seco.FORMAT,
    ftm.FORMAT,
    private_csv.FORMAT,
)
"""All formats that Holdgate reads. The first format that recognises a file reads it, so the private CSV,
which has the least distinctive header, comes last."""


PRIVATE = private_csv.FORMAT.name
"""The format of private lists."""

CLOSED = {uk_csv.CONLIST.name: uk_csv.CONLIST_CLOSED}
"""Formats of lists that their publishers have closed, and when: no later date makes them fresh."""


def recognise(files: Sequence[SourceFile]) -> str:
    """Return the name of the format of a list's files, such as `ofac-sdn-csv`.

    Raises ListError if there are no files, if a file is empty or of an unknown format, and if the files have
    different formats: a list given in two formats would be read twice.
    """
    return _format_of_all(files).name


def read(list_name: str, files: Sequence[SourceFile], topics: frozenset[str] | None = None) -> Source:
    """Read a list; entry ids are `<list_name>:<the publisher's id>`.

    `topics` are those of the entities that a FollowTheMoney file gives; by default, `sanction`. Raises
    ListError (file, line, reason) for a list of an unknown format, and for a truncated, damaged or
    inconsistent one.
    """
    list_format = _format_of_all(files)
    if topics is None:
        parsed = list_format.reads(list_name, files)
    elif list_format is ftm.FORMAT:
        parsed = ftm.read(list_name, files, topics)
    else:
        raise ListError(
            files[0].name, None, f"topics are of FollowTheMoney files; this is {list_format.name}"
        )
    if parsed.published is not None:
        try:
            datetime.fromisoformat(parsed.published)
        except ValueError as error:
            raise ListError(
                files[0].name,
                None,
                f"the publication date {parsed.published[:40]!r} is not a date: fetch the list again",
            ) from error
    return Source(
        list=list_name,
        format=list_format.name,
        published=parsed.published,
        sha256=files_digest(files),
        entries=tuple(parsed.entries),
        records=parsed.records,
        notes=tuple(parsed.notes),
    )


def _format_of_all(files: Sequence[SourceFile]) -> Format:
    if not files:
        raise ListError("list", None, "no files were given: name the list's file or folder")
    first = _format_of(files[0])
    for file in files[1:]:
        if (other := _format_of(file)) is not first:
            raise ListError(
                file.name, None, f"is {other.name}, but {files[0].name} is {first.name}: keep one format"
            )
    return first


def _format_of(file: SourceFile) -> Format:
    head: FileHead = read_head(file)
    for list_format in FORMATS:
        if list_format.recognises(head):
            return list_format
    if head.root is not None:
        raise ListError(
            file.name,
            1,
            f"no list that Holdgate reads has the root element {head.root[:60]!r}: "
            "docs/lists.md names the formats",
        )
    raise ListError(
        file.name,
        1,
        "no list that Holdgate reads begins like this: take the publisher's own file, or give your own table"
        " the columns of a private list (docs/lists.md)",
    )
