"""FollowTheMoney entities, one JSON object per line: `entities.ftm.json` of OpenSanctions and others.

The schemata and their properties are documented at followthemoney.tech. Parties, addresses, documents and
sanctions are separate entities that refer to each other: a party refers to its addresses, a document to its
holder, and a sanction, which has programme and date, to the party.

A party is an entity with a name whose schema is a person, organisation, vessel or aircraft. All parties in a
file become entries, whether or not a sanction refers to them, because a file given as a list is a list.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from holdgate.core.model.listed_entry import (
    Entry,
    EntryType,
    IdType,
    ListedAddress,
    ListedId,
    ListedName,
    NameKind,
)
from holdgate.core.sources.countries import country
from holdgate.core.sources.dates import iso_dates
from holdgate.core.sources.formats import FileHead, Format
from holdgate.core.sources.printed_names import classify_script
from holdgate.core.sources.source import ListError, ParsedList, SourceFile, distinct_names, distinct_values

_TYPES: dict[str, EntryType] = {
    "Person": "person",
    "Company": "entity",
    "Organization": "entity",
    "PublicBody": "entity",
    "LegalEntity": "unknown",
    "Vessel": "vessel",
    "Airplane": "aircraft",
}
_NAMES: tuple[tuple[str, NameKind], ...] = (
    ("name", "strong"),
    ("alias", "strong"),
    ("previousName", "strong"),
    ("weakAlias", "weak"),
)
_IDS: dict[str, IdType] = {
    "passportNumber": "passport",
    "idNumber": "national_id",
    "socialSecurityNumber": "national_id",
    "taxNumber": "tax",
    "innCode": "tax",
    "vatCode": "tax",
    "registrationNumber": "registration",
    "ogrnCode": "registration",
    "okpoCode": "registration",
    "uscCode": "registration",
    "leiCode": "lei",
    "swiftBic": "bic",
    "imoNumber": "imo",
    "mmsi": "mmsi",
    "publicKey": "wallet",
    "dunsCode": "other",
    "isinCode": "other",
    "callSign": "other",
    "serialNumber": "other",
    "bikCode": "clearing_code",
}
_DOCUMENTS: dict[str, tuple[str, IdType]] = {
    "Passport": ("number", "passport"),
    "Identification": ("number", "national_id"),
    "CryptoWallet": ("publicKey", "wallet"),
}
_NOTED_TYPES = frozenset({"tax", "registration", "national_id", "clearing_code", "other"})


class _FtmEntity(msgspec.Struct, frozen=True):
    id: str
    schema: str
    properties: dict[str, list[str]]
    caption: str = ""


def read(list_name: str, files: Sequence[SourceFile]) -> ParsedList:
    """Read the parties; `records` counts them, and the notes report the other entities in the files.

    Raises ListError for a line that is not a FollowTheMoney entity, an id used twice, and files without
    parties.
    """
    things: dict[str, _FtmEntity] = {}
    for file in files:
        for line, thing in _read_entities(file):
            if thing.id in things:
                raise ListError(file.name, line, f"entity {thing.id} is listed twice: fetch the file again")
            things[thing.id] = thing
    sanctions: defaultdict[str, list[_FtmEntity]] = defaultdict(list)
    documents: defaultdict[str, list[_FtmEntity]] = defaultdict(list)
    for thing in things.values():
        if thing.schema == "Sanction":
            for party in thing.properties.get("entity", []):
                sanctions[party].append(thing)
        elif thing.schema in _DOCUMENTS:
            for party in thing.properties.get("holder", []):
                documents[party].append(thing)
    entries: list[Entry] = []
    nameless = 0
    for thing in things.values():
        if thing.schema in _TYPES:
            entry = _entry(list_name, thing, things, sanctions[thing.id], documents[thing.id])
            if entry is None:
                nameless += 1
            else:
                entries.append(entry)
    if not entries:
        raise ListError(
            files[0].name, None, "the file has no persons, companies or vessels: check what it is"
        )
    other_entities = len(things) - len(entries) - nameless
    notes = [f"entities that are no parties: {other_entities}"]
    if nameless:
        notes.append(f"parties without a name, left out: {nameless}")
    return ParsedList(entries, len(entries) + nameless, None, notes)


def _read_entities(file: SourceFile) -> Iterator[tuple[int, _FtmEntity]]:
    decoder = msgspec.json.Decoder(_FtmEntity)
    for line, text in enumerate(file.content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not text.strip():
            continue
        try:
            yield line, decoder.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ListError(
                file.name, line, f"not a FollowTheMoney entity ({error}): the file is cut or damaged"
            ) from error


def _entry(
    list_name: str,
    thing: _FtmEntity,
    things: dict[str, _FtmEntity],
    sanctions: list[_FtmEntity],
    documents: list[_FtmEntity],
) -> Entry | None:
    party = _TYPES[thing.schema]
    names = distinct_names(_names(thing, party))
    if not names:
        return None
    properties = thing.properties
    programs = [text for item in (*sanctions, thing) for text in item.properties.get("programId", [])]
    programs = programs or [text for item in sanctions for text in item.properties.get("program", [])]
    days = [
        day
        for item in sanctions
        for name in ("listingDate", "startDate")
        for text in item.properties.get(name, [])
        if (day := iso_dates(text)) is not None
    ]
    countries = [
        *properties.get("nationality", []),
        *properties.get("citizenship", []),
        *properties.get("flag", []),
    ]
    return Entry(
        id=f"{list_name}:{thing.id}",
        list=list_name,
        type=party,
        names=names,
        programs=distinct_values(programs),
        birth_dates=distinct_values(
            date for text in properties.get("birthDate", []) if (date := iso_dates(text)) is not None
        ),
        birth_places=distinct_values(properties.get("birthPlace", [])),
        nationalities=distinct_values(
            code for code in map(country, countries or _home_countries(properties)) if code
        ),
        addresses=distinct_values(_addresses(thing, things)),
        ids=distinct_values(_ids(thing, documents)),
        listed_on=min(days, default=None),
        note="; ".join(
            [*properties.get("topics", []), *properties.get("position", []), *properties.get("notes", [])]
        )
        or None,
    )


def _home_countries(properties: dict[str, list[str]]) -> list[str]:
    """Return the countries that replace a missing nationality: the jurisdiction, or else `country`."""
    return [*properties.get("jurisdiction", []), *properties.get("mainCountry", [])] or properties.get(
        "country", []
    )


def _names(thing: _FtmEntity, party: EntryType) -> Iterator[ListedName]:
    """Yield the primary name, then all names.

    The primary name is the caption (the display name) if it is one of the names, otherwise the first name in
    Latin script, otherwise the first name.
    """
    properties = thing.properties
    names = [
        classify_script(" ".join(text.split()), kind)
        for column, kind in _NAMES
        for text in properties.get(column, [])
        if any(map(str.isalnum, text))
    ]
    if not names:
        return
    main = next((name for name in names if name.text == thing.caption), None)
    main = main or next((name for name in names if name.kind != "native"), names[0])
    single_parts = (
        party == "person"
        and len(properties.get("firstName", [])) == 1
        and len(properties.get("lastName", [])) == 1
    )
    given, family = (properties["firstName"][0], properties["lastName"][0]) if single_parts else (None, None)
    yield ListedName(main.text, "primary", given, family)
    yield from names


def _addresses(thing: _FtmEntity, things: dict[str, _FtmEntity]) -> Iterator[ListedAddress]:
    properties = thing.properties
    party_country = (properties.get("country", [None]) or [None])[0]
    for text in properties.get("address", []):
        yield ListedAddress(text, country(party_country) if party_country else None)
    for key in properties.get("addressEntity", []):
        if key in things:
            place = things[key].properties
            text = (
                place.get("full") or [", ".join(v for n in ("street", "city") for v in place.get(n, []))]
            )[0]
            address_country = next(iter(place.get("country", [])), None)
            if text:
                yield ListedAddress(text, country(address_country) if address_country else None)


def _ids(thing: _FtmEntity, documents: list[_FtmEntity]) -> Iterator[ListedId]:
    for name, kind in _IDS.items():
        for text in thing.properties.get(name, []):
            yield ListedId(kind, text, None, name if kind in _NOTED_TYPES else None)
    for document in documents:
        issuer = next(iter(document.properties.get("country", [])), None)
        name, kind = _DOCUMENTS[document.schema]
        note = next(iter(document.properties.get("currency", [])), None)
        for text in document.properties.get(name, []):
            yield ListedId(kind, text, country(issuer) if issuer else None, note)


def _recognises(head: FileHead) -> bool:
    line = head.first_line
    return line.startswith(b"{") and b'"schema"' in line and b'"properties"' in line


FORMAT = Format("ftm-json-lines", _recognises, read)
