"""United Kingdom: find document, company and ship numbers in free text.

Early files of the consolidated list have one column for `(1) A-333602 (Indian) issued on 4 June 1985 in
Bombay (2) M110522 (Indian)`. Later files have more columns, but some cells still look like this.
"""

import re
from collections.abc import Iterator

from holdgate.core.identifiers.labels import find_labelled
from holdgate.core.model.listed_entry import EntryType, IdType, ListedId
from holdgate.core.sources.countries import countries, country, enumerated_values

_ASIDE_DATES = re.compile(
    r"\b(?:issued?|expir\w*|valid|dated|place of issue|date of issue)\b.*", re.IGNORECASE
)
_BRACKETS = re.compile(r"\(([^()]*)\)")
# A number: an optional series of letters, then characters of which at least three are digits.
_NUMBER = re.compile(
    r"\b(?!no\.)(?:(?!(?:BIN|CAR|INN|KPP|SSN|UNP)\b)[A-Z]{1,3} )?"
    r"(?=(?:[\w./-]{0,30}\d){3})[A-Za-z0-9][\w./-]*\w(?!\+|\w)"
)
_DESCRIPTION = re.compile(
    r"\b(?:passport|number|no|national|nationality|identification|identity|id|card|diplomatic|civil|"
    r"foreign|travel|false)\b\.?:?",
    re.IGNORECASE,
)
_TAX = re.compile(r"\bfiscal\b|\binn\b|\btax\b")
_REGISTERED = re.compile(
    r"(?:\b|(?<=\d))(?:(?P<label>[A-Z]{2,5})\s*[:\u2013-]?\s*)?(?P<number>(?=(?:[\w./-]{0,30}?\d){4})[A-Z0-9]"
    r"(?:(?!(?:INN|OGRN|KPP)\b)[\w./-])*)"
)
_LABEL_END = re.compile(r"[^\w)]+$")
_TAX_LABELS = frozenset({"INN", "TIN", "UNP", "VAT"})
_IMO = re.compile(
    r"(?P<company>Company Number )?\bIMO(?: number)?\)?\s*:?\s*(?P<number>\d{7})(?!\d)", re.IGNORECASE
)
_MMSI = re.compile(r"\bMMSI(?: number)?\s*:?\s*(\d{9})(?!\d)", re.IGNORECASE)
_BIC = re.compile(r"\bSWIFT(?:/BIC)?(?: code)?\s*:?\s*([A-Z]{4} ?[A-Z]{2} ?[A-Z\d]{2}(?: ?[A-Z\d]{3})?)\b")
_A_VESSEL = re.compile(r"^\W*IMO\b|\bfollowing vessel\b|\bFlag State:")


def document_ids(text: str, kind: IdType, note: str | None = None) -> Iterator[ListedId]:
    """Yield the documents in a field, each with the country named beside it."""
    for part in enumerated_values(text):
        without_dates = _ASIDE_DATES.sub("", part)
        outside = _BRACKETS.sub(" ", without_dates)
        numbers = _NUMBER.findall(outside)
        if not numbers:
            continue
        number = max(numbers, key=len)
        words = [*_BRACKETS.findall(without_dates), outside[: outside.find(number)], note or ""]
        issuer = next((code for word in words if (code := _issuer(word))), None)
        plain = f"{without_dates} {note or ''}".casefold()
        yield ListedId("tax" if _TAX.search(plain) else kind, number, issuer, note)


def registration_ids(text: str) -> Iterator[ListedId]:
    """Yield the numbers of a company: `INN: 1656003409 OGRN: 1231600067654`, with or without spaces.

    A KPP is skipped: companies of one tax office share it, so it does not identify a company. Codes of banks
    stand among them: `BIK (RU): 044525341`.
    """
    spans: list[tuple[int, int]] = []
    for labelled in find_labelled(text):
        spans.append((labelled.label_start, labelled.end))
        if labelled.type is not None:
            label = _LABEL_END.sub("", text[labelled.label_start : labelled.start])
            yield ListedId(labelled.type, labelled.value, note=label)
    for match in _REGISTERED.finditer(text):
        label = (match["label"] or "").upper()
        if label != "KPP" and not any(start < match.end() and match.start() < end for start, end in spans):
            yield ListedId(
                "tax" if label in _TAX_LABELS else "registration", match["number"], note=label or None
            )


def stated_ids(text: str, party: EntryType) -> Iterator[ListedId]:
    """Yield the IMO, MMSI and BIC in a text; a company's IMO number becomes a registration."""
    for match in _IMO.finditer(text):
        if party == "vessel" and not match["company"]:
            yield ListedId("imo", match["number"])
        else:
            yield ListedId("registration", match["number"], note="IMO company number")
    for number in _MMSI.findall(text):
        yield ListedId("mmsi", number)
    for code in _BIC.findall(text):
        yield ListedId("bic", code.replace(" ", ""))


def describes_vessel(text: str) -> bool:
    """Return whether the text describes a ship, which older files list under the type "Entity"."""
    return _A_VESSEL.search(text) is not None


def _issuer(words: str) -> str | None:
    bare = " ".join(_DESCRIPTION.sub(" ", words).split()).strip(" ,.:;-")
    if not bare:
        return None
    if codes := countries(bare):
        return codes[0]
    return country(bare.split()[0])
