"""List readers: the files of a list as published -> its entries. Pure: bytes in, entries out.

`recognise` tells the format by what the files hold, never by what they are called; `read` makes entries.
Every reader raises ListError, and nothing else, for what it cannot trust.
"""

from collections.abc import Callable, Sequence
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
    uk_csv,
    uk_xml,
    un,
)
from holdgate.core.sources.sniff import sniff
from holdgate.core.sources.source import ListError, ParsedList, Source, SourceFile, files_digest

__all__ = ["ListError", "Source", "SourceFile", "read", "recognise"]

_READERS: dict[str, Callable[[str, Sequence[SourceFile]], ParsedList]] = {
    ofac_csv.FORMAT: ofac_csv.read,
    ofac_xml.FORMAT: ofac_xml.read,
    ofac_advanced.FORMAT: ofac_advanced.read,
    un.FORMAT: un.read,
    uk_csv.CONLIST: uk_csv.read,
    uk_csv.SANCTIONS_LIST: uk_csv.read,
    uk_xml.FORMAT: uk_xml.read,
    eu_csv.FORMAT: eu_csv.read,
    eu_xml.FORMAT: eu_xml.read,
    canada.FORMAT: canada.read,
    ftm.FORMAT: ftm.read,
    private_csv.FORMAT: private_csv.read,
}


def recognise(files: Sequence[SourceFile]) -> str:
    """The format of a list's files, such as `ofac-sdn-csv`.

    Raises ListError for no files, an empty or foreign file, and files of different formats (one list in
    two formats would be read twice).
    """
    if not files:
        raise ListError("list", None, "no files were given: name the list's file or folder")
    first = sniff(files[0])
    for file in files[1:]:
        if (found := sniff(file)) != first:
            raise ListError(file.name, None, f"is {found}, but {files[0].name} is {first}: keep one format")
    return first


def read(list_name: str, files: Sequence[SourceFile]) -> Source:
    """Read a list; entry ids are `<list_name>:<the source's own id>`.

    Raises ListError (file, line, reason) for what is of another kind, cut short, damaged or inconsistent.
    """
    format_ = recognise(files)
    reading = _READERS[format_](list_name, files)
    if reading.published is not None:
        try:
            datetime.fromisoformat(reading.published)
        except ValueError as error:
            raise ListError(
                files[0].name,
                None,
                f"dates itself {reading.published[:40]!r}, which is no date",
            ) from error
    return Source(
        list=list_name,
        format=format_,
        published=reading.published,
        sha256=files_digest(files),
        entries=tuple(reading.entries),
        records=reading.records,
        notes=tuple(reading.notes),
    )
