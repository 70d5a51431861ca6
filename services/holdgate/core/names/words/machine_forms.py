"""Names in the forms of machines: passports, flight bookings, web addresses, percent-encoding.

The reading without that form is a name as people write it. What is written is always compared too.
"""

import re

_MACHINE = re.compile(r"%[0-9A-Fa-f]{2}|<<|/[A-Z]{2}|(?i:www\.|https?://)")
"""What all of these forms have; hardly any other name has one of it."""
_PERCENT_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_PASSPORT = re.compile(r"^[PIACV][A-Z<][A-Z]{3}(?=[A-Z][A-Z<]*<<[A-Z])")
"""The beginning of a machine-readable zone: kind of document and country (ICAO Doc 9303)."""
_BOOKING = re.compile(r"^([A-Z]{2,}(?: [A-Z]+)*/[A-Z ]{2,}?) ?(?:MRS|MR|MSTR|MISS|MS|CHD|INF)$")
"""A passenger in a booking: surname, given names and title, `IVANOV/SERGEIMR` (IATA Resolution 830)."""
_WEB_ADDRESS = re.compile(
    r"(?i)(?<!\w)(?:https?://(?:www\.)?|www\.)([a-z0-9-]+(?:\.[a-z0-9-]+)*?)(?:\.[a-z]{2,3})?\.[a-z]{2,6}(?:/\S*)?(?!\w)"
)


def without_machine_form(text: str) -> str:
    """Return a name without the form that a machine gave it, or unchanged if it has none."""
    if not _MACHINE.search(text):
        return text
    if "%" in text:
        text = _PERCENT_ENCODED.sub(_decode, text)
    text = _PASSPORT.sub("", text)
    text = _BOOKING.sub(r"\1", text)
    return _WEB_ADDRESS.sub(lambda address: address[1].replace("-", " ").replace(".", " "), text)


def _decode(encoded: re.Match[str]) -> str:
    return bytes.fromhex(encoded.group().replace("%", "")).decode("utf-8", "replace")
