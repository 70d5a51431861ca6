"""The national bank codes of listed banks, by which an IBAN identifies the bank that holds the account.

They are read from the directories of central banks that schwifty ships when a snapshot is built, so that a
worker only looks them up. No directory is needed where the bank code is the first four letters of the BIC
(the Netherlands, the United Kingdom, Belarus and others).
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct
from schwifty import registry
from schwifty.domain import Component
from schwifty.exceptions import InvalidCountryCode

from holdgate.core.identifiers import keys
from holdgate.core.model.listed_entry import Entry

BANK_CODE_LENGTH = 4
"""Number of letters at the start of a BIC that identify the institution."""


class BankCode(Struct, frozen=True, array_like=True):
    """A bank code of a listed bank: `code` begins at character `start` of the IBAN; `entry` is the position
    of the bank among the entries, and `bic` its BIC as listed."""

    country: str
    start: int
    code: str
    entry: int
    bic: str


def bank_codes(entries: Sequence[Entry]) -> tuple[BankCode, ...]:
    """Return the bank codes of all listed BICs, in the order of the entries and without duplicates."""
    unique: dict[BankCode, None] = {}
    for position, entry in enumerate(entries):
        for listed in entry.ids:
            bic = keys.identifier_key("bic", listed.value) if listed.type == "bic" else None
            if bic is not None:
                for country, start, code in _codes(bic):
                    unique[BankCode(country, start, code, position, listed.value)] = None
    return tuple(unique)


def _codes(bic: str) -> Iterator[tuple[str, int, str]]:
    """Yield country, start in the IBAN and bank code for each bank code of a BIC."""
    country = bic[4:6]
    try:
        spec = registry.get_iban_spec(country)
    except InvalidCountryCode:
        return
    span = spec.positions[Component.BANK_CODE]
    if span.is_empty:
        return
    start = span.start + len(country) + 2  # the span counts from after the country and two check digits
    if span.length == BANK_CODE_LENGTH and spec.bban_spec.startswith(("4!a", "4!c")):
        yield country, start, bic[:BANK_CODE_LENGTH]
    for bank in registry.get_banks_by_country(country):
        # A directory entry may lack a BIC: those of 13 Swiss banks and one in Liechtenstein do.
        if (bank.bic or "")[:8] == bic and len(bank.bank_code) == span.length:
            yield country, start, bank.bank_code
