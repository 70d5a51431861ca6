"""The European Union's consolidated list, FSF XML 1.1 (schema eu_fsf_1_1.xsd)."""

from collections.abc import Sequence

from holdgate.core.model.listed_entry import Entry
from holdgate.core.sources.eu_party import EuEntryDraft
from holdgate.core.sources.formats import Format, has_root
from holdgate.core.sources.source import ListError, ParsedList, SourceFile
from holdgate.core.sources.xml_records import Element, elements

_ROOT = "export"


def read(list_name: str, files: Sequence[SourceFile]) -> ParsedList:
    """Read the list; `published` is its generationDate.

    Raises ListError for damaged XML, an entity without logical id, name or known type, an id used twice,
    and no entities.
    """
    entries: dict[str, Entry] = {}
    published: str | None = None
    for file in files:
        for element in elements(file, _ROOT, frozenset({"sanctionEntity"})):
            if element.tag == _ROOT:
                published = max(published or "", element.attributes.get("generationDate", "")) or None
                continue
            entry = _entry(list_name, file, element)
            if entry.id in entries:
                raise ListError(file.name, element.line, f"{entry.id} stands twice: fetch the list again")
            entries[entry.id] = entry
    if not entries:
        raise ListError(files[0].name, None, "the list holds no sanctionEntity: fetch it again")
    return ParsedList(tuple(entries.values()), len(entries), published)


def _entry(list_name: str, file: SourceFile, element: Element) -> Entry:
    logical_id = element.attributes.get("logicalId", "")
    if not logical_id:
        raise ListError(file.name, element.line, "sanctionEntity without logicalId: the file is damaged")
    draft = EuEntryDraft(f"{list_name}:{logical_id}")
    for kind in element.all("subjectType"):
        draft.set_type(kind.attributes.get("classificationCode", ""), kind.attributes.get("code", ""))
    if draft.type is None:
        raise ListError(file.name, element.line, f"entity {logical_id} is of no known type")
    _names_and_law(element, draft)
    _particulars(element, draft)
    entry = draft.entry()
    if entry is None:
        raise ListError(file.name, element.line, f"entity {logical_id} has no name: the file is damaged")
    return entry


def _names_and_law(element: Element, draft: EuEntryDraft) -> None:
    for regulation in element.all("regulation"):
        draft.programs.append(regulation.attributes.get("programme", ""))
        draft.listed.append(regulation.attributes.get("publicationDate", ""))
    for alias in element.all("nameAlias"):
        said = alias.attributes
        parts = [said.get(part, "") for part in ("firstName", "middleName", "lastName")]
        draft.add_name(said.get("wholeName", ""), parts, weak=said.get("strong") == "false")
        draft.notes += [said.get("title", ""), said.get("function", "")]
        for summary in alias.all("regulationSummary"):
            draft.listed.append(summary.attributes.get("publicationDate", ""))
    if designated := element.attributes.get("designationDate"):
        draft.listed = [designated]
    draft.notes += [
        element.attributes.get("euReferenceNumber", ""),
        element.attributes.get("unitedNationId", ""),
    ]
    draft.notes += element.values("remark")


def _particulars(element: Element, draft: EuEntryDraft) -> None:
    for born in element.all("birthdate"):
        said = born.attributes
        circa = said.get("circa") == "true"
        if said.get("yearRangeFrom") and said.get("yearRangeTo"):
            draft.add_birth(f"{said['yearRangeFrom']} to {said['yearRangeTo']}", circa=circa)
        else:
            date = "-".join(part for tag in ("year", "monthOfYear", "dayOfMonth") if (part := said.get(tag)))
            draft.add_birth(said.get("birthdate") or date, circa=circa)
        places = (said.get("place", ""), said.get("city", ""), said.get("region", ""), _land(born))
        draft.birth_places.append(", ".join(part for part in places if part))
    for citizenship in element.all("citizenship"):
        draft.add_nationality(citizenship.attributes.get("countryIso2Code", ""))
    for address in element.all("address"):
        said = address.attributes
        parts = [said.get(part, "") for part in ("street", "poBox", "place", "city", "zipCode", "region")]
        draft.add_address([*parts, _land(address)], said.get("countryIso2Code", ""))
    for paper in element.all("identification"):
        said = paper.attributes
        draft.add_id(
            said.get("number") or said.get("latinNumber", ""),
            said.get("identificationTypeCode", ""),
            said.get("countryIso2Code", ""),
            said.get("identificationTypeDescription", ""),
        )


def _land(element: Element) -> str:
    """The country as printed; the list's UNKNOWN says nothing."""
    land = element.attributes.get("countryDescription", "")
    return "" if land == "UNKNOWN" else land


FORMAT = Format("eu-fsf-xml", has_root(_ROOT), read)
