"""United Kingdom: OFSI's consolidated list (ConList) and the FCDO's UK Sanctions List, both as CSV.

Both files begin with a row that dates the file, then a header. A party has as many rows as its names, dates
of birth and addresses need. The rows of a party share a Group ID (ConList: 29 columns in 2018, later 36) or
a Unique ID (UK Sanctions List: 58 columns).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from msgspec import structs

from holdgate.core.model.listed_entry import Entry, EntryType, IdType, ListedId, ListedName
from holdgate.core.sources.csv_rows import read_rows, unknown_columns
from holdgate.core.sources.dates import iso_date
from holdgate.core.sources.formats import FileHead, Format
from holdgate.core.sources.source import (
    ListError,
    ParsedList,
    SourceFile,
    distinct_values,
    unfinished_row,
    wrong_width,
)
from holdgate.core.sources.uk_party import TYPES, build_entry, name_kind, party_name
from holdgate.core.sources.uk_text import describes_vessel, document_ids, registration_ids, stated_ids

Row = dict[str, str]

# Column names in lower case; the layouts differ in case and wording, not in meaning.
_COLUMNS = {
    "key": ("unique id", "group id"),
    "type": ("designation type", "group type"),
    "name_type": ("name type", "alias type"),
    "strength": ("alias strength", "alias quality"),
    "native": ("name non-latin script",),
    "regime": ("regime name", "regime"),
    "listed": ("date designated", "listed on"),
    "birth": ("d.o.b", "dob"),
    "town": ("town of birth",),
    "born_in": ("country of birth",),
    "nationality": ("nationality(/ies)", "nationality"),
    "passport": ("passport number",),
    "passport_text": ("passport additional information", "passport details"),
    "national": ("national identifier number", "national identification number", "ni number"),
    "national_text": ("national identifier additional information", "national identification details"),
    "registration": ("business registration number (s)",),
    "imo": ("imo number",),
    "flag": ("current believed flag of ship",),
    "postcode": ("address postal code", "post/zip code"),
    "country": ("address country", "country"),
    "title": ("title",),
    "position": ("position",),
    "other": ("other information",),
    "un": ("un reference number",),
}
_READ = frozenset(
    [
        *_COLUMNS,
        *(f"{part} {number}" for part in ("name", "address", "address line") for number in range(1, 7)),
        "group id",
    ]
)
_REQUIRED = ("key", "type", "name_type", "regime")


def read(list_name: str, files: Sequence[SourceFile]) -> ParsedList:
    """Read the list; `records` counts its rows, of which a party has one or more.

    Raises ListError for a row with too few or too many columns, a header without a required column, a row
    without id, a party without name, with two types or of unknown type, and a list without parties.
    """
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    first_lines: dict[str, tuple[str, int]] = {}
    published: str | None = None
    records = 0
    columns: set[str] = set()
    for file in files:
        date_text = ""
        for line, row in _rows(file):
            if isinstance(row, str):
                date_text = row
                continue
            key = row["key"]
            if not key:
                raise ListError(file.name, line, "a row without Group ID or Unique ID: the file is damaged")
            records += 1
            columns |= row.keys()
            groups[key].append(row)
            first_lines.setdefault(key, (file.name, line))
        published = max(published or "", iso_date(date_text.replace("-", " ")) or "") or None
    if not groups:
        raise ListError(files[0].name, None, "the list contains no parties: fetch it again")
    entries = [_entry(list_name, key, rows, *first_lines[key]) for key, rows in groups.items()]
    notes = [f"rows: {records}, parties: {len(entries)}", *unknown_columns("uk", columns, _READ)]
    return ParsedList(entries, records, published, notes)


def _rows(file: SourceFile) -> Iterator[tuple[int, Row | str]]:
    """Yield the publication date as a string if the file states one, then each row by column name.

    Column names are those of `_COLUMNS`, or the file's in lower case.
    """
    if not file.content.endswith(b"\n"):
        raise unfinished_row(file)
    header: list[str] = []
    for line, cells in read_rows(file):
        if not header:
            first = cells[0].strip()
            if first.casefold().startswith("report date"):
                yield line, first.partition(":")[2].strip() or (cells[1].strip() if len(cells) > 1 else "")
            elif first.casefold() == "last updated" and cells[1:2] and cells[1][:1].isdigit():
                yield line, cells[1].strip()
            else:
                header = _header(file, line, cells)
            continue
        if len(cells) != len(header):
            raise wrong_width(file, line, len(cells), len(header))
        yield line, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}


def _header(file: SourceFile, line: int, cells: list[str]) -> list[str]:
    names = {text: name for name, texts in _COLUMNS.items() for text in texts}
    plain = [cell.strip().casefold() for cell in cells]
    header = [names.get(cell, cell) for cell in plain]
    if "unique id" in plain:  # the UK Sanctions List also has OFSI's group id
        header = [
            cell if name == "key" and cell == "group id" else name
            for name, cell in zip(header, plain, strict=True)
        ]
    missing = [name for name in _REQUIRED if name not in header] + [
        name for name in ("name 1", "name 6") if name not in header
    ]
    if missing:
        raise ListError(
            file.name,
            line,
            f"no column for {', '.join(missing)}: the layout is unknown; docs/lists.md names the layouts",
        )
    return header


def _entry(list_name: str, key: str, group: list[Row], file: str, line: int) -> Entry:
    kinds = {row["type"].casefold() for row in group}
    if len(kinds) != 1 or (kind := kinds.pop()) not in TYPES:
        raise ListError(file, line, f"party {key} has no known type, or two: the file is damaged")
    other_information = distinct_values(text for row in group if (text := row.get("other", "")))
    party: EntryType = TYPES[kind]
    if party == "entity" and any(describes_vessel(text) for text in other_information):
        party = "vessel"
    entry = build_entry(
        f"{list_name}:{key}",
        party,
        names=[name for row in group for name in _names(row, party)],
        programs=[row["regime"] for row in group if row["regime"]],
        births=distinct_values(row.get("birth", "") for row in group),
        birth_places=[
            ", ".join(part for part in (row.get("town", ""), row.get("born_in", "")) if part) for row in group
        ],
        nationalities=distinct_values(
            text for row in group for text in (row.get("nationality", ""), row.get("flag", ""))
        ),
        addresses=[_address(row) for row in group],
        ids=[listed for row in group for listed in _ids(row, party)]
        + [listed for text in other_information for listed in stated_ids(text, party)],
        listed=[row.get("listed", "") for row in group],
        notes=[
            text
            for row in group
            for text in (row.get("un", ""), row.get("title", ""), row.get("position", ""))
        ]
        + list(other_information),
    )
    if entry is None or entry.names[0].kind != "primary":
        raise ListError(file, line, f"party {key} has no primary name: the file is damaged")
    return entry


def _names(row: Row, party: EntryType) -> Iterator[ListedName]:
    given = [row.get(f"name {number}", "") for number in range(1, 6)]
    name = party_name(row["name 6"], given, name_kind(row["name_type"], row.get("strength", "")), party)
    if name is not None:
        yield name
    if native := " ".join(row.get("native", "").split()):
        yield ListedName(native, "native")


def _address(row: Row) -> tuple[str, str]:
    lines = [
        row.get(f"address line {number}") or row.get(f"address {number}") or "" for number in range(1, 7)
    ]
    country_text = row.get("country", "")
    parts = (*lines, row.get("postcode", ""), country_text)
    return ", ".join(part for part in parts if part), country_text


def _ids(row: Row, party: EntryType) -> Iterator[ListedId]:
    yield from _document_ids(row, "passport", "passport")
    yield from _document_ids(row, "national", "national_id")
    yield from registration_ids(row.get("registration", ""))
    if digits := row.get("imo", ""):
        yield from stated_ids(f"IMO {digits}", party)


def _document_ids(row: Row, column: str, kind: IdType) -> Iterator[ListedId]:
    """Yield the documents in a column pair.

    If the first column has the number, the second describes it; otherwise the second has both.
    """
    number, details = row.get(column, ""), row.get(f"{column}_text", "")
    yield from document_ids(number or details, kind, details if number and details else None)


def _header_text(head: FileHead) -> str:
    """Return the beginning of the file in lower case, or "" if it lacks the columns of both layouts."""
    text = head.decoded()[:8192].casefold()
    return text if "name 6,name 1," in text.replace('"', "") else ""


def _is_sanctions_list(head: FileHead) -> bool:
    return "unique id" in _header_text(head)


def _is_conlist(head: FileHead) -> bool:
    text = _header_text(head)
    return "group id" in text and "unique id" not in text


def _read_conlist(list_name: str, files: Sequence[SourceFile]) -> ParsedList:
    """Read the list, and note that it is closed."""
    parsed = read(list_name, files)
    closed = f"the ConList is closed since {CONLIST_CLOSED:%Y-%m-%d}: take the UK Sanctions List (`uk`)"
    return structs.replace(parsed, notes=[*parsed.notes, closed])


CONLIST_CLOSED = datetime(2026, 1, 28, tzinfo=UTC)
"""OFSI's last day with a consolidated list; since then there is only the UK Sanctions List."""

CONLIST = Format("uk-conlist-csv", _is_conlist, _read_conlist)
SANCTIONS_LIST = Format("uk-sanctions-list-csv", _is_sanctions_list, read)
