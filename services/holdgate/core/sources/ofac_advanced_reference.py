"""OFAC's Advanced XML: the reference values, places and identity documents that parties refer to."""

from collections import defaultdict

from msgspec import Struct

from holdgate.core.model.listed_entry import EntryType, ListedAddress
from holdgate.core.sources.countries import country
from holdgate.core.sources.source import ListError
from holdgate.core.sources.xml_records import Element

_PARTY_TYPES: dict[str, EntryType] = {"Individual": "person", "Entity": "entity"}
# The published subtypes, for a file without reference values.
_SUBTYPES: dict[str, EntryType] = {"1": "vessel", "2": "aircraft", "3": "entity", "4": "person"}
_PARTS = ("ADDRESS1", "ADDRESS2", "ADDRESS3", "CITY", "STATE/PROVINCE", "POSTAL CODE", "REGION", "Unknown")


class IdentityDocument(Struct, frozen=True):
    """An identity document: OFAC's label of its type, its number and the issuing country."""

    label: str
    number: str
    issued_by: str | None


class ReferenceData:
    """Resolves the ids used in a file; raises ListError for an id that the file does not define."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._labels: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self._party_type_of: dict[str, str] = {}
        self._locations: dict[str, ListedAddress | None] = {}
        self._documents: defaultdict[str, list[IdentityDocument]] = defaultdict(list)

    def add_values(self, sets: Element) -> None:
        """Store the reference value sets."""
        for values in sets.children:
            for value in values.children:
                key = value.attributes.get("ID", "")
                text = value.value()
                self._labels[value.tag][key] = value.attributes.get("Description") or text
                if value.tag == "PartySubType":
                    self._party_type_of[key] = value.attributes.get("PartyTypeID", "")

    def label(self, kind: str, key: str, default: str | None = None) -> str:
        """Return the label of a reference value: FeatureType 344 is "Digital Currency Address - XBT"."""
        label = self._labels[kind].get(key, default)
        if label is None:
            raise ListError(
                self.file, None, f"no {kind} {key!r} among the reference values: the file is damaged"
            )
        return label

    def party_type(self, subtype: str) -> EntryType:
        """Return the type of a party by its subtype, or by its party type for other subtypes than ships and
        aircraft."""
        if subtype not in self._party_type_of:
            return _SUBTYPES.get(subtype, "unknown") if not self._party_type_of else "unknown"
        subtype_label = self.label("PartySubType", subtype)
        if subtype_label in ("Vessel", "Aircraft"):
            return "vessel" if subtype_label == "Vessel" else "aircraft"
        type_label = self.label("PartyType", self._party_type_of[subtype], subtype_label)
        return _PARTY_TYPES.get(type_label, _SUBTYPES.get(subtype, "unknown"))

    def add_location(self, element: Element) -> None:
        """Store a place: its parts in the order of an address, in their primary spelling only."""
        parts: dict[str, str] = {}
        for part in element.all("LocationPart"):
            values = list(part.all("LocationPartValue"))
            primary = [
                value for value in values if value.attributes.get("Primary", "true") == "true"
            ] or values
            if primary and (text := primary[0].value("Value")):
                parts[self.label("LocPartType", part.attributes.get("LocPartTypeID", ""))] = text
        country_text = ""
        if (country_element := element.first("LocationCountry")) is not None:
            country_text = self.label("Country", country_element.attributes.get("CountryID", ""))
        elif (area_element := element.first("LocationAreaCode")) is not None:
            country_text = self.label("AreaCode", area_element.attributes.get("AreaCodeID", ""))
        code = country(country_text or parts.get("Unknown", ""))
        texts = [parts[label] for label in _PARTS if label in parts]
        text = ", ".join([*texts, country_text] if country_text and country_text != "undetermined" else texts)
        self._locations[element.attributes.get("ID", "")] = ListedAddress(text, code) if text else None

    def location(self, key: str) -> ListedAddress | None:
        """Return a place by its id; None for OFAC's placeholder for an unknown place."""
        if key not in self._locations:
            raise ListError(
                self.file, None, f"no Location {key!r} in the file: it is damaged, fetch it again"
            )
        return self._locations[key]

    def add_document(self, element: Element) -> None:
        """Store an identity document; the party it belongs to comes later in the file."""
        issuer = element.attributes.get("IssuedBy-CountryID")
        self._documents[element.attributes.get("IdentityID", "")].append(
            IdentityDocument(
                self.label("IDRegDocType", element.attributes.get("IDRegDocTypeID", "")),
                element.value("IDRegistrationNo"),
                self.label("Country", issuer) if issuer else None,
            )
        )

    def documents(self, identity: str) -> list[IdentityDocument]:
        """Return the documents of an identity."""
        return self._documents.get(identity, [])


def read_date(element: Element) -> str | None:
    """Return the date of Year, Month and Day elements in ISO 8601, without a missing month or day."""
    year, month, day = (element.value(tag) for tag in ("Year", "Month", "Day"))
    if not year.isdigit():
        return None
    parts = [f"{int(year):04d}"]
    if month.isdigit():
        parts.append(f"{int(month):02d}")
        if day.isdigit():
            parts.append(f"{int(day):02d}")
    return "-".join(parts)
