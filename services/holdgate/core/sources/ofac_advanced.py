"""OFAC (United States): the SDN and consolidated lists as Advanced XML, root `Sanctions`.

The files are SDN_ADVANCED.XML and CONS_ADVANCED.XML, documented by the schema ofac_sdn_advanced.xsd. Such a
file is a small database: reference values, places, identity documents, parties and, last, the sanctions
entries with programmes and listing dates. A party's `FixedRef` is its number in the flat files, so entry ids
are the same in all OFAC formats. This is the only OFAC format with names in their original script.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from holdgate.core.model.listed_entry import Entry
from holdgate.core.sources.formats import Format, has_root
from holdgate.core.sources.merging import merge
from holdgate.core.sources.ofac_advanced_party import OfacParty, read_party
from holdgate.core.sources.ofac_advanced_reference import ReferenceData, read_date
from holdgate.core.sources.source import ListError, ParsedList, SourceFile, distinct_values
from holdgate.core.sources.xml_records import Element, read_elements

_ROOT = "Sanctions"

_TAGS = frozenset(
    {"DateOfIssue", "ReferenceValueSets", "Location", "IDRegDocument", "DistinctParty", "SanctionsEntry"}
)


def read(list_name: str, files: Sequence[SourceFile]) -> ParsedList:
    """Read one or more files; a party in two of them (SDN and non-SDN) becomes one entry.

    Raises ListError for damaged XML, a party without number or name, a value missing from the reference
    values, and a sanctions entry of a missing party.
    """
    entries: dict[str, Entry] = {}
    published: str | None = None
    records = 0
    for file in files:
        day, entries_of_file = _read_file(list_name, file)
        records += len(entries_of_file)
        published = max(published or "", day or "") or None
        for entry in entries_of_file:
            entries[entry.id] = merge(entries[entry.id], entry) if entry.id in entries else entry
    merged_entries = records - len(entries)
    notes = (
        [f"entries in two files under one number, put together: {merged_entries}"] if merged_entries else []
    )
    return ParsedList(tuple(entries.values()), records, published, notes)


def _read_file(list_name: str, file: SourceFile) -> tuple[str | None, list[Entry]]:
    reference = ReferenceData(file.name)
    parties: dict[str, Entry] = {}
    programs: defaultdict[str, list[str]] = defaultdict(list)
    listed: defaultdict[str, list[str]] = defaultdict(list)
    published: str | None = None
    for element in read_elements(file, _ROOT, _TAGS):
        if element.tag == "DateOfIssue":
            published = read_date(element)
        elif element.tag == "ReferenceValueSets":
            reference.add_values(element)
        elif element.tag == "Location":
            reference.add_location(element)
        elif element.tag == "IDRegDocument":
            reference.add_document(element)
        elif element.tag == "DistinctParty":
            party: OfacParty = read_party(list_name, element, reference)
            if party.profile in parties:
                raise ListError(
                    file.name, element.line, f"party {party.profile} is listed twice: the file is damaged"
                )
            parties[party.profile] = party.entry
        elif element.tag == "SanctionsEntry":
            profile = element.attributes.get("ProfileID", "")
            if profile not in parties:
                raise ListError(
                    file.name,
                    element.line,
                    f"sanctions on party {profile}, which the file does not contain: it is damaged",
                )
            programs[profile] += _programs(element, reference)
            listed[profile] += [
                day for event in element.all("EntryEvent", "Date") if (day := read_date(event))
            ]
    if not parties:
        raise ListError(file.name, None, "the list contains no DistinctParty: fetch it again")
    return published, [
        replace(
            entry, programs=distinct_values(programs[profile]), listed_on=min(listed[profile], default=None)
        )
        for profile, entry in parties.items()
    ]


def _programs(element: Element, reference: ReferenceData) -> Iterator[str]:
    """Yield the programme tags: the comments of the measures of type "Program"."""
    for measure in element.all("SanctionsMeasure"):
        kind = reference.label("SanctionsType", measure.attributes.get("SanctionsTypeID", ""), "Program")
        if kind == "Program" and (program := measure.value("Comment")):
            yield program


FORMAT = Format("ofac-sdn-advanced-xml", has_root(_ROOT), read)
