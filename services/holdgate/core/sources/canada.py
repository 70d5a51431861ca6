"""Canada: the Consolidated Canadian Autonomous Sanctions List (SEMA and JVCFOA) as XML, root `data-set`.

The records have no id. Regulation (a country), schedule and item together identify a record, as in
`belarus.1-part-1.8`. One field contains all aliases, in Latin and other scripts; see `canada_aliases`.

Files published from 2026-08-24 on have bilingual field names (`LastName-NomDeFamille`); earlier files have
the English half only. The reader uses the English half in both cases.
"""

import re
from collections.abc import Iterator, Sequence

from holdgate.core.model.listed_entry import Entry, EntryType, ListedId, ListedName
from holdgate.core.sources.canada_aliases import alias_names, entity_names
from holdgate.core.sources.dates import iso_dates
from holdgate.core.sources.formats import Format, has_root
from holdgate.core.sources.source import ListError, ParsedList, SourceFile, distinct_names
from holdgate.core.sources.xml_records import Element, read_elements

_ROOT = "data-set"
_FIELDS = frozenset(
    {
        "Country",
        "Schedule",
        "Item",
        "DateOfListing",
        "LastName",
        "GivenName",
        "EntityOrShip",
        "Aliases",
        "DateOfBirthOrShipBuildDate",
        "TitleOrShip",
        "ShipIMONumber",
    }
)

_ALTERNATIVE = re.compile(r"\s+(?:or|OR)\s+")
_SLUG_BREAK = re.compile(r"[^a-z0-9.]+")


def read(list_name: str, files: Sequence[SourceFile]) -> ParsedList:
    """Read the list.

    Raises ListError for damaged XML, a record with an unknown field or without regulation, item or name,
    two records with the same regulation, schedule and item, and a list without records. An unknown field is
    an error because it may be a renamed one: if `Aliases` were renamed, every alias would be lost.
    """
    entries: dict[str, Entry] = {}
    for file in files:
        for element in read_elements(file, _ROOT, frozenset({"record"})):
            if element.tag == _ROOT:
                continue
            _use_english_names(file, element)
            entry = _entry(list_name, file, element)
            if entry.id in entries:
                raise ListError(file.name, element.line, f"{entry.id} is listed twice: fetch the list again")
            entries[entry.id] = entry
    if not entries:
        raise ListError(files[0].name, None, "the list has no record element: fetch it again")
    return ParsedList(tuple(entries.values()), len(entries))


def _use_english_names(file: SourceFile, record: Element) -> None:
    """Rename the fields of a record to their English half."""
    for field in record.children:
        english = field.tag.partition("-")[0]
        if english not in _FIELDS:
            raise ListError(
                file.name,
                field.line,
                f"a record has the unknown field {field.tag[:60]!r}: the publisher may have renamed a field; "
                "compare it with the fields in docs/lists.md",
            )
        field.tag = english


def _entry(list_name: str, file: SourceFile, element: Element) -> Entry:
    regulation, schedule, item = (element.value(tag) for tag in ("Country", "Schedule", "Item"))
    if not regulation or not item:
        raise ListError(file.name, element.line, "a record without Country or Item: the file is damaged")
    imo = element.value("ShipIMONumber")
    entity = element.value("EntityOrShip")
    party: EntryType = "vessel" if imo else "entity" if entity else "person"
    names = distinct_names(_names(element, entity))
    if not names:
        raise ListError(
            file.name, element.line, f"item {item} of {schedule} has no name: the file is damaged"
        )
    day = element.value("DateOfBirthOrShipBuildDate")
    births = [iso_dates(part) for part in _ALTERNATIVE.split(day)] if party == "person" else []
    notes = [element.value("TitleOrShip"), f"Built {day}" if day and party == "vessel" else ""]
    if party == "person" and day and not any(births):
        notes.append(f"DOB {day}")
    return Entry(
        id=f"{list_name}:{'.'.join(_slug(part) for part in (regulation, schedule, item) if part)}",
        list=list_name,
        type=party,
        names=names,
        programs=(_english(regulation),),
        birth_dates=tuple(date for date in births if date),
        ids=(ListedId("imo", imo),) if imo else (),
        listed_on=iso_dates(element.value("DateOfListing")),
        note="; ".join(part for part in notes if part) or None,
    )


def _names(element: Element, entity: str) -> Iterator[ListedName]:
    given, family = element.value("GivenName"), element.value("LastName")
    if entity:
        yield from entity_names(entity)
    elif given and family:
        yield ListedName(f"{given} {family}", "primary", given, family)
    elif given or family:
        yield ListedName(given or family, "primary")
    yield from alias_names(element.value("Aliases"), "entity" if entity else "person")


def _english(text: str) -> str:
    """Return the English half of a bilingual text: `Syria / Syrie` -> `Syria`."""
    return text.partition(" / ")[0].strip()


def _slug(text: str) -> str:
    return _SLUG_BREAK.sub("-", _english(text).casefold()).strip("-")


FORMAT = Format("canada-sema-xml", has_root(_ROOT), read)
