"""Private lists: an operator's own CSV file in the layout described in docs/lists.md.

The file has a header and one row per party; `;` or `|` separates several values in a cell. Such a file is
typed by hand, so the reader neither guesses nor skips anything: an unknown column, an invalid date or country
and an identifier with a wrong check digit are errors that name the line and the column.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from stdnum import bic, imo, lei

from holdgate.core.model.listed_entry import (
    Entry,
    EntryType,
    IdType,
    ListedAddress,
    ListedId,
    ListedName,
    NameKind,
)
from holdgate.core.sources.countries import country
from holdgate.core.sources.csv_rows import read_rows
from holdgate.core.sources.dates import iso_date, iso_dates
from holdgate.core.sources.formats import FileHead, Format
from holdgate.core.sources.printed_names import classify_script
from holdgate.core.sources.source import (
    ListError,
    ParsedList,
    SourceFile,
    distinct_names,
    distinct_values,
    wrong_width,
)

_TYPES: tuple[EntryType, ...] = ("person", "entity", "vessel", "aircraft", "unknown")
_IDS: tuple[IdType, ...] = (
    "passport",
    "national_id",
    "tax",
    "lei",
    "bic",
    "clearing_code",
    "registration",
    "imo",
    "mmsi",
    "wallet",
    "other",
)
_TEXT_COLUMNS = (
    "id", "name", "type", "given_name", "family_name", "alias", "weak_alias", "birth_date", "birth_place",
    "country", "address", "address_country", "programme", "listed_on", "note",
)  # fmt: skip
COLUMNS: tuple[str, ...] = (*_TEXT_COLUMNS, *_IDS)
_SYNONYMS = {
    "aliases": "alias",
    "weak_aliases": "weak_alias",
    "birth_dates": "birth_date",
    "birth_places": "birth_place",
    "countries": "country",
    "nationality": "country",
    "nationalities": "country",
    "addresses": "address",
    "program": "programme",
    "programs": "programme",
    "programmes": "programme",
    "notes": "note",
}
_CHECKS: dict[str, Callable[[str], bool]] = {"lei": lei.is_valid, "bic": bic.is_valid, "imo": imo.is_valid}
_SEPARATORS = re.compile(r"\s*[;|]\s*")
_WITH_COUNTRY = re.compile(r"(?P<value>.+?)\s*\((?P<country>[^()]+)\)")
# The prefix of columns for the operator's own use, which are not read.
_IGNORED_PREFIX = "x_"


class _Row:
    """The cells of a row by column name; errors name the line and the column."""

    def __init__(self, file: str, line: int, cells: dict[str, str]) -> None:
        self._file = file
        self._line = line
        self._cells = cells

    def text(self, column: str) -> str:
        return " ".join(self._cells.get(column, "").split())

    def texts(self, column: str) -> list[str]:
        return [value for value in _SEPARATORS.split(self.text(column)) if value]

    def error(self, column: str, reason: str) -> ListError:
        return ListError(self._file, self._line, f"column {column}: {reason}")

    def country(self, column: str, text: str) -> str:
        code = country(text)
        if code is None:
            raise self.error(column, "not a country: write its name or ISO code")
        return code


def read(list_name: str, files: Sequence[SourceFile]) -> ParsedList:
    """Read the list; raise ListError with line and column for any error in it."""
    entries: dict[str, Entry] = {}
    for file in files:
        for line, row in _rows(file):
            entry = _entry(list_name, row)
            if entry.id in entries:
                raise ListError(file.name, line, "column id: the id is used twice, give each party its own")
            entries[entry.id] = entry
    if not entries:
        raise ListError(files[0].name, None, "the file has a header and no parties below it")
    return ParsedList(tuple(entries.values()), len(entries))


def _rows(file: SourceFile) -> Iterator[tuple[int, _Row]]:
    header = file.content.partition(b"\n")[0]
    delimiter = max((",", ";", "\t"), key=lambda mark: header.count(mark.encode()))
    columns: list[str] = []
    for line, cells in read_rows(file, delimiter=delimiter):
        if not columns:
            columns = _columns(file, line, cells)
        elif len(cells) != len(columns):
            raise wrong_width(file, line, len(cells), len(columns))
        else:
            yield line, _Row(file.name, line, dict(zip(columns, cells, strict=True)))


def _columns(file: SourceFile, line: int, cells: list[str]) -> list[str]:
    columns: list[str] = []
    for cell in cells:
        normalised = re.sub(r"[\s-]+", "_", cell.strip().casefold())
        column = _SYNONYMS.get(normalised, normalised)
        if column not in COLUMNS and not column.startswith(_IGNORED_PREFIX):
            allowed = ", ".join(COLUMNS)
            raise ListError(
                file.name,
                line,
                f"column {cell.strip()[:40]!r} is unknown: use {allowed}, or begin it with x_",
            )
        if column in columns:
            raise ListError(file.name, line, f"column {column} is given twice")
        columns.append(column)
    if missing := {"id", "name"} - set(columns):
        raise ListError(file.name, line, f"no column {' and '.join(sorted(missing))}")
    return columns


def _entry(list_name: str, row: _Row) -> Entry:
    key, name = row.text("id"), row.text("name")
    if not key or not any(character.isalnum() for character in name):
        raise row.error("id" if not key else "name", "must not be empty")
    kind = row.text("type").casefold() or "unknown"
    party = next((party_type for party_type in _TYPES if party_type == kind), None)
    if party is None:
        raise row.error("type", f"must be one of {', '.join(_TYPES)}")
    listed = row.text("listed_on")
    if listed and iso_date(listed) is None:
        raise row.error("listed_on", "not a date: write 2024-05-31")
    return Entry(
        id=f"{list_name}:{key}",
        list=list_name,
        type=party,
        names=distinct_names(_names(row, name)),
        programs=distinct_values(row.texts("programme")),
        birth_dates=distinct_values(_dates(row)),
        birth_places=distinct_values(row.texts("birth_place")),
        nationalities=distinct_values(row.country("country", text) for text in row.texts("country")),
        addresses=tuple(_addresses(row)),
        ids=distinct_values(_ids(row)),
        listed_on=iso_date(listed),
        note=row.text("note") or None,
    )


def _names(row: _Row, name: str) -> Iterator[ListedName]:
    yield ListedName(name, "primary", row.text("given_name") or None, row.text("family_name") or None)
    kinds: tuple[tuple[str, NameKind], ...] = (("alias", "strong"), ("weak_alias", "weak"))
    for column, kind in kinds:
        for text in row.texts(column):
            yield classify_script(text, kind)


def _dates(row: _Row) -> Iterator[str]:
    for text in row.texts("birth_date"):
        date = iso_dates(text)
        if date is None:
            raise row.error("birth_date", "not a date: write 1970-01-31, 1970, 1970 to 1975 or circa 1970")
        yield date


def _addresses(row: _Row) -> Iterator[ListedAddress]:
    countries = [row.country("address_country", text) for text in row.texts("address_country")]
    texts = row.texts("address")
    if len(countries) > 1 and len(countries) != len(texts):
        raise row.error("address_country", f"{len(countries)} countries for {len(texts)} addresses")
    for number, text in enumerate(texts):
        country_code = None if not countries else countries[0] if len(countries) == 1 else countries[number]
        yield ListedAddress(text, country_code)


def _ids(row: _Row) -> Iterator[ListedId]:
    for kind in _IDS:
        for text in row.texts(kind):
            match = _WITH_COUNTRY.fullmatch(text)
            value = match["value"] if match else text
            check = _CHECKS.get(kind)
            if check is not None and not check(value):
                raise row.error(kind, "not a valid number of its kind: check the digits")
            yield ListedId(kind, value, row.country(kind, match["country"]) if match else None)


def _recognises(head: FileHead) -> bool:
    """Recognise a CSV file whose header has at least the columns `id` and `name`."""
    header = head.decoded().partition("\n")[0].strip().casefold()
    columns = {cell.strip(' "') for cell in re.split(r"[,;\t]", header)}
    return {"id", "name"} <= columns


FORMAT = Format("private-csv", _recognises, read)
