"""FollowTheMoney entities, one JSON object per line: `entities.ftm.json` of OpenSanctions and others.

The schemata and their properties are documented at followthemoney.tech. Parties, addresses, documents and
sanctions are separate entities that refer to each other: a party refers to its addresses, a document to its
holder, and a sanction, which has programme and date, to the party.

A party is an entity with a name whose schema is a person, organisation, vessel or aircraft. Such files also
have relatives, owners and holdings of listed parties: only entities with one of the wanted topics become
entries, and those without any topic to which a sanction refers. If no entity of a file has a topic, all
parties do. The wallets, bank accounts and securities of a party are its identifiers; those without a party in
the file are entries themselves, and so are addresses with a topic or a sanction of their own.
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
from holdgate.core.sources.ftm_names import names_of
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
_NOTED_TYPES = frozenset({"tax", "registration", "national_id", "clearing_code", "other"})


def read(
    list_name: str, files: Sequence[SourceFile], topics: frozenset[str] = frozenset({"sanction"})
) -> ParsedList:
    """Read the parties, and the assets and addresses without one; notes count the other entities.

    `topics` are those of the wanted entities; `*` stands for all entities. Raises ListError for a line that
    is not a FollowTheMoney entity, an id used twice, and files without wanted parties and assets.
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
    has_topics = any(map(_topics, things.values()))
    wanted = {
        thing.id
        for thing in things.values()
        if "*" in topics or not has_topics or _is_wanted(thing, topics, bool(sanctions[thing.id]))
    }
    held = {document.id for key, held in documents.items() if _is_party(things.get(key)) for document in held}
    entries: list[Entry] = []
    nameless = addresses = unwanted = 0
    for thing in things.values():
        if thing.schema in ASSETS and thing.id not in held and (thing.id in wanted or not _topics(thing)):
            if (entry := _asset_entry(list_name, thing, sanctions[thing.id])) is not None:
                entries.append(entry)
        elif thing.schema == "Address" and (sanctions[thing.id] or _topics(thing)) and thing.id in wanted:
            if (entry := _address_entry(list_name, thing, sanctions[thing.id])) is not None:
                entries.append(entry)
            else:
                addresses += 1
        elif thing.schema in _TYPES and thing.id not in wanted:
            unwanted += 1
        elif thing.schema in _TYPES:
            entry = _entry(list_name, thing, things, sanctions[thing.id], documents[thing.id])
            if entry is None:
                nameless += 1
            else:
                entries.append(entry)
    if not entries:
        raise ListError(files[0].name, None, _emptiness(things, topics))
    other_entities = len(things) - len(entries) - nameless - unwanted
    notes = [f"entities that are no parties: {other_entities}"]
    if unwanted:
        notes.append(f"parties without the topic {', '.join(sorted(topics))}, left out: {unwanted}")
    if not has_topics:
        notes.append("no entity has a topic: all parties are entries")
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
    names = distinct_names(names_of(thing, party))
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


def _topics(thing: FtmEntity) -> list[str]:
    return thing.properties.get("topics", [])


def _is_wanted(thing: FtmEntity, topics: frozenset[str], is_sanctioned: bool) -> bool:
    own = _topics(thing)
    return not topics.isdisjoint(own) if own else is_sanctioned


def _emptiness(things: dict[str, FtmEntity], topics: frozenset[str]) -> str:
    """Return the reason why a file gives no entries."""
    present = sorted({topic for thing in things.values() for topic in _topics(thing)})
    if not present:
        return "the file has no persons, companies, vessels, wallets, accounts or addresses: check what it is"
    return (
        f"no entity has the topic {', '.join(sorted(topics))}; to take others, write NAME=PATH#topics=a,b."
        f" Topics of this file: {', '.join(present)[:200]}"
    )


def _is_party(thing: FtmEntity | None) -> bool:
    """Return whether an entity becomes an entry by its name."""
    return thing is not None and thing.schema in _TYPES and any(names_of(thing, _TYPES[thing.schema]))


def _home_countries(properties: dict[str, list[str]]) -> list[str]:
    """Return the countries that replace a missing nationality: the jurisdiction, or else `country`."""
    return [*properties.get("jurisdiction", []), *properties.get("mainCountry", [])] or properties.get(
        "country", []
    )


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
