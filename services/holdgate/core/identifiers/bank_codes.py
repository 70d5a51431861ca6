"""The bank codes by which an IBAN names a listed bank: a BIC's counterpart inside an account number.

Asked of the registries that schwifty carries (central banks' directories) when a snapshot is built, so that a
worker only looks up. Where a country's bank code is the first four letters of the BIC (the Netherlands, the
United Kingdom, Belarus and others) no directory is needed.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct
from schwifty import registry
from schwifty.domain import Component
from schwifty.exceptions import InvalidCountryCode

from holdgate.core.identifiers import keys
from holdgate.core.model.listed_entry import Entry

BANK_CODE_LENGTH = 4
"""Letters at the beginning of a BIC that name the institution."""


class BankCode(Struct, frozen=True, array_like=True):
    """A bank code of a listed bank: its characters from `start` of the IBAN, the entry's position among the
    entries, and the BIC as listed."""

    country: str
    start: int
    code: str
    entry: int
    bic: str


def bank_codes(entries: Sequence[Entry]) -> tuple[BankCode, ...]:
    """The bank codes of every listed BIC, in the order of the entries."""
    found: dict[BankCode, None] = {}
    for position, entry in enumerate(entries):
        for listed in entry.ids:
            bic = keys.identifier_key("bic", listed.value) if listed.type == "bic" else None
            if bic is not None:
                for country, start, code in _codes(bic):
                    found[BankCode(country, start, code, position, listed.value)] = None
    return tuple(found)


def _codes(bic: str) -> Iterator[tuple[str, int, str]]:
    country = bic[4:6]
    try:
        spec = registry.get_iban_spec(country)
    except InvalidCountryCode:
        return
    place = spec.positions[Component.BANK_CODE]
    if place.is_empty:
        return
    start = place.start + len(country) + 2  # the country and two check digits stand before
    if place.length == BANK_CODE_LENGTH and spec.bban_spec.startswith(("4!a", "4!c")):
        yield country, start, bic[:BANK_CODE_LENGTH]
    for bank in registry.get_banks_by_country(country):
        # A directory may name banks without a BIC: of 13 Swiss ones and one of Liechtenstein it has none.
        if (bank.bic or "")[:8] == bic and len(bank.bank_code) == place.length:
            yield country, start, bank.bank_code
