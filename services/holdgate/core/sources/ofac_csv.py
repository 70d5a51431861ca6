"""OFAC (United States): the SDN list as flat files, and the consolidated (non-SDN) list as `cons_*` files.

The layout is documented in OFAC's "SDN List data formats". The files have no header; their numbers of
columns tell them apart. sdn.csv has the entries, alt.csv their strong aliases, add.csv their addresses. Weak
aliases, dates, places and identifiers are clauses of an entry's remarks. Remarks are cut at 1,000 characters,
even inside a word; sdn_comments.csv has the remainder, which is appended without a separator.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import takewhile

from holdgate.core.model.listed_entry import Entry, EntryType, ListedAddress
from holdgate.core.sources.countries import country
from holdgate.core.sources.csv_rows import END_MARK, read_rows
from holdgate.core.sources.formats import FileHead, Format
from holdgate.core.sources.merging import merge
from holdgate.core.sources.ofac_ids import typed_id
from holdgate.core.sources.ofac_remarks import read_remarks
from holdgate.core.sources.printed_names import name_from_ofac
from holdgate.core.sources.source import (
    ListError,
    ParsedList,
    SourceFile,
    distinct_names,
    distinct_values,
    unfinished_row,
    wrong_width,
)

_FILES = {
    12: "entries (sdn.csv)",
    5: "aliases (alt.csv)",
    6: "addresses (add.csv)",
    2: "comments (sdn_comments.csv)",
}
_ENTRIES, _ALIASES, _ADDRESSES, _COMMENTS = _FILES
_TYPES: dict[str, EntryType] = {
    "individual": "person",
    "": "entity",
    "vessel": "vessel",
    "aircraft": "aircraft",
}
_REMARK_LIMIT = 1000

Row = tuple[SourceFile, int, list[str]]


def read(list_name: str, files: Sequence[SourceFile]) -> ParsedList:
    """Read one or more sets of flat files; a party in two sets (SDN and non-SDN) becomes one entry.

    Raises ListError for a row with too few or too many columns, an entry number that is invalid or used
    twice, a type unknown to the layout, an alias or address of a missing entry, and a list without entries.
    """
    notes = [
        f"{file.name}: no end mark (0x1A) at the end, so a cut between two rows would not show"
        for file in files
        if not file.content.endswith(END_MARK)
    ]
    tables: dict[int, list[Row]] = {width: [] for width in _FILES}
    for file in files:
        width, table = _table(file)
        tables[width] += table
    if not tables[_ENTRIES]:
        raise ListError(files[0].name, None, "the file of entries is missing: add sdn.csv or cons_prim.csv")
    notes += [
        f"no file of {_FILES[width]} was given" for width in (_ALIASES, _ADDRESSES) if not tables[width]
    ]

    listed_numbers = {row[2][0] for row in tables[_ENTRIES]}
    aliases = _by_entry(tables[_ALIASES], listed_numbers)
    addresses = _by_entry(tables[_ADDRESSES], listed_numbers)
    comments, stray_comments = _assign_comments(tables[_COMMENTS], tables[_ENTRIES])
    entries: dict[str, Entry] = {}
    cut_remarks: list[str] = []
    numbers_read: set[tuple[str, str]] = set()
    for file, line, fields in tables[_ENTRIES]:
        number = fields[0]
        if (file.name, number) in numbers_read:
            raise ListError(file.name, line, f"entry {number} is listed twice: the file is damaged")
        numbers_read.add((file.name, number))
        remarks = fields[11]
        if (file.name, number) in comments:
            remarks += comments[file.name, number]
        elif len(remarks) == _REMARK_LIMIT and not remarks.endswith("."):
            # The last clause is cut. Half an identifier or half a name is worse than none.
            remarks = remarks.rpartition(";")[0]
            cut_remarks.append(number)
        entry = _entry(list_name, file, line, fields, remarks, aliases[number], addresses[number])
        entries[number] = merge(entries[number], entry) if number in entries else entry

    if merged_entries := len(tables[_ENTRIES]) - len(entries):
        notes.append(f"entries in two files under one number, put together: {merged_entries}")
    if stray_comments:
        notes.append(f"comments on entries that are not listed, left out: {', '.join(stray_comments)}")
    if cut_remarks:
        notes.append(
            f"remarks cut at {_REMARK_LIMIT} characters with no comments to go on: {', '.join(cut_remarks)}"
        )
    empty_addresses = sum(not any(row[2][2:5]) for row in tables[_ADDRESSES])
    if empty_addresses:
        notes.append(f"address rows that say nothing: {empty_addresses}")
    return ParsedList(tuple(entries.values()), len(tables[_ENTRIES]), None, notes)


def _table(file: SourceFile) -> tuple[int, list[Row]]:
    """Return (number of columns, rows) of a file, with OFAC's null (`-0- `) as an empty string."""
    if not file.content.rstrip(END_MARK).endswith(b"\n"):
        raise unfinished_row(file)
    width: int | None = None
    table: list[Row] = []
    for line, fields in read_rows(file):
        if width is None:
            width = len(fields)
            if width not in _FILES:
                raise ListError(
                    file.name,
                    line,
                    f"{width} columns: OFAC flat files have 12, 5, 6 or 2; check what this file is",
                )
        if len(fields) != width:
            raise wrong_width(file, line, len(fields), width)
        fields = ["" if field.strip() == "-0-" else field.strip() for field in fields[:-1]] + [
            "" if fields[-1].strip() == "-0-" else fields[-1]
        ]
        if not (fields[0].isascii() and fields[0].isdigit()):
            raise ListError(file.name, line, "the first column is not an entry number: the file is damaged")
        table.append((file, line, fields))
    if width is None:
        raise ListError(file.name, None, "the file contains no rows: fetch it again")
    return width, table


def _by_entry(table: list[Row], known: set[str]) -> defaultdict[str, list[list[str]]]:
    grouped: defaultdict[str, list[list[str]]] = defaultdict(list)
    for file, line, fields in table:
        if fields[0] not in known:
            raise ListError(
                file.name,
                line,
                f"belongs to entry {fields[0]}, which is missing: the file of entries is cut, or the files "
                "have different dates; fetch all of them again",
            )
        grouped[fields[0]].append(fields)
    return grouped


def _assign_comments(table: list[Row], entries: list[Row]) -> tuple[dict[tuple[str, str], str], list[str]]:
    """Return the comments by (name of the entries file, entry number), and the numbers that are not listed.

    A number can be on the SDN and the non-SDN list with different remarks. Each comments file is therefore
    assigned to the entries file with the most cut remarks that it continues; of equals, to the one with the
    most similar name. A comment on an unlisted number is reported in the notes and is not an error: the
    comments of January 2024 still had three delisted entries.
    """
    cut_by_file: defaultdict[str, set[str]] = defaultdict(set)
    for file, _, fields in entries:
        if len(fields[11]) >= _REMARK_LIMIT:
            cut_by_file[file.name].add(fields[0])
    comments_by_file: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for file, _, (number, text) in table:
        comments_by_file[file.name][number] = comments_by_file[file.name].get(number, "") + text
    listed_numbers = {fields[0] for _, _, fields in entries}
    comments: dict[tuple[str, str], str] = {}
    for name, texts in comments_by_file.items():
        target = max(
            sorted(cut_by_file),
            key=lambda entries: (
                len(cut_by_file[entries] & texts.keys()),
                _common_prefix_length(entries, name),
            ),
            default="",
        )
        comments |= {
            (target, number): text for number, text in texts.items() if number in cut_by_file[target]
        }
    strays = [
        number for texts in comments_by_file.values() for number in texts if number not in listed_numbers
    ]
    return comments, strays


def _common_prefix_length(name: str, other: str) -> int:
    """Return the length of the common beginning of two file names."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(name, other, strict=False)))


def _entry(
    list_name: str,
    file: SourceFile,
    line: int,
    fields: list[str],
    remarks: str,
    aliases: list[list[str]],
    addresses: list[list[str]],
) -> Entry:
    number, name, kind, programs, title, call_sign, vessel_type, _, _, flag, owner, _ = fields
    if not name:
        raise ListError(file.name, line, f"entry {number} has no name: the file is damaged")
    if kind.lower() not in _TYPES:
        raise ListError(file.name, line, f"entry {number} has a type unknown to this layout: {kind[:40]!r}")
    party = _TYPES[kind.lower()]
    remark = read_remarks(remarks, party)
    names = [name_from_ofac(name, "primary", party)]
    names += [name_from_ofac(alias[3], "strong", party) for alias in aliases if alias[3]]
    names += [name_from_ofac(weak, "weak", party) for weak in remark.weak_names]
    ids = list(remark.ids)
    if call_sign and (listed := typed_id("Vessel Call Sign", call_sign, None, party)):
        ids.append(listed)
    note_parts = (title, vessel_type, f"Vessel Owner {owner}" if owner else "", *remark.rest)
    return Entry(
        id=f"{list_name}:{number}",
        list=list_name,
        type=party,
        names=distinct_names(names),
        programs=distinct_values(program.strip() for program in programs.split("] [") if program.strip()),
        birth_dates=distinct_values(remark.birth_dates),
        birth_places=distinct_values(remark.birth_places),
        nationalities=distinct_values(code for code in map(country, (flag, *remark.nationalities)) if code),
        addresses=distinct_values(_addresses(addresses)),
        ids=distinct_values(ids),
        note="; ".join(part for part in note_parts if part) or None,
    )


def _addresses(table: list[list[str]]) -> Iterator[ListedAddress]:
    for _, _, street, city, country_text, remark in table:
        text = ", ".join(part for part in (street, city, country_text, remark) if part)
        if text:
            yield ListedAddress(text, country(country_text))


def _recognises(head: FileHead) -> bool:
    """Recognise the files, which have no header, by a number in column one and by the number of columns."""
    number, comma, _ = head.first_line.partition(b",")
    if not comma or not number.strip().isdigit():
        return False
    try:
        first_row = next(read_rows(SourceFile("", head.first_line)), None)
    except ListError:
        return False
    return first_row is not None and len(first_row[1]) in _FILES


FORMAT = Format("ofac-sdn-csv", _recognises, read)
