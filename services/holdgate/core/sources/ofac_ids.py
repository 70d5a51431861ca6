"""OFAC (United States): identifiers by OFAC's labels ("Tax ID No.", "SWIFT/BIC", ...), for all its formats.

The same labels occur in the remarks of the flat files, in `idType` of the SDN XML and in the reference
values of the Advanced XML.
"""

import re
from functools import lru_cache

from holdgate.core.model.listed_entry import EntryType, IdType, ListedId
from holdgate.core.sources.countries import country

# The labels in sdn.csv of 2023-12-28 and 2024-05-03, and in cons_prim.csv and consolidated.xml of 2025.
_LABELS: dict[IdType, tuple[str, ...]] = {
    "passport": (
        "Passport",
        "Passport No.",
        "Passport Booklet",
        "Diplomatic Passport",
        "Stateless Person Passport",
        "British National Overseas Passport",
        "Travel Document Number",
    ),
    "national_id": (
        "National ID No.",
        "National Foreign ID Number",
        "Identification Number",
        "Personal ID Card",
        "Cedula No.",
        "Cedula No. Cedula",
        "Cedula",
        "Cedula de Ciudadania",
        "Cedula de Residencia",
        "Numero de Identidad",
        "C.U.R.P.",
        "C.U.I.",
        "C.U.I.P.",
        "D.N.I.",
        "N.I.E.",
        "I.F.E.",
        "LE Number",
        "SSN",
        "Citizen's Card Number",
        "CNP (Personal Numerical Code)",
        "Credencial electoral",
        "Electoral Registry No.",
        "Tazkira National ID Card",
        "Turkish Identification Number",
        "UAE Identification",
        "Bosnian Personal ID No.",
        "Belgian Personal ID No.",
        "Moroccan Personal ID No.",
        "Kenyan ID No.",
        "Refugee ID Card",
        "Stateless Person ID Card",
        "Residency Number",
        "Romanian Permanent Resident",
    ),
    "tax": (
        "Tax ID No.",
        "R.F.C.",
        "RFC",
        "NIT",
        "RUC",
        "RIF",
        "RTN",
        "V.A.T. Number",
        "US FEIN",
        "C.U.I.T.",
        "C.I.F.",
        "N.I.F.",
        "Fiscal Code",
        "Italian Fiscal Code",
        "Paraguayan tax identification number",
        "Romanian Tax Registration",
        "Numero Unico de Identificacao Tributaria (NUIT)",
    ),
    "registration": (
        "Registration Number",
        "Registration ID",
        "Business Registration Number",
        "Business Registration Document",
        "Business Number",
        "Company Number",
        "UK Company Number",
        "Enterprise Number",
        "Branch Unit Number",
        "Commercial Registry Number",
        "C.R. No.",
        "Romanian C.R.",
        "Chamber of Commerce Number",
        "Istanbul Chamber of Comm. No.",
        "Dubai Chamber of Commerce Membership No.",
        "Central Registration System Number",
        "Public Registration Number",
        "Certificate of Incorporation Number",
        "Economic Register Number (CBLS)",
        "Folio Mercantil No.",
        "Matricula Mercantil No",
        "Government Gazette Number",
        "Organization Code",
        "Registered Charity No.",
        "Trade License No.",
        "Unified Social Credit Code (USCC)",
        "United Social Credit Code Certificate (USCCC)",
        "Aircraft Tail Number",
        "Previous Aircraft Tail Number",
    ),
    "lei": ("Legal Entity Number",),
    "bic": ("SWIFT/BIC",),
    "clearing_code": ("BIK (RU)",),
    "imo": ("Vessel Registration Identification", "International Maritime Organization No."),
    "mmsi": ("MMSI",),
    "other": (
        "Afghan Money Service Provider License Number",
        "Aircraft Construction Number (also called L/N or S/N or F/N)",
        "Aircraft Manufacturer's Serial Number (MSN)",
        "Aircraft Mode S Transponder Code",
        "Aircraft Serial Identification",
        "Birth Certificate Number",
        "Cartilla de Servicio Militar Nacional",
        "Chinese Commercial Code",
        "D-U-N-S Number",
        "Driver's License No.",
        "File Number",
        "Immigration No.",
        "ISIN",
        "License",
        "MSB Registration Number",
        "Military Registration Number",
        "Other Vessel Call Sign",
        "Permit Number",
        "Pilot License Number",
        "Public Security and Immigration No.",
        "Seafarer's Identification Document",
        "Serial No.",
        "SRE Permit No.",
        "Tourism License No.",
        "Vessel Call Sign",
        "VisaNumberID",
    ),
}
_WITHOUT_DIGITS = frozenset(
    {
        "SWIFT/BIC",
        "Aircraft Tail Number",
        "Previous Aircraft Tail Number",
        "Vessel Call Sign",
        "Other Vessel Call Sign",
    }
)
_NOTED_TYPES = frozenset({"tax", "registration", "national_id", "clearing_code", "other"})
_ISSUERS = {"BIK (RU)": "RU"}
_MAX_CLAUSE = 500
"""In characters. The longest identifier clause in the files named above has 126."""
_WALLET = "Digital Currency Address - "
_TYPES: dict[str, IdType] = {label: type_ for type_, labels in _LABELS.items() for label in labels}
# Longer labels come first: "Public Registration Number" contains "Registration Number".
_LABELLED = re.compile(
    rf"(?:{re.escape(_WALLET)}(?P<currency>\w+)|(?P<label>"
    + "|".join(re.escape(label) for label in sorted(_TYPES, key=len, reverse=True))
    + r"))(?::| #)?\s+(?P<value>\S.*)"
)
_DATED = re.compile(r"[,;]?\s*\b(?:issued|expire[sd]|Issue Date|Expire Date)\b.*$")
_LAST_BRACKET = re.compile(r"\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)$")
_IMO = re.compile(r"IMO\s*:?\s*(?P<number>\d{7})(?!\d)")


def labelled_id(clause: str, party: EntryType) -> ListedId | None:
    """Return the identifier of a clause such as `Tax ID No. 7707083893 (Russia)`, or None for other text."""
    match = _LABELLED.fullmatch(clause) if len(clause) <= _MAX_CLAUSE else None
    if match is None:
        return None
    label = match["label"] or _WALLET + match["currency"]
    return typed_id(label, match["value"], None, party)


def typed_id(label: str, value: str, issued_by: str | None, party: EntryType) -> ListedId | None:
    """Return the identifier of a label and a value, which the XML formats separate; None for other labels.

    OFAC's list of identifiers also has contact data (telephone, website), tickers and sanctions texts, which
    are not identifiers of the party. The IMO number of a company is an IMO company number, from another
    number space than that of ships; it becomes a registration.
    """
    label, currency = label.rstrip(" :#"), None
    if label.startswith(_WALLET):
        currency = label.removeprefix(_WALLET)
    elif label not in _TYPES:
        return None
    value, code, bracket = _split_value(value)
    code = (country(issued_by) if issued_by else None) or code
    if not value or len(value) > _MAX_CLAUSE:
        return None
    if label not in _WITHOUT_DIGITS and not any(character.isdigit() for character in value):
        return None
    if currency is not None:
        return ListedId("wallet", value, code, currency)
    note = f"{label} ({bracket})" if bracket else label
    if match := _IMO.fullmatch(value):
        if party in ("vessel", "unknown"):
            return ListedId("imo", match["number"], code)
        return ListedId("registration", match["number"], code, "IMO company number")
    kind = _TYPES[label]
    if kind == "imo":
        return ListedId("registration", value, code, note)
    return ListedId(kind, value, code or _ISSUERS.get(label), note if kind in _NOTED_TYPES else None)


@lru_cache(maxsize=65536)
def _split_value(text: str) -> tuple[str, str | None, str | None]:
    """Return (value, country, other text in brackets) of `HRA 738077 (Stuttgart) (Germany) issued 1999`."""
    text = _DATED.sub("", " ".join(text.split())).strip(" ,")
    code: str | None = None
    bracket: str | None = None
    while match := _LAST_BRACKET.search(text):
        if match.start() == 0:
            return match[1], code, bracket
        if code is None and (bracket_country := country(match[1])) is not None:
            code = bracket_country
        elif bracket is None:
            bracket = match[1]
        else:
            break
        text = text[: match.start()]
    return text, code, bracket
