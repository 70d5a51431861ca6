"""OFAC's Advanced XML: read a party's names, features and documents into an entry without programmes."""

from collections.abc import Iterator

from msgspec import Struct

from holdgate.core.model.listed_entry import Entry, ListedAddress, ListedId, ListedName, NameKind
from holdgate.core.sources.countries import country
from holdgate.core.sources.dates import period, widen_years
from holdgate.core.sources.ofac_advanced_reference import ReferenceData, read_date
from holdgate.core.sources.ofac_ids import typed_id
from holdgate.core.sources.printed_names import is_native
from holdgate.core.sources.source import ListError, distinct_names, distinct_values
from holdgate.core.sources.xml_records import Element

_FAMILY = frozenset({"Last Name", "Maiden Name", "Matronymic"})
_GIVEN = frozenset({"First Name", "Middle Name", "Patronymic"})


class OfacParty(Struct, frozen=True):
    """An entry with the id of its profile, by which the sanctions entries refer to it."""

    profile: str
    entry: Entry


def read_party(list_name: str, element: Element, reference: ReferenceData) -> OfacParty:
    """Read a DistinctParty; raises ListError for one without number or name."""
    number = element.attributes.get("FixedRef", "")
    profile = element.first("Profile")
    if not number or profile is None:
        raise ListError(
            reference.file, element.line, "DistinctParty without FixedRef or Profile: the file is damaged"
        )
    names = distinct_names(_names(profile, reference))
    if not names or names[0].kind != "primary":
        raise ListError(
            reference.file, element.line, f"party {number} has no primary name: the file is damaged"
        )
    party = reference.party_type(profile.attributes.get("PartySubTypeID", ""))
    features = _Features(reference)
    for feature in profile.all("Feature"):
        features.add(feature)
    ids: list[ListedId] = []
    note_parts: list[str] = []
    labelled_numbers: list[tuple[str, str, str | None]] = [
        (label, text, None) for label, text in features.texts
    ]
    for identity in profile.all("Identity"):
        documents = reference.documents(identity.attributes.get("ID", ""))
        labelled_numbers += [(paper.label, paper.number, paper.issued_by) for paper in documents]
    for label, text, issuer in labelled_numbers:
        listed = typed_id(label, text, issuer, party)
        if listed is not None:
            ids.append(listed)
        else:
            note_parts.append(f"{label} {text}".strip())
    comment = element.value("Comment") or profile.value("Comment")
    entry = Entry(
        id=f"{list_name}:{number}",
        list=list_name,
        type=party,
        names=names,
        birth_dates=distinct_values(features.birth_dates),
        birth_places=distinct_values(features.birth_places),
        nationalities=distinct_values(features.nationalities),
        addresses=distinct_values(features.addresses),
        ids=distinct_values(ids),
        note="; ".join(part for part in (*note_parts, comment) if part) or None,
    )
    return OfacParty(profile.attributes.get("ID", number), entry)


def _names(profile: Element, reference: ReferenceData) -> Iterator[ListedName]:
    """Yield the names, the primary one first, as the flat files print them: `FAMILY, Given Middle`."""
    names: list[tuple[bool, ListedName]] = []
    for identity in profile.all("Identity"):
        parts = {
            group.attributes.get("ID", ""): reference.label(
                "NamePartType", group.attributes.get("NamePartTypeID", "")
            )
            for group in identity.all("NamePartGroups", "MasterNamePartGroup", "NamePartGroup")
        }
        main = identity.attributes.get("Primary", "true") == "true"
        for alias in identity.all("Alias"):
            first = main and alias.attributes.get("Primary") == "true"
            kind: NameKind = "weak" if alias.attributes.get("LowQuality") == "true" else "strong"
            for name in alias.all("DocumentedName"):
                listed = _name(name, parts, "primary" if first else kind)
                if listed is not None:
                    names.append((listed.kind == "primary", listed))
    yield from (name for is_primary, name in names if is_primary)
    yield from (name for is_primary, name in names if not is_primary)


def _name(name: Element, parts: dict[str, str], kind: NameKind) -> ListedName | None:
    family: list[str] = []
    given: list[str] = []
    parts_in_order: list[str] = []
    for part in name.all("DocumentedNamePart", "NamePartValue"):
        if not (text := part.value()):
            continue
        parts_in_order.append(text)
        label = parts.get(part.attributes.get("NamePartGroupID", ""), "")
        if label in _FAMILY:
            family.append(text)
        elif label in _GIVEN:
            given.append(text)
    if not parts_in_order:
        return None
    text = " ".join(parts_in_order)
    if is_native(text):
        return ListedName(
            text, "weak" if kind == "weak" else "native", " ".join(given) or None, " ".join(family) or None
        )
    if family and given and len(family) + len(given) == len(parts_in_order):
        return ListedName(f"{' '.join(family)}, {' '.join(given)}", kind, " ".join(given), " ".join(family))
    return ListedName(text, kind)


class _Features:
    """The features of a party by entry field; `texts` are (label, text) of the features without a field."""

    def __init__(self, reference: ReferenceData) -> None:
        self._reference = reference
        self.birth_dates: list[str] = []
        self.birth_places: list[str] = []
        self.nationalities: list[str] = []
        self.addresses: list[ListedAddress] = []
        self.texts: list[tuple[str, str]] = []

    def add(self, feature: Element) -> None:
        label = self._reference.label("FeatureType", feature.attributes.get("FeatureTypeID", ""))
        for version in feature.all("FeatureVersion"):
            places = [
                place
                for location in version.all("VersionLocation")
                if (place := self._reference.location(location.attributes.get("LocationID", ""))) is not None
            ]
            texts = [text for detail in version.all("VersionDetail") if (text := self._detail(detail))]
            dates = [date for span in version.all("DatePeriod") if (date := _period(span)) is not None]
            if label == "Birthdate":
                self.birth_dates += dates
            elif label == "Place of Birth":
                self.birth_places += texts + [place.text for place in places]
            elif label in (
                "Nationality Country",
                "Citizenship Country",
                "Vessel Flag",
                "Nationality of Registration",
            ):
                self.nationalities += [place.country for place in places if place.country]
                self.nationalities += [code for text in texts if (code := country(text))]
            elif label == "Location":
                self.addresses += places
            else:
                self.texts += [(label, text) for text in (*texts, *dates, *(place.text for place in places))]

    def _detail(self, detail: Element) -> str:
        if text := detail.value():
            return text
        key = detail.attributes.get("DetailReferenceID")
        return self._reference.label("DetailReference", key) if key else ""


def _period(date_period: Element) -> str | None:
    """Return a date or range, from the earliest possible start to the latest possible end."""
    start, end = date_period.first("Start"), date_period.first("End")
    begin = start.first("From") if start else None
    finish = (end.first("To") or end.first("From")) if end else None
    first = read_date(begin) if begin else None
    last = read_date(finish) if finish else None
    if first is None:
        return None
    date = period(first, last or first)
    approximate = any(
        side is not None and side.attributes.get("Approximate") == "true" for side in (start, end)
    )
    return widen_years(date) if approximate else date
