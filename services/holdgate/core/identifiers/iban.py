"""IBANs (ISO 13616), however they are written: in groups, in lower case, behind the label `IBAN`."""

from schwifty import registry
from schwifty.exceptions import InvalidCountryCode
from stdnum.iso7064 import mod_97_10

from holdgate.core.identifiers.keys import plain


def plain_iban(value: str) -> str:
    """Return an account number without label, separators and lower case; it need not be an IBAN."""
    return plain(value).removeprefix("IBAN")


def is_iban(value: str) -> bool:
    """Return whether a plain account number is an IBAN: a country's length, and valid check digits."""
    return iban_end(value) == len(value) > 0


def iban_end(text: str) -> int | None:
    """Return the end of the IBAN at the start of a text, None if there is no valid one.

    Words that look like groups of an IBAN may follow it, so its end is found from the length of IBANs of its
    country. The check digits must be valid (ISO 13616).
    """
    try:
        length = registry.get_iban_spec(text[:2].upper()).iban_length
    except InvalidCountryCode:
        return None
    letters, end = "", 0
    while len(letters) < length and end < len(text):
        letters += text[end].upper() if text[end].isalnum() else ""
        end += 1
    return end if len(letters) == length and mod_97_10.is_valid(letters[4:] + letters[:4]) else None
