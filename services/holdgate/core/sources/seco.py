"""Switzerland: SECO's consolidated list as XML, root `swiss-sanctions-list`.

A target has identities with names, dates and documents. Programmes and places are separate elements, which
targets refer to by `ssid`. The file keeps the history of every target: `modification` elements repeat earlier
states inside `added` and `removed`, and delisted targets stay in the file.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

from holdgate.core.identifiers.labels import find_labelled
from holdgate.core.model.listed_entry import (
    Entry,
    EntryType,
    IdType,
    ListedAddress,
    ListedId,
)
from holdgate.core.sources.countries import country
from holdgate.core.sources.dates import iso_date, widen_years
from holdgate.core.sources.formats import Format, has_root
from holdgate.core.sources.seco_names import names_of
from holdgate.core.sources.source import (
    ListError,
    ParsedList,
    SourceFile,
    distinct_names,
    distinct_values,
)
from holdgate.core.sources.uk_text import stated_ids
from holdgate.core.sources.xml_records import Element, read_elements

_ROOT = "swiss-sanctions-list"
_DATES = ("effective-date", "enactment-date", "publication-date")
_OBJECTS: dict[str, EntryType] = {"vessel": "vessel", "aircraft": "aircraft"}
_PLACE = ("location", "area", "country")
_ADDRESS = ("c-o", "address-details", "p-o-box", "zip-code")


def read(list_name: str, files: Sequence[SourceFile]) -> ParsedList:
    """Read the targets that are listed now; `records` counts all, and a note the delisted ones.

    Raises ListError for a file that is not the whole list, a target without id, name or known type, an id
    used twice, a reference to an undefined programme or place, and a list without targets.
    """
    entries: dict[str, Entry] = {}
    published: str | None = None
    records = 0
    for file in files:
        programs, places = _references(file)
        for element in read_elements(file, _ROOT, frozenset({"target"})):
            if element.tag == _ROOT:
                published = max(published or "", _published(file, element)) or None
                continue
            records += 1
            target = _Target(list_name, file, element, programs, places)
            if target.is_delisted:
                continue
            entry = target.entry()
            if entry.id in entries:
                raise target.error("is listed twice: fetch the list again")
            entries[entry.id] = entry
    if not entries:
        raise ListError(files[0].name, None, "the list contains no listed target: fetch it again")
    return ParsedList(
        tuple(entries.values()), records, published, [f"delisted targets: {records - len(entries)}"]
    )


def _published(file: SourceFile, root: Element) -> str:
    kind = root.attributes.get("list-type", "")
    if kind != "whole-list":
        raise ListError(file.name, root.line, f"list-type is {kind[:40]!r}: fetch the whole list")
    return root.attributes.get("date", "")


def _references(file: SourceFile) -> tuple[dict[str, str], dict[str, Element]]:
    """Return the programme by id of each sanctions set, and the places by id."""
    programs: dict[str, str] = {}
    places: dict[str, Element] = {}
    for element in read_elements(file, _ROOT, frozenset({"sanctions-program", "place"})):
        if element.tag == "sanctions-program":
            keys = list(element.all("program-key"))
            english = [key for key in keys if key.attributes.get("lang") == "eng"]
            name = next((key.value() for key in chain(english, keys)), "")
            for part in element.all("sanctions-set"):
                programs[part.attributes.get("ssid", "")] = name
        elif element.tag == "place":
            places[element.attributes.get("ssid", "")] = element
    return programs, places


class _Target:
    """A `target` element and what it refers to."""

    def __init__(
        self,
        list_name: str,
        file: SourceFile,
        element: Element,
        programs: dict[str, str],
        places: dict[str, Element],
    ) -> None:
        self._list = list_name
        self._file = file
        self._element = element
        self._programs = programs
        self._places = places
        self._id = element.attributes.get("ssid", "")
        if not self._id:
            raise ListError(file.name, element.line, "target without ssid: the file is damaged")

    @property
    def is_delisted(self) -> bool:
        """Whether the latest modification delists the target; of two on one day, the first counts."""
        changes = sorted(self._element.all("modification"), key=_modified_on, reverse=True)
        return bool(changes) and changes[0].attributes.get("modification-type") == "de-listed"

    def error(self, reason: str) -> ListError:
        """Return the error for this target."""
        return ListError(self._file.name, self._element.line, f"target {self._id[:40]} {reason}")

    def entry(self) -> Entry:
        """Return the target as an entry."""
        party = next(
            (child for child in self._element.children if child.tag in ("individual", "entity", "object")),
            None,
        )
        if party is None:
            raise self.error("is no individual, entity or object: the file is damaged")
        kind = _type(party)
        identities = sorted(
            party.all("identity"), key=lambda identity: identity.attributes.get("main") != "true"
        )
        names = distinct_names(names_of(identities, kind))
        if not names:
            raise self.error("has no name: the file is damaged")
        information = [*party.values("other-information"), *party.values("generic-attribute")]
        listed = sorted(
            _modified_on(change)
            for change in self._element.all("modification")
            if change.attributes.get("modification-type") == "listed" and _modified_on(change)
        )
        return Entry(
            id=f"{self._list}:{self._id}",
            list=self._list,
            type=kind,
            names=names,
            programs=distinct_values(self._program(key) for key in self._element.values("sanctions-set-id")),
            birth_dates=distinct_values(date for one in identities for date in _birth_dates(one)),
            birth_places=distinct_values(
                ", ".join(self._place(place))
                for one in identities
                for place in one.all("place-of-birth")
                if self._place(place)
            ),
            nationalities=distinct_values(
                code
                for one in identities
                for place in one.all("nationality", "country")
                if (code := _country(place)) is not None
            ),
            addresses=distinct_values(
                ListedAddress(text, self._country_of(address))
                for one in identities
                for address in one.all("address")
                if (text := self._address(address))
            ),
            ids=distinct_values(
                chain(
                    (listed_id for one in identities for listed_id in _documents(one)),
                    (
                        listed_id
                        for text in information
                        for listed_id in chain(stated_ids(text, kind), _labelled_ids(text))
                    ),
                )
            ),
            listed_on=listed[0] if listed else None,
            note="; ".join([*self._element.values("foreign-identifier"), *information]) or None,
        )

    def _program(self, key: str) -> str:
        if key not in self._programs:
            raise self.error(f"has the undefined sanctions-set-id {key[:40]!r}: the file is cut")
        return self._programs[key]

    def _place_element(self, reference: Element) -> Element | None:
        key = reference.attributes.get("place-id")
        if key is not None and key not in self._places:
            raise self.error(f"has the undefined place-id {key[:40]!r}: the file is cut")
        return self._places[key] if key is not None else None

    def _place(self, reference: Element) -> list[str]:
        place = self._place_element(reference)
        return [text for tag in _PLACE for text in place.values(tag)] if place is not None else []

    def _country_of(self, reference: Element) -> str | None:
        place = self._place_element(reference)
        code = place.first("country") if place is not None else None
        return _country(code) if code is not None else None

    def _address(self, address: Element) -> str:
        return ", ".join([*(text for tag in _ADDRESS for text in address.values(tag)), *self._place(address)])


def _type(party: Element) -> EntryType:
    if party.tag == "object":
        return _OBJECTS.get(party.attributes.get("object-type", ""), "unknown")
    return "person" if party.tag == "individual" else "entity"


def _modified_on(change: Element) -> str:
    """Return the date of a modification, "" if it has none."""
    dates = (iso_date(change.attributes.get(name, "")) for name in _DATES)
    return next((date for date in dates if date is not None), "")


def _birth_dates(identity: Element) -> Iterator[str]:
    for birth in identity.all("day-month-year"):
        parts = [birth.attributes.get(name, "") for name in ("year", "month", "day")]
        known = parts[: parts.index("")] if "" in parts else parts
        if (date := iso_date("-".join(known))) is not None:
            yield widen_years(date) if birth.attributes.get("quality") == "low" else date


def _country(place: Element) -> str | None:
    return country(place.attributes.get("iso-code", "")) or country(place.value())


def _documents(identity: Element) -> Iterator[ListedId]:
    for document in identity.all("identification-document"):
        kind = document.attributes.get("document-type", "")
        issuer = document.first("issuer")
        code = issuer.attributes.get("code", "") if issuer is not None else ""
        for number in document.values("number"):
            if any(map(str.isdigit, number)):
                yield ListedId(
                    _id_type(kind), number, country(code or document.value("issuer")), kind or None
                )


def _id_type(kind: str) -> IdType:
    plain = kind.casefold()
    if "passport" in plain:
        return "passport"
    if "tax" in plain:
        return "tax"
    return "national_id" if plain.startswith("id") or "national" in plain else "other"


def _labelled_ids(text: str) -> Iterator[ListedId]:
    """Yield the numbers that a text labels, such as `Tax ID: 7720649916`."""
    for labelled in find_labelled(text):
        if labelled.type is not None:
            yield ListedId(labelled.type, labelled.value)


FORMAT = Format("seco-xml", has_root(_ROOT), read)
