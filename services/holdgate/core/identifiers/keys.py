"""Identifiers compared exactly: the same number is the same party, whatever its name.

No similarity here: a passport number one digit off is somebody else's.
"""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct
from stdnum import imo as imo_number

from holdgate.core.model.listed_entry import Entry, IdType

GLOBAL = frozenset({"bic", "lei", "imo", "mmsi", "wallet"})
"""Types whose values are unique in the world; the others mean something only with their issuer."""

BIC_LENGTHS = (8, 11)
"""Characters of a BIC, without and with its branch (ISO 9362). A value of another length gives no country."""

MIN_LENGTH = 5
"""Shorter national numbers are not compared: lists hold registration numbers such as `12` and `1024`."""

_LINK = re.compile(
    r"^(?:(?:bitcoin|ethereum|litecoin|bitcoincash|dash|dogecoin|monero|tron|ripple|zcash|xdc)\s*:\s*)+", re.I
)
_XDC = re.compile(r"xdc[0-9a-f]{40}")
_BECH32 = re.compile(r"(?:bc|ltc|tb|addr|cosmos|bnb|thor)1[02-9ac-hj-np-z]{6,}")
_PUNCTUATION = re.compile(r"[^0-9A-Z]")


class KeyedIdentifier(Struct, frozen=True, array_like=True, gc=False):
    """An identifier of a list: its key, the entry's position among the entries, its own in the entry."""

    key: str
    entry: int
    position: int


def key_identifiers(entries: Iterable[Entry]) -> Iterator[KeyedIdentifier]:
    """The identifiers that can be compared, in the order of the entries."""
    for at, entry in enumerate(entries):
        for position, listed in enumerate(entry.ids):
            if found := identifier_key(listed.type, listed.value):
                yield KeyedIdentifier(found, at, position)


def identifier_key(kind: IdType, value: str) -> str | None:
    """The form in which two values of a type are equal exactly if they name the same thing.

    None for a value that cannot identify: too short, or of no valid form for its type.
    A BIC is reduced to its first eight characters, the institution (ISO 9362): a branch is the bank.
    Wallet addresses keep their case where the chain's alphabet does (Base58); hexadecimal and Bech32 ones do
    not. Scheme and query of a payment link (`bitcoin:1abc?amount=1`) are not of the address, and XDC's own
    prefix stands for `0x`.
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
    address = _LINK.sub("", value).partition("?")[0].strip()
    lower = address.lower()
    if _XDC.fullmatch(lower):
        return "0x" + lower[3:]
    return lower if lower.startswith("0x") or (_BECH32.fullmatch(lower) and _one_case(address)) else address


def _one_case(address: str) -> bool:
    """Bech32 is written in one case throughout (BIP 173)."""
    return address in (address.lower(), address.upper())


def comparable(kind: IdType, listed: IdType) -> bool:
    """Whether values of the two types may be the same number: a payment often cannot say which it is."""
    if kind == listed:
        return True
    return "other" in (kind, listed) and not GLOBAL & {kind, listed}


def same_issuer(kind: IdType, country: str | None, listed: str | None) -> bool:
    """Whether two issuing countries agree; an absent one changes nothing.

    A number unique in the world needs no issuer to agree: another country beside it clears nobody.
    """
    return kind in GLOBAL or country is None or listed is None or country.upper() == listed.upper()
