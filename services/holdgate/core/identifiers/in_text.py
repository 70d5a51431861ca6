"""Identifiers inside free text: a ship's IMO number, a wallet, a BIC, an IBAN.

Only kinds that are unique in the world and look like nothing else: a passport's number is a number like any
other, and an invoice's may be the same.
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

WALLET = 26
"""Letters and digits of the shortest address that lists hold (Bitcoin, Base58)."""


class IdentifierInText(NamedTuple):
    """An identifier in a text: what it is asked as, and the characters of the line where it stands."""

    field: IdField | CodeField
    start: int
    end: int


def identifiers_in(field: TextField) -> Iterator[IdentifierInText]:
    """The identifiers in the lines of a text."""
    for path, line in zip(field.paths, field.lines, strict=True):
        if any(map(_is_identifier, _TOKEN.findall(line))):
            for token in filter(lambda token: _is_identifier(token.group()), _TOKEN.finditer(line)):
                kind: Literal["wallet", "bic"] = "wallet" if len(token.group()) >= WALLET else "bic"
                yield IdentifierInText(IdField(path, token.group(), kind, None, kind), *token.span())
        if "IMO" in line.upper():
            for found in _IMO.finditer(line):
                yield IdentifierInText(IdField(path, found.group(1), "imo", None, "vessel"), *found.span(1))
        for found in _IBAN.finditer(line):
            end = _end(found.group())
            if end is not None:
                account = CodeField(path, found.group()[:end], "iban")
                yield IdentifierInText(account, found.start(), found.start() + end)


def _is_identifier(token: str) -> bool:
    """Whether letters and digits may be a wallet's address or a BIC."""
    size = len(token)
    return size >= WALLET or (size in BIC_LENGTHS and token.isupper() and token[:6].isalpha())


def _end(text: str) -> int | None:
    """Where the IBAN ends that begins a text, None if none does: words that look like its groups may follow.

    Its length is its country's, and the check digits agree (ISO 13616).
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
