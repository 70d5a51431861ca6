"""FollowTheMoney entities, one JSON object per line: `entities.ftm.json` of OpenSanctions and others.

The schemata and their properties are documented at followthemoney.tech. Parties, addresses, documents and
sanctions are separate entities that refer to each other: a party refers to its addresses, a document to its
holder, and a sanction, which has programme and date, to the party.

A party is an entity with a name whose schema is a person, organisation, vessel or aircraft. All parties in a
file become entries, whether or not a sanction refers to them, because a file given as a list is a list. The
wallets, bank accounts and securities of a party are its identifiers; those without a party in the file are
entries themselves, and so are addresses with a topic or a sanction of their own.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from holdgate.core.identifiers.addresses import address_words, is_house
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
from holdgate.core.sources.ftm_entities import (
    ASSETS,
    DOCUMENTS,
    FtmEntity,
    document_ids,
    holders,
    listed_address,
    listed_on,
    programs_of,
    read_entities,
)
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
    "uniqueEntityId": "other",
    "licenseNumber": "other",
    "isinCode": "other",
    "callSign": "other",
    "serialNumber": "other",
    "bikCode": "clearing_code",
}
_MIN_ABBREVIATION = 5
"""Letters of an abbreviation that is an alias (`OKVEX`); shorter ones are weak, as other lists' acronyms."""
_NOTED_TYPES = frozenset({"tax", "registration", "national_id", "clearing_code", "other"})


def read(list_name: str, files: Sequence[SourceFile]) -> ParsedList:
    """Read the parties, and the assets and addresses without one; notes count the other entities.

    Raises ListError for a line that is not a FollowTheMoney entity, an id used twice, and files without
    parties and assets.
    """
    things: dict[str, FtmEntity] = {}
    for file in files:
        for line, thing in read_entities(file):
            if thing.id in things:
                raise ListError(file.name, line, f"entity {thing.id} is listed twice: fetch the file again")
            things[thing.id] = thing
    sanctions: defaultdict[str, list[FtmEntity]] = defaultdict(list)
    documents: defaultdict[str, list[FtmEntity]] = defaultdict(list)
    for thing in things.values():
        if thing.schema == "Sanction":
            for party in thing.properties.get("entity", []):
                sanctions[party].append(thing)
        elif thing.schema in DOCUMENTS:
            for holder in holders(thing):
                documents[holder].append(thing)
        elif thing.schema == "Ownership":
            for asset in (things.get(key) for key in thing.properties.get("asset", [])):
                if asset is not None and asset.schema in ASSETS:
                    for owner in thing.properties.get("owner", []):
                        documents[owner].append(asset)
    held = {document.id for key, held in documents.items() if _is_party(things.get(key)) for document in held}
    entries: list[Entry] = []
    nameless = addresses = 0
    for thing in things.values():
        if thing.schema in ASSETS and thing.id not in held:
            if (entry := _asset_entry(list_name, thing, sanctions[thing.id])) is not None:
                entries.append(entry)
        elif thing.schema == "Address" and (sanctions[thing.id] or thing.properties.get("topics")):
            if (entry := _address_entry(list_name, thing, sanctions[thing.id])) is not None:
                entries.append(entry)
            else:
                addresses += 1
        elif thing.schema in _TYPES:
            entry = _entry(list_name, thing, things, sanctions[thing.id], documents[thing.id])
            if entry is None:
                nameless += 1
            else:
                entries.append(entry)
    if not entries:
        raise ListError(
            files[0].name,
            None,
            "the file has no persons, companies, vessels, wallets, accounts or addresses: check what it is",
        )
    other_entities = len(things) - len(entries) - nameless
    notes = [f"entities that are no parties: {other_entities}"]
    if nameless:
        notes.append(f"parties without a name, left out: {nameless}")
    if addresses:
        notes.append(
            f"addresses on the list by themselves that say no house or PO box, left out: {addresses}"
        )
    return ParsedList(entries, len(entries) + nameless, None, notes)


def _entry(
    list_name: str,
    thing: FtmEntity,
    things: dict[str, FtmEntity],
    sanctions: list[FtmEntity],
    documents: list[FtmEntity],
) -> Entry | None:
    party = _TYPES[thing.schema]
    names = distinct_names(_names(thing, party))
    if not names:
        return None
    properties = thing.properties
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
        programs=programs_of(thing, sanctions),
        birth_dates=distinct_values(
            date for text in properties.get("birthDate", []) if (date := iso_dates(text)) is not None
        ),
        birth_places=distinct_values(properties.get("birthPlace", [])),
        nationalities=distinct_values(
            code for code in map(country, countries or _home_countries(properties)) if code
        ),
        addresses=distinct_values(_addresses(thing, things)),
        ids=distinct_values(_ids(thing, documents)),
        listed_on=listed_on(sanctions),
        note="; ".join(
            [*properties.get("topics", []), *properties.get("position", []), *properties.get("notes", [])]
        )
        or None,
    )


def _asset_entry(list_name: str, thing: FtmEntity, sanctions: list[FtmEntity]) -> Entry | None:
    """Return the entry of an asset whose holder is unknown, None if it has no number.

    Its name is its schema and number (`CryptoWallet 1A1z...`): it is the identifier that is compared.
    """
    ids = distinct_values(document_ids(thing))
    if not ids:
        return None
    name = " ".join(f"{thing.schema} {ids[0].value}".split())
    return Entry(
        id=f"{list_name}:{thing.id}",
        list=list_name,
        type="unknown",
        names=(ListedName(name),),
        programs=programs_of(thing, sanctions),
        ids=ids,
        listed_on=listed_on(sanctions),
        note="; ".join(thing.properties.get("topics", [])) or None,
    )


def _address_entry(list_name: str, thing: FtmEntity, sanctions: list[FtmEntity]) -> Entry | None:
    """Return the entry of an address that is listed itself, None if it says no more than a town."""
    address = listed_address(thing)
    if address is None or not is_house(address_words(address.text)):
        return None
    return Entry(
        id=f"{list_name}:{thing.id}",
        list=list_name,
        type="unknown",
        names=(),
        programs=programs_of(thing, sanctions),
        addresses=(address,),
        listed_on=listed_on(sanctions),
        note="; ".join(thing.properties.get("topics", [])) or None,
    )


def _is_party(thing: FtmEntity | None) -> bool:
    """Return whether an entity becomes an entry by its name."""
    return thing is not None and thing.schema in _TYPES and any(_names(thing, _TYPES[thing.schema]))


def _home_countries(properties: dict[str, list[str]]) -> list[str]:
    """Return the countries that replace a missing nationality: the jurisdiction, or else `country`."""
    return [*properties.get("jurisdiction", []), *properties.get("mainCountry", [])] or properties.get(
        "country", []
    )


def _names(thing: FtmEntity, party: EntryType) -> Iterator[ListedName]:
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
    if not names and party == "person":
        parts = [
            text for column in ("firstName", "middleName", "lastName") for text in properties.get(column, [])
        ]
        names = [classify_script(" ".join(parts), "strong")] if any(map(str.isalnum, "".join(parts))) else []
    for text in properties.get("abbreviation", []):
        size = sum(map(str.isalnum, text))
        if size:
            names.append(
                classify_script(" ".join(text.split()), "strong" if size >= _MIN_ABBREVIATION else "weak")
            )
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


def _addresses(thing: FtmEntity, things: dict[str, FtmEntity]) -> Iterator[ListedAddress]:
    properties = thing.properties
    party_country = (properties.get("country", [None]) or [None])[0]
    for text in properties.get("address", []):
        yield ListedAddress(text, country(party_country) if party_country else None)
    for key in properties.get("addressEntity", []):
        if key in things and (address := listed_address(things[key])) is not None:
            yield address


def _ids(thing: FtmEntity, documents: list[FtmEntity]) -> Iterator[ListedId]:
    for name, kind in _IDS.items():
        for text in thing.properties.get(name, []):
            yield ListedId(kind, text, None, name if kind in _NOTED_TYPES else None)
    for document in documents:
        yield from document_ids(document)


def _recognises(head: FileHead) -> bool:
    line = head.first_line
    return line.startswith(b"{") and b'"schema"' in line and b'"properties"' in line


FORMAT = Format("ftm-json-lines", _recognises, read)
