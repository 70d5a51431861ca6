"""Find identifiers in free text: IMO numbers, wallet addresses, BICs and IBANs.

Only types that are unique worldwide and have a distinctive form are looked for. A passport number looks like
any other number, and an invoice may have the same.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from schwifty import registry
from schwifty.exceptions import InvalidCountryCode
from stdnum.iso7064 import mod_97_10

from holdgate.core.identifiers.keys import BIC_LENGTHS
from holdgate.core.model.screened_fields import CodeField, IdField, TextField

_IMO = re.compile(r"\bIMO(?:\s*(?:no|nr|number|№))?[\s.:#-]*([0-9]{7})\b", re.IGNORECASE)
_IBAN = re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}\b")
_TOKEN = re.compile(r"[A-Za-z0-9]{8,100}")

MIN_WALLET_LENGTH = 26
"""Length of the shortest wallet address on the lists (Bitcoin, Base58)."""


class IdentifierInText(NamedTuple):
    """An identifier in a text: the field to screen it as, and its start and end in the line in characters."""

    field: IdField | CodeField
    start: int
    end: int


def find_identifiers(field: TextField) -> Iterator[IdentifierInText]:
    """Yield the identifiers in the lines of a text."""
    for path, line in zip(field.paths, field.lines, strict=True):
        if any(map(_is_identifier, _TOKEN.findall(line))):
            for token in filter(lambda token: _is_identifier(token.group()), _TOKEN.finditer(line)):
                kind: Literal["wallet", "bic"] = (
                    "wallet" if len(token.group()) >= MIN_WALLET_LENGTH else "bic"
                )
                yield IdentifierInText(IdField(path, token.group(), kind, None, kind), *token.span())
        if "IMO" in line.upper():
            for imo in _IMO.finditer(line):
                yield IdentifierInText(IdField(path, imo.group(1), "imo", None, "vessel"), *imo.span(1))
        for iban in _IBAN.finditer(line):
            end = _iban_end(iban.group())
            if end is not None:
                account = CodeField(path, iban.group()[:end], "iban")
                yield IdentifierInText(account, iban.start(), iban.start() + end)


def _is_identifier(token: str) -> bool:
    """Return whether a token of letters and digits may be a wallet address or a BIC."""
    size = len(token)
    return size >= MIN_WALLET_LENGTH or (size in BIC_LENGTHS and token.isupper() and token[:6].isalpha())


def _iban_end(text: str) -> int | None:
    """Return the end of the IBAN at the start of a text, None if there is no valid one.

    Words that look like groups of an IBAN may follow it, so its end is found from the length of IBANs of its
    country. The check digits must be valid (ISO 13616).
    """
    try:
        length = registry.get_iban_spec(text[:2]).iban_length
    except InvalidCountryCode:
        return None
    plain, end = "", 0
    while len(plain) < length and end < len(text):
        plain += text[end].strip()
        end += 1
    return end if len(plain) == length and mod_97_10.is_valid(plain[4:] + plain[:4]) else None
