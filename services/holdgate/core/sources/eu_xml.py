"""European Union: the consolidated list of financial sanctions (FSF) as XML 1.1, root `export`.

The format is documented by the schema eu_fsf_1_1.xsd. Almost all values are attributes, not text.
"""

from collections.abc import Sequence

from holdgate.core.model.listed_entry import Entry
from holdgate.core.sources.eu_party import EuEntryDraft
from holdgate.core.sources.formats import Format, has_root
from holdgate.core.sources.source import ListError, ParsedList, SourceFile
from holdgate.core.sources.xml_records import Element, read_elements

_ROOT = "export"


def read(list_name: str, files: Sequence[SourceFile]) -> ParsedList:
    """Read the list; `published` is its generationDate.

    Raises ListError for damaged XML, an entity without logical id, name or known type, an id used twice,
    and a list without entities.
    """
    entries: dict[str, Entry] = {}
    published: str | None = None
    for file in files:
        for element in read_elements(file, _ROOT, frozenset({"sanctionEntity"})):
            if element.tag == _ROOT:
                published = max(published or "", element.attributes.get("generationDate", "")) or None
                continue
            entry = _entry(list_name, file, element)
            if entry.id in entries:
                raise ListError(file.name, element.line, f"{entry.id} is listed twice: fetch the list again")
            entries[entry.id] = entry
    if not entries:
        raise ListError(files[0].name, None, "the list contains no sanctionEntity: fetch it again")
    return ParsedList(tuple(entries.values()), len(entries), published)


def _entry(list_name: str, file: SourceFile, element: Element) -> Entry:
    logical_id = element.attributes.get("logicalId", "")
    if not logical_id:
        raise ListError(file.name, element.line, "sanctionEntity without logicalId: the file is damaged")
    draft = EuEntryDraft(f"{list_name}:{logical_id}")
    for kind in element.all("subjectType"):
        draft.set_type(kind.attributes.get("classificationCode", ""), kind.attributes.get("code", ""))
    if draft.type is None:
        raise ListError(file.name, element.line, f"entity {logical_id} has no known type")
    _add_names_and_regulations(element, draft)
    _add_particulars(element, draft)
    entry = draft.entry()
    if entry is None:
        raise ListError(file.name, element.line, f"entity {logical_id} has no name: the file is damaged")
    return entry


def _add_names_and_regulations(element: Element, draft: EuEntryDraft) -> None:
    for regulation in element.all("regulation"):
        draft.programs.append(regulation.attributes.get("programme", ""))
        draft.listing_dates.append(regulation.attributes.get("publicationDate", ""))
    for alias in element.all("nameAlias"):
        attributes = alias.attributes
        parts = [attributes.get(part, "") for part in ("firstName", "middleName", "lastName")]
        draft.add_name(attributes.get("wholeName", ""), parts, weak=attributes.get("strong") == "false")
        draft.notes += [attributes.get("title", ""), attributes.get("function", "")]
        for summary in alias.all("regulationSummary"):
            draft.listing_dates.append(summary.attributes.get("publicationDate", ""))
    if designated := element.attributes.get("designationDate"):
        draft.listing_dates = [designated]
    draft.notes += [
        element.attributes.get("euReferenceNumber", ""),
        element.attributes.get("unitedNationId", ""),
    ]
    draft.notes += element.values("remark")


def _add_particulars(element: Element, draft: EuEntryDraft) -> None:
    for birth in element.all("birthdate"):
        attributes = birth.attributes
        circa = attributes.get("circa") == "true"
        if attributes.get("yearRangeFrom") and attributes.get("yearRangeTo"):
            draft.add_birth(f"{attributes['yearRangeFrom']} to {attributes['yearRangeTo']}", circa=circa)
        else:
            date = "-".join(
                part for tag in ("year", "monthOfYear", "dayOfMonth") if (part := attributes.get(tag))
            )
            draft.add_birth(attributes.get("birthdate") or date, circa=circa)
        places = (
            attributes.get("place", ""),
            attributes.get("city", ""),
            attributes.get("region", ""),
            _country_text(birth),
        )
        draft.birth_places.append(", ".join(part for part in places if part))
    for citizenship in element.all("citizenship"):
        draft.add_nationality(citizenship.attributes.get("countryIso2Code", ""))
    for address in element.all("address"):
        attributes = address.attributes
        parts = [
            attributes.get(part, "") for part in ("street", "poBox", "place", "city", "zipCode", "region")
        ]
        draft.add_address([*parts, _country_text(address)], attributes.get("countryIso2Code", ""))
    for document in element.all("identification"):
        attributes = document.attributes
        draft.add_id(
            attributes.get("number") or attributes.get("latinNumber", ""),
            attributes.get("identificationTypeCode", ""),
            attributes.get("countryIso2Code", ""),
            attributes.get("identificationTypeDescription", ""),
        )


def _country_text(element: Element) -> str:
    """Return the country as printed, or an empty text for the list's UNKNOWN."""
    country_text = element.attributes.get("countryDescription", "")
    return "" if country_text == "UNKNOWN" else country_text


FORMAT = Format("eu-fsf-xml", has_root(_ROOT), read)
