"""United Kingdom: the UK Sanctions List, normalised to tables of names, births, identifiers and countries.

Each table is a CSV file whose header identifies it; rows of a party share its `unique_id`. The tables have no
titles, positions, addresses or other information of the original, and do not state when it was published.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from msgspec import Struct

from holdgate.core.model.listed_entry import Entry, EntryType, ListedId, ListedName
from holdgate.core.sources.csv_rows import read_rows
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
from holdgate.core.sources.uk_text import document_ids, registration_ids, stated_ids

Row = dict[str, str]

_HEADERS: dict[str, tuple[str, ...]] = {
    "subjects": tuple(
        "unique_id subject_type un_reference_number ofsi_group_id date_designated last_updated".split()
    ),
    "names": tuple(
        "name_id unique_id name_type alias_strength full_name"
        " name_6 name_1 name_2 name_3 name_4 name_5".split()
    ),
    "births": tuple("dob_id unique_id year month day precision parse_issues".split()),
    "identifiers": tuple("id unique_id ofsi_group_id raw_value identifier_type additional_info".split()),
    "countries": tuple("id unique_id raw_value country_type iso resolution_method iso_available".split()),
}
_TABLES = {header: name for name, header in _HEADERS.items()}
_REGIME = re.compile(r"[A-Z]+")


def read(list_name: str, files: Sequence[SourceFile]) -> ParsedList:
    """Read the parties; `records` counts the rows of the table of subjects.

    Raises ListError for a missing table of subjects or names, a table given twice, a row of another width, a
    party of unknown type, without a primary name or listed twice, and a row of a party that is not listed.
    """
    tables: dict[str, _Table] = {}
    for file in files:
        table = _read_table(file)
        if table.name in tables:
            raise ListError(file.name, 1, f"the table of {table.name} is given twice: keep one edition")
        tables[table.name] = table
    for needed in ("subjects", "names"):
        if needed not in tables:
            raise ListError(
                files[0].name,
                None,
                f"the table of {needed} is missing: give all tables as one list, in a folder or separated by"
                " commas",
            )
    subjects = tables["subjects"]
    for table in tables.values():
        for key in table.rows:
            if key not in subjects.rows:
                raise table.error(key, f"is not in {subjects.file.name}: fetch all tables again")
    entries = []
    for key, found in subjects.rows.items():
        if len(found) > 1:
            raise subjects.error(key, "is listed twice: fetch the table again")
        details = {table.name: table.rows.get(key, []) for table in tables.values()}
        entry = _entry(list_name, key, found[0], details)
        if entry is None or entry.names[0].kind != "primary":
            raise subjects.error(key, "has no known type or no primary name: the table is damaged")
        entries.append(entry)
    if not entries:
        raise ListError(subjects.file.name, None, "the table contains no parties: fetch it again")
    notes = [f"table not given: {name}" for name in _HEADERS if name not in tables]
    return ParsedList(entries, len(entries), None, notes)


class _Table(Struct):
    """A table: its rows by party, and the line of each party's first row."""

    name: str
    file: SourceFile
    rows: dict[str, list[Row]]
    lines: dict[str, int]

    def error(self, key: str, reason: str) -> ListError:
        """Return the error for a party."""
        return ListError(self.file.name, self.lines[key], f"party {key[:20]} {reason}")


def _read_table(file: SourceFile) -> _Table:
    if not file.content.endswith(b"\n"):
        raise unfinished_row(file)
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    lines: dict[str, int] = {}
    header: tuple[str, ...] = ()
    for line, cells in read_rows(file):
        if not header:
            header = tuple(cell.strip() for cell in cells)
            continue
        if len(cells) != len(header):
            raise wrong_width(file, line, len(cells), len(header))
        row = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
        if not row["unique_id"]:
            raise ListError(file.name, line, "a row without unique_id: the file is damaged")
        rows[row["unique_id"]].append(row)
        lines.setdefault(row["unique_id"], line)
    return _Table(_TABLES[header], file, rows, lines)


def _entry(list_name: str, key: str, subject: Row, details: dict[str, list[Row]]) -> Entry | None:
    if (party := TYPES.get(subject["subject_type"].casefold())) is None:
        return None
    regime = _REGIME.match(key)
    places = details.get("countries", [])
    return build_entry(
        f"{list_name}:{key}",
        party,
        names=_names(details["names"], party),
        programs=[regime[0]] if regime else [],
        births=distinct_values(
            "-".join(part for part in (row["year"], row["month"], row["day"]) if part)
            for row in details.get("births", [])
        ),
        birth_places=_countries(places, "birth"),
        nationalities=_countries(places, "nationality"),
        addresses=[(text, text) for text in _countries(places, "address")],
        ids=[listed for row in details.get("identifiers", []) for listed in _ids(row, party)],
        listed=[subject["date_designated"]],
        notes=[subject["un_reference_number"]],
    )


def _names(rows: Sequence[Row], party: EntryType) -> Iterator[ListedName]:
    """Yield the names made of their parts; after the first primary name, others are strong aliases."""
    is_primary_seen = False
    for row in rows:
        is_primary = row["name_type"] == "primary" and not is_primary_seen
        kind = name_kind("primary name" if is_primary else "", row["alias_strength"])
        parts = [row[f"name_{number}"] for number in range(1, 6)]
        name = party_name(row["name_6"], parts, kind, party) or party_name(row["full_name"], [], kind, party)
        if name is not None:
            is_primary_seen |= is_primary
            yield name


def _countries(rows: Sequence[Row], kind: str) -> list[str]:
    return list(distinct_values(row["raw_value"] for row in rows if row["country_type"] == kind))


def _ids(row: Row, party: EntryType) -> Iterator[ListedId]:
    number, details = row["raw_value"], row["additional_info"]
    match row["identifier_type"]:
        case "passport":
            yield from document_ids(number or details, "passport", details or None)
        case "national":
            yield from document_ids(number or details, "national_id", details or None)
        case "imo":
            yield from stated_ids(number if "IMO" in number.upper() else f"IMO {number}", party)
        case _:
            yield from registration_ids(number)


def _recognises(head: FileHead) -> bool:
    cells = head.first_line.decode("utf-8", "replace").strip().split(",")
    return tuple(cell.strip().strip('"') for cell in cells) in _TABLES


FORMAT = Format("uk-tables-csv", _recognises, read)
