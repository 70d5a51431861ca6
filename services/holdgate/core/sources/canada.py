"""Canada's consolidated autonomous sanctions list (SEMA and JVCFOA), XML (root data-set).

The list gives its records no number, but each has a regulation (a country), a schedule and an item in it,
unique together: `belarus.1-part-1.8`. Aliases in their own script stand beside others in one field.

Since 2026-08-24 the fields of a record have bilingual names (`LastName-NomDeFamille`); before, they
had only the English half, by which both forms are read. `data-set` and `record` have not changed.
"""

import re
from collections.abc import Iterator, Sequence

from holdgate.core.model.listed_entry import Entry, EntryType, ListedId, ListedName
from holdgate.core.sources.canada_aliases import aliases, entity_names
from holdgate.core.sources.dates import iso_dates
from holdgate.core.sources.source import ListError, ParsedList, SourceFile, distinct_names
from holdgate.core.sources.xml_records import Element, elements

FORMAT = "canada-sema-xml"
ROOT = "data-set"

_OTHERWISE = re.compile(r"\s+(?:or|OR)\s+")
_WORDS = re.compile(r"[^a-z0-9.]+")


def read(list_name: str, files: Sequence[SourceFile]) -> ParsedList:
    """Read the list.

    Raises ListError for damaged XML, a record without regulation, item or name, two records of one
    regulation, schedule and item, and no records.
    """
    entries: dict[str, Entry] = {}
    for file in files:
        for element in elements(file, ROOT, frozenset({"record"})):
            if element.tag == ROOT:
                continue
            for field in element.children:
                field.tag = field.tag.partition("-")[0]
            entry = _entry(list_name, file, element)
            if entry.id in entries:
                raise ListError(file.name, element.line, f"{entry.id} stands twice: fetch the list again")
            entries[entry.id] = entry
    if not entries:
        raise ListError(files[0].name, None, "the list holds no record: fetch it again")
    return ParsedList(tuple(entries.values()), len(entries))


def _entry(list_name: str, file: SourceFile, element: Element) -> Entry:
    regulation, schedule, item = (element.value(tag) for tag in ("Country", "Schedule", "Item"))
    if not regulation or not item:
        raise ListError(file.name, element.line, "a record without Country or Item: the file is damaged")
    number = element.value("ShipIMONumber")
    entity = element.value("EntityOrShip")
    party: EntryType = "vessel" if number else "entity" if entity else "person"
    names = distinct_names(_names(element, entity))
    if not names:
        raise ListError(file.name, element.line, f"{item} of {schedule} has no name: the file is damaged")
    day = element.value("DateOfBirthOrShipBuildDate")
    births = [iso_dates(part) for part in _OTHERWISE.split(day)] if party == "person" else []
    said = [element.value("TitleOrShip"), f"Built {day}" if day and party == "vessel" else ""]
    if party == "person" and day and not any(births):
        said.append(f"DOB {day}")
    return Entry(
        id=f"{list_name}:{'.'.join(_slug(part) for part in (regulation, schedule, item) if part)}",
        list=list_name,
        type=party,
        names=names,
        programs=(_english(regulation),),
        birth_dates=tuple(date for date in births if date),
        ids=(ListedId("imo", number),) if number else (),
        listed_on=iso_dates(element.value("DateOfListing")),
        note="; ".join(part for part in said if part) or None,
    )


def _names(element: Element, entity: str) -> Iterator[ListedName]:
    given, family = element.value("GivenName"), element.value("LastName")
    if entity:
        yield from entity_names(entity)
    elif given and family:
        yield ListedName(f"{given} {family}", "primary", given, family)
    elif given or family:
        yield ListedName(given or family, "primary")
    yield from aliases(element.value("Aliases"), "entity" if entity else "person")


def _english(text: str) -> str:
    """`Syria / Syrie` -> `Syria`: the list prints its regulations in both languages."""
    return text.partition(" / ")[0].strip()


def _slug(text: str) -> str:
    return _WORDS.sub("-", _english(text).casefold()).strip("-")
