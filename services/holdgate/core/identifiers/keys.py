"""Comparable forms (keys) of identifiers. The same number is the same party, whatever its name.

Keys are compared exactly: a passport number that differs in one digit belongs to somebody else.
"""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct
from stdnum import imo as imo_number

from holdgate.core.model.listed_entry import Entry, IdType

GLOBAL = frozenset({"bic", "lei", "imo", "mmsi", "wallet"})
"""Types whose values are unique worldwide; values of other types are unique only per issuer."""

BIC_LENGTHS = (8, 11)
"""Lengths of a BIC without and with its branch code (ISO 9362). Other lengths give no country."""

MIN_LENGTH = 5
"""National numbers with fewer characters are not compared: lists contain registration numbers such as `12`
and `1024`."""

_PAYMENT_LINK = re.compile(
    r"^(?:(?:bitcoin|ethereum|litecoin|bitcoincash|dash|dogecoin|monero|tron|ripple|zcash|xdc)\s*:\s*)+", re.I
)
_XDC = re.compile(r"xdc[0-9a-f]{40}")
_BECH32 = re.compile(r"(?:bc|ltc|tb|addr|cosmos|bnb|thor)1[02-9ac-hj-np-z]{6,}")
_PUNCTUATION = re.compile(r"[^0-9A-Z]")


class KeyedIdentifier(Struct, frozen=True, array_like=True, gc=False):
    """A listed identifier: its key, the position of its entry, and its own position within the entry."""

    key: str
    entry: int
    position: int


def key_identifiers(entries: Iterable[Entry]) -> Iterator[KeyedIdentifier]:
    """Yield the identifiers that can be compared, in the order of the entries."""
    for entry_position, entry in enumerate(entries):
        for position, listed in enumerate(entry.ids):
            if key := identifier_key(listed.type, listed.value):
                yield KeyedIdentifier(key, entry_position, position)


def identifier_key(kind: IdType, value: str) -> str | None:
    """Return the form in which two values of a type are equal if and only if they identify the same thing.

    Return None for a value that identifies nothing: too short, or not valid for its type. A BIC is reduced to
    its first eight characters, the institution (ISO 9362), since a branch belongs to the bank. A wallet
    address keeps its case if it is in Base58, but not if it is hexadecimal or Bech32. The scheme and query of
    a payment link (`bitcoin:1abc?amount=1`) are dropped, and the prefix `xdc` is replaced by `0x`.
    """
    if kind == "wallet":
        return _wallet(value.strip()) or None
    plain = _PUNCTUATION.sub("", value.upper())
    match kind:
        case "bic":
            return plain[:8] if len(plain) in BIC_LENGTHS else None
        case "imo":
            digits = plain.removeprefix("IMO")
            return digits if imo_number.is_valid(digits) else None
        case "lei":
            return plain if len(plain) == 20 else None
    return plain if len(plain) >= MIN_LENGTH else None


def _wallet(value: str) -> str:
    address = _PAYMENT_LINK.sub("", value).partition("?")[0].strip()
    lower = address.lower()
    if _XDC.fullmatch(lower):
        return "0x" + lower[3:]
    return lower if lower.startswith("0x") or (_BECH32.fullmatch(lower) and _one_case(address)) else address


def _one_case(address: str) -> bool:
    """Return whether an address has no mixed case, which Bech32 does not allow (BIP 173)."""
    return address in (address.lower(), address.upper())


def comparable(kind: IdType, listed: IdType) -> bool:
    """Return whether values of the two types may be the same number.

    The type `other` is compared with every national type, since a payment often does not state the type.
    """
    if kind == listed:
        return True
    return "other" in (kind, listed) and not GLOBAL & {kind, listed}


def same_issuer(kind: IdType, country: str | None, listed: str | None) -> bool:
    """Return whether two issuing countries agree; an absent one agrees with any.

    For a type that is unique worldwide they always agree: a different country does not make it another
    number.
    """
    return kind in GLOBAL or country is None or listed is None or country.upper() == listed.upper()
