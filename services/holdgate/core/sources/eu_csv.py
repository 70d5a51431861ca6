"""European Union: the consolidated list of financial sanctions (FSF) as CSV, layouts 1.0 (to 2018) and 1.1.

Fields are separated by semicolons. A party has a row for each of its names, addresses, births, identifiers
and citizenships; the rows share its logical id. The reader also accepts a file saved by a spreadsheet, in
which every line is one quoted cell followed by tabs, because a sample of the layout circulates in this form.
"""

import csv
import re
from collections.abc import Iterator, Sequence

from holdgate.core.sources.csv_rows import read_rows, unknown_columns
from holdgate.core.sources.dates import iso_date
from holdgate.core.sources.eu_party import EuEntryDraft, EuEntryDrafts
from holdgate.core.sources.formats import FileHead, Format
from holdgate.core.sources.source import ListError, ParsedList, SourceFile, unfinished_row, wrong_width

# The columns of layout 1.1, each followed by its equivalent in layout 1.0.
_COLUMNS = {
    "id": ("entity_logicalid", "entity_logical_id"),
    "reference": ("entity_eu_referencenumber", "eu_ref_num"),
    "designated": ("entity_designationdate",),
    "published": ("entity_regulation_publicationdate", "leba_publication_date"),
    "programme": ("entity_regulation_programme", "programme"),
    "remark": ("entity_remark",),
    "type": ("entity_subjecttype", "subject_type"),
    "class": ("entity_subjecttype_classificationcode",),
    "last": ("namealias_lastname", "naal_lastname"),
    "first": ("namealias_firstname", "naal_firstname"),
    "middle": ("namealias_middlename", "naal_middlename"),
    "whole": ("namealias_wholename", "naal_wholename"),
    "title": ("namealias_title", "naal_title"),
    "function": ("namealias_function", "naal_function"),
    "name_remark": ("namealias_remark",),
    "street": ("address_street", "addr_street"),
    "number": ("addr_number",),
    "po_box": ("address_pobox",),
    "place": ("address_place", "addr_other"),
    "city": ("address_city", "addr_city"),
    "zip": ("address_zipcode", "addr_zipcode"),
    "region": ("address_region",),
    "country": ("address_countryiso2code", "addr_country"),
    "country_name": ("address_countrydescription",),
    "birth": ("birthdate_birthdate", "birt_date"),
    "birth_year": ("birthdate_year",),
    "birth_month": ("birthdate_month",),
    "birth_day": ("birthdate_day",),
    "birth_from": ("birthdate_yearrangefrom",),
    "birth_to": ("birthdate_yearrangeto",),
    "circa": ("birthdate_circa",),
    "birth_place": ("birthdate_place", "birt_place"),
    "birth_city": ("birthdate_city",),
    "birth_country": ("birthdate_countrydescription", "birt_country"),
    "id_number": ("identification_number", "iden_number"),
    "id_latin": ("identification_latinnumber",),
    "id_type": ("identification_typecode",),
    "id_text": ("identification_typedescription",),
    "id_country": ("identification_countryiso2code", "iden_country"),
    "citizenship": ("citizenship_countryiso2code", "citi_country"),
}
_NAMES = {text: name for name, texts in _COLUMNS.items() for text in texts}
_REPEATED = re.compile(r"_logical_?id$|_leba_|_regulation|_programme$")
"""Columns that each group has: its id, and the regulation by which it was listed."""
_REQUIRED = ("id", "type", "programme", "whole")

Row = dict[str, str]


def read(list_name: str, files: Sequence[SourceFile]) -> ParsedList:
    """Read the list; `records` counts its rows.

    Raises ListError for a row with too few or too many columns, a header without a required column, a row
    without logical id, a party without name or of unknown type, and a list without parties.
    """
    drafts = EuEntryDrafts(list_name)
    published: str | None = None
    records = 0
    columns: set[str] = set()
    for file in files:
        for line, row in _rows(file):
            records += 1
            columns |= row.keys()
            if not row["id"]:
                raise ListError(file.name, line, "a row without logical id: the file is damaged")
            _add_row(drafts.draft(row["id"], line), row)
            published = max(published or "", iso_date(row.get("dated", "")) or "") or None
    entries = []
    for logical_id, draft in drafts.by_id.items():
        entry = draft.entry()
        if entry is None or draft.type is None:
            what = "has no name" if entry is None else "has no known type"
            raise ListError(
                files[0].name, drafts.lines[logical_id], f"party {logical_id} {what}: the file is damaged"
            )
        entries.append(entry)
    if not entries:
        raise ListError(files[0].name, None, "the list contains no parties: fetch it again")
    others = (name for name in columns if not _REPEATED.search(name))
    notes = [
        f"rows: {records}, parties: {len(entries)}",
        *unknown_columns("eu", others, {*_COLUMNS, "dated"}),
    ]
    if lost := sum(draft.lost_names for draft in drafts.by_id.values()):
        notes.append(f"names left out because only ? is left of their letters: {lost}")
    return ParsedList(entries, records, published, notes)


def _rows(file: SourceFile) -> Iterator[tuple[int, Row]]:
    if not file.content.endswith((b"\n", b'"')):
        raise unfinished_row(file)
    header: list[str] = []
    for line, cells in _cells(file):
        if not header:
            plain = [cell.strip().casefold() for cell in cells]
            header = ["dated", *(_NAMES.get(cell, cell) for cell in plain[1:])]
            if missing := [name for name in _REQUIRED if name not in header]:
                raise ListError(
                    file.name,
                    line,
                    f"no column for {', '.join(missing)}: unknown layout; docs/lists.md names the known ones",
                )
            continue
        if len(cells) != len(header):
            raise wrong_width(file, line, len(cells), len(header))
        row: Row = {}
        for name, cell in zip(header, cells, strict=True):
            row.setdefault(name, cell.strip())  # layout 1.0 repeats the logical id before each column group
        yield line, row


def _cells(file: SourceFile) -> Iterator[tuple[int, list[str]]]:
    is_wrapped: bool | None = None
    for line, cells in read_rows(file, delimiter=";"):
        if is_wrapped is None:
            is_wrapped = len(cells) == 1 and ";" in cells[0]
        if not is_wrapped:
            yield line, cells
        elif len(cells) == 1:
            try:
                yield line, next(csv.reader([cells[0].rstrip("\t")], delimiter=";", strict=True), [])
            except csv.Error as error:
                raise ListError(file.name, line, f"not a whole row ({error}): the file is damaged") from error
        else:
            raise ListError(
                file.name, line, "a line without quotes in a file of quoted lines: the file is damaged"
            )


def _add_row(draft: EuEntryDraft, row: Row) -> None:
    draft.set_type(row["type"], row.get("class", ""))
    draft.programs.append(row["programme"])
    draft.listing_dates.append(row.get("designated") or row.get("published", ""))
    draft.notes += [row.get(column, "") for column in ("reference", "title", "function", "remark")]
    parts = [row.get(column, "") for column in ("first", "middle", "last")]
    draft.add_name(row["whole"], parts, weak="low quality" in row.get("name_remark", "").casefold())
    _add_birth(draft, row)
    draft.add_nationality(row.get("citizenship", ""))
    street = " ".join(part for part in (row.get("number", ""), row.get("street", "")) if part)
    places = (row.get(column, "") for column in ("po_box", "place", "city", "zip", "region"))
    country_code = row.get("country", "")
    country_name = row.get("country_name", country_code)
    draft.add_address(
        [street, *places, "" if country_name in ("UNKNOWN", "00") else country_name], country_code
    )
    number, kind = row.get("id_number") or row.get("id_latin", ""), row.get("id_type", "")
    if not kind and "(" in number:
        # Layout 1.0 prints the type after the number: AD001095 (passport-National passport) ((passport)).
        number, _, rest = number.partition(" (")
        kind = rest.partition("-")[0]
    draft.add_id(number, kind, row.get("id_country", ""), row.get("id_text", ""))


def _add_birth(draft: EuEntryDraft, row: Row) -> None:
    circa = row.get("circa", "").casefold() == "true"
    if row.get("birth_from") and row.get("birth_to"):
        draft.add_birth(f"{row['birth_from']} to {row['birth_to']}", circa=circa)
    else:
        parts = (row.get(column, "") for column in ("birth_year", "birth_month", "birth_day"))
        draft.add_birth(row.get("birth") or "-".join(part for part in parts if part), circa=circa)
    places = (row.get(column, "") for column in ("birth_place", "birth_city", "birth_country"))
    draft.birth_places.append(", ".join(part for part in places if part not in ("", "-", "UNKNOWN")))


def _recognises(head: FileHead) -> bool:
    header = head.decoded()[:4096].casefold()
    return "entity_logical" in header and "wholename" in header


FORMAT = Format("eu-fsf-csv", _recognises, read)
