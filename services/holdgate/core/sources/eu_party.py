"""European Union: build entries from the consolidated list, for its CSV and XML readers.

The list does not mark a primary name: the first strong name in Latin script becomes the primary one,
otherwise the first weak name, otherwise the first name in another script. Weak names are marked by
`strong="false"` in the XML and by a remark in the CSV.
"""

from collections import defaultdict
from collections.abc import Sequence

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
from holdgate.core.sources.dates import iso_date, iso_dates, widen_years
from holdgate.core.sources.printed_names import is_native
from holdgate.core.sources.source import distinct_names, distinct_values

_TYPES: dict[str, EntryType] = {
    "p": "person",
    "person": "person",
    "e": "entity",
    "enterprise": "entity",
    "v": "vessel",
    "vessel": "vessel",
}
_ORDER: dict[NameKind, int] = {"strong": 0, "weak": 1, "native": 2, "primary": 3}
# By a word that identificationTypeCode or its description contains; the first match counts.
_ID_TYPES: tuple[tuple[str, IdType], ...] = (
    ("passport", "passport"),
    ("swift", "bic"),
    ("imo", "imo"),
    ("fiscal", "tax"),
    ("tax", "tax"),
    ("ssn", "tax"),
    ("reg", "registration"),
    ("trade", "registration"),
    ("id", "national_id"),
)


class EuEntryDraft:
    """An entry under construction; readers add the values of elements or rows in any order."""

    def __init__(self, entry_id: str) -> None:
        self.id = entry_id
        self.type: EntryType | None = None
        self.programs: list[str] = []
        self.listing_dates: list[str] = []
        self.birth_dates: list[str] = []
        self.birth_places: list[str] = []
        self.nationalities: list[str] = []
        self.addresses: list[ListedAddress] = []
        self.ids: list[ListedId] = []
        self.notes: list[str] = []
        self.lost_names = 0
        self._names: list[ListedName] = []

    def set_type(self, *codes: str) -> None:
        """Set the party's type from its code or classification code, which the layouts swap."""
        for code in codes:
            self.type = self.type or _TYPES.get(code.casefold())

    def add_name(self, whole: str, parts: Sequence[str], *, weak: bool) -> None:
        """Add a name and its (first, middle, last) parts; a blank `whole` is composed from the parts."""
        first, middle, last = (" ".join(part.split()) for part in parts)
        given = " ".join(part for part in (first, middle) if part)
        text = " ".join(whole.split()) or " ".join(part for part in (given, last) if part)
        if text.count("?") > sum(map(str.isalnum, text)):
            self.lost_names += 1  # a spreadsheet replaced all non-Latin letters with question marks
        elif text:
            kind: NameKind = "weak" if weak else "native" if is_native(text) else "strong"
            person = self.type == "person" and given and last
            self._names.append(ListedName(text, kind, given, last) if person else ListedName(text, kind))

    def add_birth(self, date: str, *, circa: bool = False) -> None:
        """Add a date of birth as printed; ignore a text that is not a date ("N/A")."""
        if (birth := iso_dates(date)) is not None:
            self.birth_dates.append(widen_years(birth) if circa else birth)

    def add_nationality(self, text: str) -> None:
        """Add a country by code or name; the list's code for unknown, 00, is ignored."""
        if (code := country(text)) is not None:
            self.nationalities.append(code)

    def add_address(self, parts: Sequence[str], country_text: str) -> None:
        """Add an address by its parts, the country last."""
        if text := ", ".join(part for part in parts if part):
            self.addresses.append(ListedAddress(text, country(country_text)))

    def add_id(self, number: str, kind: str, country_text: str, note: str) -> None:
        """Add an identifier by the list's type code ("passport", "regnumber", "swiftbic", ...)."""
        number = " ".join(number.split())
        if not number:
            return
        plain = kind.casefold()
        id_type: IdType = "other"
        for word, type_ in _ID_TYPES:
            if word in plain:
                id_type = type_
                break
        if id_type == "imo":
            number = "".join(filter(str.isdigit, number)) or number
        self.ids.append(ListedId(id_type, number, country(country_text), note or None))

    def entry(self) -> Entry | None:
        """Return the finished entry, or None if it has no name."""
        ordered = sorted(self._names, key=lambda name: _ORDER[name.kind])
        if not ordered:
            return None
        first = ordered[0]
        names = [ListedName(first.text, "primary", first.given, first.family), *ordered[1:]]
        days = sorted(day for text in self.listing_dates if (day := iso_date(text)) is not None)
        return Entry(
            id=self.id,
            list=self.id.partition(":")[0],
            type=self.type or "unknown",
            names=distinct_names(names),
            programs=distinct_values(program for program in self.programs if program),
            birth_dates=distinct_values(self.birth_dates),
            birth_places=distinct_values(place for place in self.birth_places if place),
            nationalities=distinct_values(self.nationalities),
            addresses=distinct_values(self.addresses),
            ids=distinct_values(self.ids),
            listed_on=days[0] if days else None,
            note="; ".join(distinct_values(note for note in self.notes if note)) or None,
        )


class EuEntryDrafts:
    """Drafts by logical id, with the line on which each party first occurs."""

    def __init__(self, list_name: str) -> None:
        self._list = list_name
        self.lines: dict[str, int] = {}
        self.by_id: defaultdict[str, EuEntryDraft] = defaultdict(lambda: EuEntryDraft(""))

    def draft(self, logical_id: str, line: int) -> EuEntryDraft:
        """Return the draft of a party; create it if the party is new."""
        if logical_id not in self.lines:
            self.lines[logical_id] = line
            self.by_id[logical_id] = EuEntryDraft(f"{self._list}:{logical_id}")
        return self.by_id[logical_id]
