"""FollowTheMoney entities, one JSON object a line: OpenSanctions' and others' `entities.ftm.json`.

Addresses, passports and identifications are entities of their own that point at a party or are pointed at
by it; sanctions point at it with programme and date. A party is an entity with a name whose schema is a
legal entity, a vessel or an aircraft; all of those that a file holds are read, listed or not, because a
file given as a list is one.
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
from holdgate.core.sources.printed_names import in_script
from holdgate.core.sources.source import ListError, ParsedList, SourceFile, distinct, distinct_names

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
    "bikCode": "other",
}
_PAPERS: dict[str, tuple[str, IdType]] = {
    "Passport": ("number", "passport"),
    "Identification": ("number", "national_id"),
    "CryptoWallet": ("publicKey", "wallet"),
}
_TYPED_NOTE = frozenset({"tax", "registration", "national_id", "other"})


class _Thing(msgspec.Struct, frozen=True):
    id: str
    schema: str
    properties: dict[str, list[str]]
    caption: str = ""


def read(list_name: str, files: Sequence[SourceFile]) -> ParsedList:
    """Read the parties; `records` counts them, and the notes say what else the files held.

    Raises ListError for a line that is no FollowTheMoney entity, an id used twice, and no parties.
    """
    things: dict[str, _Thing] = {}
    for file in files:
        for line, thing in _things(file):
            if thing.id in things:
                raise ListError(file.name, line, f"entity {thing.id} stands twice: fetch the file again")
            things[thing.id] = thing
    sanctions: defaultdict[str, list[_Thing]] = defaultdict(list)
    papers: defaultdict[str, list[_Thing]] = defaultdict(list)
    for thing in things.values():
        if thing.schema == "Sanction":
            for party in thing.properties.get("entity", []):
                sanctions[party].append(thing)
        elif thing.schema in _PAPERS:
            for party in thing.properties.get("holder", []):
                papers[party].append(thing)
    entries: list[Entry] = []
    nameless = 0
    for thing in things.values():
        if thing.schema in _TYPES:
            entry = _entry(list_name, thing, things, sanctions[thing.id], papers[thing.id])
            if entry is None:
                nameless += 1
            else:
                entries.append(entry)
    if not entries:
        raise ListError(files[0].name, None, "no persons, companies or vessels in it: check what it is")
    others = len(things) - len(entries) - nameless
    notes = [f"entities that are no parties, but may say something of one: {others}"]
    if nameless:
        notes.append(f"parties without a name, left out: {nameless}")
    return ParsedList(entries, len(entries) + nameless, None, notes)


def _things(file: SourceFile) -> Iterator[tuple[int, _Thing]]:
    decoder = msgspec.json.Decoder(_Thing)
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
    list_name: str, thing: _Thing, things: dict[str, _Thing], sanctions: list[_Thing], papers: list[_Thing]
) -> Entry | None:
    party = _TYPES[thing.schema]
    names = distinct_names(_names(thing, party))
    if not names:
        return None
    said = thing.properties
    programs = [text for item in (*sanctions, thing) for text in item.properties.get("programId", [])]
    programs = programs or [text for item in sanctions for text in item.properties.get("program", [])]
    days = [
        day
        for item in sanctions
        for name in ("listingDate", "startDate")
        for text in item.properties.get(name, [])
        if (day := iso_dates(text)) is not None
    ]
    lands = [*said.get("nationality", []), *said.get("citizenship", []), *said.get("flag", [])]
    return Entry(
        id=f"{list_name}:{thing.id}",
        list=list_name,
        type=party,
        names=names,
        programs=distinct(programs),
        birth_dates=distinct(
            date for text in said.get("birthDate", []) if (date := iso_dates(text)) is not None
        ),
        birth_places=distinct(said.get("birthPlace", [])),
        nationalities=distinct(code for code in map(country, lands or _home(said)) if code),
        addresses=distinct(_addresses(thing, things)),
        ids=distinct(_ids(thing, papers)),
        listed_on=min(days, default=None),
        note="; ".join([*said.get("topics", []), *said.get("position", []), *said.get("notes", [])]) or None,
    )


def _home(said: dict[str, list[str]]) -> list[str]:
    """Where a party belongs if no nationality is given: jurisdiction, else the countries it is tied to."""
    return [*said.get("jurisdiction", []), *said.get("mainCountry", [])] or said.get("country", [])


def _names(thing: _Thing, party: EntryType) -> Iterator[ListedName]:
    """The caption (the name the data set shows) first if it is one of the names, then the others."""
    said = thing.properties
    found = [
        in_script(" ".join(text.split()), kind)
        for column, kind in _NAMES
        for text in said.get(column, [])
        if any(map(str.isalnum, text))
    ]
    if not found:
        return
    main = next((name for name in found if name.text == thing.caption), None)
    main = main or next((name for name in found if name.kind != "native"), found[0])
    one = party == "person" and len(said.get("firstName", [])) == 1 and len(said.get("lastName", [])) == 1
    given, family = (said["firstName"][0], said["lastName"][0]) if one else (None, None)
    yield ListedName(main.text, "primary", given, family)
    yield from found


def _addresses(thing: _Thing, things: dict[str, _Thing]) -> Iterator[ListedAddress]:
    said = thing.properties
    own = (said.get("country", [None]) or [None])[0]
    for text in said.get("address", []):
        yield ListedAddress(text, country(own) if own else None)
    for key in said.get("addressEntity", []):
        if key in things:
            place = things[key].properties
            text = (
                place.get("full") or [", ".join(v for n in ("street", "city") for v in place.get(n, []))]
            )[0]
            land = next(iter(place.get("country", [])), None)
            if text:
                yield ListedAddress(text, country(land) if land else None)


def _ids(thing: _Thing, papers: list[_Thing]) -> Iterator[ListedId]:
    for name, kind in _IDS.items():
        for text in thing.properties.get(name, []):
            yield ListedId(kind, text, None, name if kind in _TYPED_NOTE else None)
    for paper in papers:
        place = next(iter(paper.properties.get("country", [])), None)
        name, kind = _PAPERS[paper.schema]
        note = next(iter(paper.properties.get("currency", [])), None)
        for text in paper.properties.get(name, []):
            yield ListedId(kind, text, country(place) if place else None, note)


def _recognises(head: FileHead) -> bool:
    line = head.first_line
    return line.startswith(b"{") and b'"schema"' in line and b'"properties"' in line


FORMAT = Format("ftm-json-lines", _recognises, read)
