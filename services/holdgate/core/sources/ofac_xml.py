"""OFAC (United States): the SDN and consolidated lists as XML, root `sdnList`.

The files are sdn.xml and consolidated.xml, documented by the schema ofac_sdn.xsd. Entry numbers and
identifier labels are those of the flat files.
"""

from collections.abc import Iterator, Sequence

from holdgate.core.model.listed_entry import (
    Entry,
    EntryType,
    ListedAddress,
    ListedId,
    ListedName,
    NameKind,
)
from holdgate.core.sources.countries import country
from holdgate.core.sources.dates import iso_date, iso_dates
from holdgate.core.sources.formats import Format, has_root
from holdgate.core.sources.merging import merge
from holdgate.core.sources.ofac_ids import typed_id
from holdgate.core.sources.printed_names import name_from_ofac
from holdgate.core.sources.source import ListError, ParsedList, SourceFile, distinct_names, distinct_values
from holdgate.core.sources.xml_records import Element, read_elements

_ROOT = "sdnList"

_TYPES: dict[str, EntryType] = {
    "individual": "person",
    "entity": "entity",
    "vessel": "vessel",
    "aircraft": "aircraft",
}
_REGISTERED_IN = "Nationality of Registration"
_LINES = ("address1", "address2", "address3", "city", "stateOrProvince")


def read(list_name: str, files: Sequence[SourceFile]) -> ParsedList:
    """Read one or more files; a party in two of them (SDN and non-SDN) becomes one entry.

    Raises ListError for damaged XML, an entry number that is missing or used twice, an entry without name or
    known type, and a file without entries. A number of entries other than the announced Record_Count is only
    reported in the notes, because well-formed XML cannot have been truncated.
    """
    entries: dict[str, Entry] = {}
    published: str | None = None
    records = 0
    notes: list[str] = []
    for file in files:
        announced: int | None = None
        records_before = records
        ids_in_file: set[str] = set()
        for element in read_elements(file, _ROOT, frozenset({"publshInformation", "sdnEntry"})):
            if element.tag == "sdnEntry":
                records += 1
                entry = _entry(list_name, file, element)
                if entry.id in ids_in_file:
                    raise ListError(
                        file.name, element.line, f"{entry.id} is listed twice: the file is damaged"
                    )
                ids_in_file.add(entry.id)
                entries[entry.id] = merge(entries[entry.id], entry) if entry.id in entries else entry
            elif element.tag == "publshInformation":
                count = element.value("Record_Count")
                announced = int(count) if count.isascii() and count.isdigit() else None
                day = iso_date(us_date(element.value("Publish_Date")))
                published = max(published or "", day or "") or None
        if announced is not None and announced != records - records_before:
            notes.append(f"{file.name} announces {announced} entries and holds {records - records_before}")
        if records == records_before:
            raise ListError(file.name, None, "the list contains no sdnEntry: fetch it again")
    merged_entries = records - len(entries)
    if merged_entries:
        notes.append(f"entries in two files under one number, put together: {merged_entries}")
    return ParsedList(tuple(entries.values()), records, published, notes)


def us_date(text: str) -> str:
    """Return a date such as `03/28/2025` as `2025-03-28`; return other texts unchanged."""
    month, _, rest = text.partition("/")
    day, _, year = rest.partition("/")
    return f"{year}-{month}-{day}" if month and day and year else text


def _entry(list_name: str, file: SourceFile, element: Element) -> Entry:
    number = element.value("uid")
    if not number:
        raise ListError(file.name, element.line, "sdnEntry without uid: the file is damaged")
    kind = element.value("sdnType")
    if kind.lower() not in _TYPES:
        raise ListError(file.name, element.line, f"entry {number} has the unknown type {kind[:40]!r}")
    party = _TYPES[kind.lower()]
    if not element.value("lastName"):
        raise ListError(file.name, element.line, f"entry {number} has no name: the file is damaged")
    names = [_name(element, "primary", party)]
    names += [
        _name(alias, "weak" if alias.value("category").lower() == "weak" else "strong", party)
        for alias in element.all("akaList", "aka")
        if alias.value("lastName") or alias.value("firstName")
    ]
    ids, note_parts = _ids(element, party)
    vessel = element.first("vesselInfo")
    flag = vessel.value("vesselFlag") if vessel else ""
    if vessel and (call_sign := typed_id("Vessel Call Sign", vessel.value("callSign"), None, party)):
        ids.append(call_sign)
    if vessel and (owner := vessel.value("vesselOwner")):
        note_parts.insert(0, f"Vessel Owner {owner}")
    notes = (element.value("title"), vessel.value("vesselType") if vessel else "", *note_parts)
    nationalities = (
        flag,
        *element.values("nationalityList", "nationality", "country"),
        *(
            item.value("idNumber")
            for item in element.all("idList", "id")
            if item.value("idType") == _REGISTERED_IN
        ),
        *element.values("citizenshipList", "citizenship", "country"),
    )
    return Entry(
        id=f"{list_name}:{number}",
        list=list_name,
        type=party,
        names=distinct_names(names),
        programs=distinct_values(element.values("programList", "program")),
        birth_dates=distinct_values(
            date
            for printed in element.values("dateOfBirthList", "dateOfBirthItem", "dateOfBirth")
            if (date := iso_dates(printed)) is not None
        ),
        birth_places=distinct_values(element.values("placeOfBirthList", "placeOfBirthItem", "placeOfBirth")),
        nationalities=distinct_values(code for code in map(country, nationalities) if code),
        addresses=distinct_values(_addresses(element)),
        ids=distinct_values(ids),
        note="; ".join(part for part in (*notes, element.value("remarks")) if part) or None,
    )


def _name(element: Element, kind: NameKind, party: EntryType) -> ListedName:
    """Return the name as the flat files print it: `FAMILY, Given`."""
    family, given = element.value("lastName"), element.value("firstName")
    if family and given:
        return ListedName(f"{family}, {given}", kind, given, family)
    return name_from_ofac(family or given, kind, party)


def _ids(element: Element, party: EntryType) -> tuple[list[ListedId], list[str]]:
    """Return the identifiers, and the texts that OFAC's list of identifiers has beside them."""
    ids: list[ListedId] = []
    note_parts: list[str] = []
    for item in element.all("idList", "id"):
        label, value = item.value("idType"), item.value("idNumber")
        listed = typed_id(label, value, item.value("idCountry"), party)
        if label == _REGISTERED_IN:
            continue
        if listed is not None:
            ids.append(listed)
        else:
            note_parts.append(f"{label} {value}".strip())
    return ids, note_parts


def _addresses(element: Element) -> Iterator[ListedAddress]:
    for address in element.all("addressList", "address"):
        country_text = address.value("country")
        lines = ", ".join(part for tag in _LINES if (part := address.value(tag)))
        place = " ".join(part for part in (lines, address.value("postalCode")) if part)
        if text := ", ".join(part for part in (place, address.value("region"), country_text) if part):
            yield ListedAddress(text, country(country_text))


FORMAT = Format("ofac-sdn-xml", has_root(_ROOT), read)
