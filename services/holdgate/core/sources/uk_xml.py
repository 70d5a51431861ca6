"""United Kingdom: the FCDO's UK Sanctions List as XML, root `Designations`.

A designation has the fields of the rows that share a Unique ID in the list's CSV.
"""

from collections.abc import Iterator, Sequence

from holdgate.core.model.listed_entry import Entry, EntryType, IdType, ListedId, ListedName
from holdgate.core.sources.dates import iso_date
from holdgate.core.sources.formats import Format, has_root
from holdgate.core.sources.source import ListError, ParsedList, SourceFile
from holdgate.core.sources.uk_party import TYPES, build_entry, name_kind, party_name
from holdgate.core.sources.uk_text import document_ids, registration_ids, stated_ids
from holdgate.core.sources.xml_records import Element, read_elements

_ROOT = "Designations"

_PERSON = ("IndividualDetails", "Individual")
_SHIP = ("ShipDetails", "Ship")


def read(list_name: str, files: Sequence[SourceFile]) -> ParsedList:
    """Read the list; `published` is its DateGenerated.

    Raises ListError for damaged XML, a designation without id, primary name or known type, an id used
    twice, and a list without designations.
    """
    entries: dict[str, Entry] = {}
    published: str | None = None
    for file in files:
        for element in read_elements(file, _ROOT, frozenset({"DateGenerated", "Designation"})):
            if element.tag == "DateGenerated":
                published = max(published or "", iso_date(element.value()) or "") or None
            elif element.tag == "Designation":
                entry = _entry(list_name, file, element)
                if entry.id in entries:
                    raise ListError(
                        file.name, element.line, f"UniqueID {entry.id} is listed twice: fetch the list again"
                    )
                entries[entry.id] = entry
    if not entries:
        raise ListError(files[0].name, None, "the list contains no Designation: fetch it again")
    return ParsedList(tuple(entries.values()), len(entries), published)


def _entry(list_name: str, file: SourceFile, element: Element) -> Entry:
    key = element.value("UniqueID")
    kind = element.value("IndividualEntityShip").casefold()
    if not key:
        raise ListError(file.name, element.line, "Designation without UniqueID: the file is damaged")
    if kind not in TYPES:
        raise ListError(file.name, element.line, f"{key} has the unknown type {kind[:40]!r}")
    party = TYPES[kind]
    entry = build_entry(
        f"{list_name}:{key}",
        party,
        names=_names(element, party),
        programs=element.values("RegimeName"),
        births=element.values(*_PERSON, "DOBs", "DOB"),
        birth_places=[
            ", ".join(part for tag in ("TownOfBirth", "CountryOfBirth") if (part := place.value(tag)))
            for place in element.all(*_PERSON, "BirthDetails", "Location")
        ],
        nationalities=[
            *element.values(*_PERSON, "Nationalities", "Nationality"),
            *element.values(*_SHIP, "CurrentBelievedFlagOfShips", "CurrentBelievedFlagOfShip"),
        ],
        addresses=[_address(address) for address in element.all("Addresses", "Address")],
        ids=_ids(element, party),
        listed=[element.value("DateDesignated")],
        notes=[
            element.value("UNReferenceNumber"),
            *element.values("Titles", "Title"),
            *element.values(*_PERSON, "Positions", "Position"),
            element.value("OtherInformation"),
        ],
    )
    if entry is None or entry.names[0].kind != "primary":
        raise ListError(file.name, element.line, f"{key} has no primary name: the file is damaged")
    return entry


def _names(element: Element, party: EntryType) -> Iterator[ListedName]:
    for name in element.all("Names", "Name"):
        given = [name.value(f"Name{number}") for number in range(1, 6)]
        kind = name_kind(name.value("NameType"), name.value("AliasStrength"))
        if (listed := party_name(name.value("Name6"), given, kind, party)) is not None:
            yield listed
    for native in element.values("NonLatinNames", "NonLatinName", "NameNonLatinScript"):
        yield ListedName(native, "native")


def _address(address: Element) -> tuple[str, str]:
    tags = (*(f"AddressLine{number}" for number in range(1, 7)), "AddressPostalCode", "AddressCountry")
    return ", ".join(part for tag in tags if (part := address.value(tag))), address.value("AddressCountry")


def _ids(element: Element, party: EntryType) -> Iterator[ListedId]:
    for passport in element.all(*_PERSON, "PassportDetails", "Passport"):
        yield from _document_ids(passport, "Passport", "passport")
    for paper in element.all(*_PERSON, "NationalIdentifierDetails", "NationalIdentifier"):
        yield from _document_ids(paper, "NationalIdentifier", "national_id")
    for number in element.values(
        "EntityDetails", "Entity", "BusinessRegistrationNumbers", "BusinessRegistrationNumber"
    ):
        yield from registration_ids(number)
    yield from stated_ids(element.value("OtherInformation"), party)
    for number in element.values(*_SHIP, "IMONumbers", "IMONumber"):
        yield from stated_ids(number if "IMO" in number else f"IMO {number}", party)


def _document_ids(element: Element, tag: str, kind: IdType) -> Iterator[ListedId]:
    number, details = element.value(f"{tag}Number"), element.value(f"{tag}AdditionalInformation")
    yield from document_ids(number or details, kind, details if number else None)


FORMAT = Format("uk-sanctions-list-xml", has_root(_ROOT), read)
