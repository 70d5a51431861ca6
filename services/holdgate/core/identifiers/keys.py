"""Comparable forms (keys) of identifiers. The same number is the same party, whatever its name.

Keys are compared exactly: a passport number that differs in one digit belongs to somebody else.
"""

import re
import unicodedata

from stdnum import imo as imo_number

from holdgate.core.model.listed_entry import IdType

GLOBAL = frozenset({"bic", "lei", "imo", "mmsi", "wallet"})
"""Types whose values are unique worldwide; values of other types are unique only per issuer."""

BIC_LENGTHS = (8, 11)
"""Lengths of a BIC without and with its branch code (ISO 9362). Other lengths give no country."""

LEI_LENGTH = 20

MIN_LENGTH = 5
"""National numbers with fewer characters are not compared: lists contain registration numbers such as `12`
and `1024`."""

MIN_LENGTH_ACROSS_TYPES = 10
"""From this length on a number is compared whatever type each side gives it: China's USCC is a registration
and a tax number. OFAC's list of 2023-12-28 has .00002 % of all numbers of ten digits, .001 % of eight."""

_PAYMENT_LINK = re.compile(
    r"^(?:(?:bitcoin|ethereum|litecoin|bitcoincash|dash|dogecoin|monero|tron|ripple|zcash|xdc)\s*:\s*)+", re.I
)
_XDC = re.compile(r"xdc[0-9a-f]{40}")
_BECH32 = re.compile(r"(?:bc|ltc|tb|addr|cosmos|bnb|thor)1[02-9ac-hj-np-z]{6,}")
_CASH = re.compile(r"[qp][02-9ac-hj-np-z]{41}")
_BARE_HEX = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})")
_ETHEREUM_DIGITS = 40
_PUNCTUATION = re.compile(r"[^0-9A-Z]")
_LOOK_ALIKES = str.maketrans("АВЕКМНОРСТУХІЅЈΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEKMHOPCTYXISJABEZHIKMNOPTYX")
_MAX_VALUE = 140
"""Characters of an identifier in the contract; normalising longer texts takes quadratic time."""


def identifier_key(kind: IdType, value: str) -> str | None:
    """Return the form in which two values of a type are equal if and only if they identify the same thing.

    Return None for a value that identifies nothing: too short, or not valid for its type. A BIC is reduced to
    its first eight characters, the institution (ISO 9362), since a branch belongs to the bank. The scheme and
    query of a payment link of a wallet (`bitcoin:1abc?amount=1`) are dropped; `0x` replaces the prefix `xdc`.
    """
    if kind == "wallet":
        return _wallet(value.strip()) or None
    bare = plain(value)
    match kind:
        case "bic":
            return bare[:8] if len(bare) in BIC_LENGTHS else None
        case "imo":
            digits = bare.removeprefix("IMO")
            return digits if imo_number.is_valid(digits) else None
        case "lei":
            return bare if len(bare) == LEI_LENGTH else None
    return bare if len(bare) >= MIN_LENGTH else None


def plain(value: str) -> str:
    """Return the letters and digits of a value, in capitals.

    Digits of other scripts become those of ours, and Cyrillic and Greek letters the Latin ones that they look
    like, since documents mix them (the Ukrainian passport series `СК`). Everything else is dropped.
    """
    if not value.isascii():
        folded = unicodedata.normalize("NFKC", value[:_MAX_VALUE]).upper().translate(_LOOK_ALIKES)
        value = "".join(str(unicodedata.decimal(char, char)) for char in folded)
    return _PUNCTUATION.sub("", value.upper())


def _wallet(value: str) -> str:
    """Return an address in the form of its chain.

    Hexadecimal, Bech32 (BIP 173) and CashAddr addresses are the same in capitals, so they become lower case;
    a hexadecimal one of 20 bytes gets its prefix. Base58 (Bitcoin, Tron, Ripple, Solana) has case.
    """
    address = "".join(_PAYMENT_LINK.sub("", value).partition("?")[0].split())
    lower = address.lower()
    if _XDC.fullmatch(lower):
        return "0x" + lower[3:]
    if _BARE_HEX.fullmatch(lower):
        return "0x" + lower if len(lower) == _ETHEREUM_DIGITS else lower
    is_caseless = _BECH32.fullmatch(lower) or _CASH.fullmatch(lower)
    return lower if lower.startswith("0x") or (is_caseless and _one_case(address)) else address


def _one_case(address: str) -> bool:
    """Return whether an address has no mixed case, which Bech32 does not allow (BIP 173)."""
    return address in (address.lower(), address.upper())


def comparable(kind: IdType, listed: IdType, key: str = "") -> bool:
    """Return whether values of the two types with this key may be the same number.

    The type `other` is compared with every national type, since a payment often does not state the type; a
    long number is compared across all national types.
    """
    if kind == listed:
        return True
    return ("other" in (kind, listed) or len(key) >= MIN_LENGTH_ACROSS_TYPES) and not GLOBAL & {kind, listed}


def same_issuer(kind: IdType, country: str | None, listed: str | None) -> bool:
    """Return whether two issuing countries agree; an absent one agrees with any.

    For a type that is unique worldwide they always agree: a different country does not make it another
    number.
    """
    return kind in GLOBAL or country is None or listed is None or country.upper() == listed.upper()
