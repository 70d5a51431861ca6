"""United Nations: the Security Council consolidated list as XML, root `CONSOLIDATED_LIST`.

The format is documented by the schema sc-sanctions.xsd. The quality of a person's alias is "Good" or "Low"
(weak); that of an entity's alias is only "a.k.a." or "f.k.a.". Names have up to four parts without a
documented meaning (the fourth may be a grandfather's name), so no part is read as given or family name.
"""

from collections.abc import Iterator, Sequence

from holdgate.core.model.listed_entry import Entry, IdType, ListedAddress, ListedId, ListedName
from holdgate.core.sources.countries import country
from holdgate.core.sources.dates import iso_date, widen_years
from holdgate.core.sources.formats import Format, has_root
from holdgate.core.sources.printed_names import split_printed_names
from holdgate.core.sources.source import ListError, ParsedList, SourceFile, distinct_names, distinct_values
from holdgate.core.sources.xml_records import Element, read_elements

_ROOT = "CONSOLIDATED_LIST"

_PARTS = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
_PLACE = ("STREET", "CITY", "STATE_PROVINCE", "ZIP_CODE", "COUNTRY")


def read(list_name: str, files: Sequence[SourceFile]) -> ParsedList:
    """Read the list; `published` is its dateGenerated.

    Raises ListError for damaged XML, an entry without number or name, a number used twice, and a list
    without entries.
    """
    entries: dict[str, Entry] = {}
    published: str | None = None
    for file in files:
        for element in read_elements(file, _ROOT, frozenset({"INDIVIDUAL", "ENTITY"})):
            if element.tag == _ROOT:
                published = max(published or "", element.attributes.get("dateGenerated", "")) or None
                continue
            entry = _entry(list_name, file, element)
            if entry.id in entries:
                raise ListError(
                    file.name, element.line, f"DATAID {entry.id} is listed twice: fetch the list again"
                )
            entries[entry.id] = entry
    if not entries:
        raise ListError(files[0].name, None, "the list contains no INDIVIDUAL and no ENTITY: fetch it again")
    return ParsedList(tuple(entries.values()), len(entries), published)


def _entry(list_name: str, file: SourceFile, element: Element) -> Entry:
    number = element.value("DATAID")
    if not number:
        raise ListError(file.name, element.line, f"{element.tag} without DATAID: the file is damaged")
    names = tuple(_names(element))
    if not names:
        raise ListError(
            file.name, element.line, f"{element.tag} {number} without a name: the file is damaged"
        )
    person = element.tag == "INDIVIDUAL"
    return Entry(
        id=f"{list_name}:{number}",
        list=list_name,
        type="person" if person else "entity",
        names=distinct_names(names),
        programs=distinct_values(element.values("UN_LIST_TYPE")),
        birth_dates=distinct_values(_birth_dates(element)),
        birth_places=distinct_values(
            place for born in element.all("INDIVIDUAL_PLACE_OF_BIRTH") if (place := _place(born))
        ),
        nationalities=distinct_values(
            code for code in map(country, element.values("NATIONALITY", "VALUE")) if code
        ),
        addresses=distinct_values(_addresses(element, "INDIVIDUAL_ADDRESS" if person else "ENTITY_ADDRESS")),
        ids=distinct_values(_ids(element)),
        listed_on=iso_date(element.value("LISTED_ON")),
        note=element.value("REFERENCE_NUMBER") or None,
    )


def _names(element: Element) -> Iterator[ListedName]:
    person = element.tag == "INDIVIDUAL"
    parts = [part for tag in _PARTS if (part := element.value(tag))]
    full_name = " ".join(parts)
    if person:
        if full_name:
            yield ListedName(full_name, "primary")
    else:
        yield from split_printed_names(full_name, "primary")
    for original in element.values("NAME_ORIGINAL_SCRIPT"):
        yield ListedName(original, "native")
    for alias in element.all("INDIVIDUAL_ALIAS" if person else "ENTITY_ALIAS"):
        quality = alias.value("QUALITY")
        yield from split_printed_names(alias.value("ALIAS_NAME"), "weak" if quality == "Low" else "strong")


def _birth_dates(element: Element) -> Iterator[str]:
    for birth in element.all("INDIVIDUAL_DATE_OF_BIRTH"):
        first, last = birth.value("FROM_YEAR"), birth.value("TO_YEAR")
        if first and last and (begin := iso_date(first)) and (end := iso_date(last)):
            yield f"{begin}/{end}"
            continue
        date = iso_date(birth.value("DATE")) or iso_date(birth.value("YEAR"))
        if date is not None:
            yield widen_years(date) if birth.value("TYPE_OF_DATE") == "APPROXIMATELY" else date
    for alias in element.all("INDIVIDUAL_ALIAS"):
        if (date := iso_date(alias.value("DATE_OF_BIRTH"))) is not None:
            yield date


def _place(element: Element) -> str:
    return ", ".join(part for tag in _PLACE if (part := element.value(tag)))


def _addresses(element: Element, tag: str) -> Iterator[ListedAddress]:
    for address in element.all(tag):
        if text := _place(address):
            yield ListedAddress(text, country(address.value("COUNTRY")))


def _ids(element: Element) -> Iterator[ListedId]:
    for document in element.all("INDIVIDUAL_DOCUMENT"):
        number = document.value("NUMBER")
        if not any(character.isdigit() for character in number):
            continue
        label = document.value("TYPE_OF_DOCUMENT2") or document.value("TYPE_OF_DOCUMENT")
        issuer = country(document.value("ISSUING_COUNTRY")) or country(document.value("COUNTRY_OF_ISSUE"))
        yield ListedId(_id_type(label), number, issuer, label or None)


def _id_type(label: str) -> IdType:
    plain = label.casefold()
    if "passport" in plain or "passeport" in plain or "pasaporte" in plain:
        return "passport"
    if "fiscal" in plain or "social security" in plain:
        return "tax"
    return "national_id" if "ident" in plain or "national" in plain else "other"


FORMAT = Format("un-consolidated-xml", has_root(_ROOT), read)
