"""List entries: the common form that every sanctions list is read into.

Readers of list formats (`core/sources/`) produce entries, the index is built from them, and decisions quote
them.
"""

from typing import Literal

from msgspec import Struct

from holdgate.core.model.payment import PaymentIdType

EntryType = Literal["person", "entity", "vessel", "aircraft", "unknown"]

NameKind = Literal["primary", "strong", "weak", "native"]
"""The quality of a name according to the list.

`primary` is the name that an entry is listed under, `strong` an alias of good quality, `weak` an alias that
the list itself calls weak or of low quality (OFAC FAQ 122; UN "Low"; EU `strong="false"`), and `native` the
name in its original script.
"""

IdType = Literal[PaymentIdType, "mmsi"]
"""Types of listed identifiers: those of payments, and MMSI (the number of a ship's radio station)."""


class ListedName(Struct, frozen=True, omit_defaults=True, gc=False):
    """A name of an entry, with order, case and script as printed in the list."""

    text: str
    kind: NameKind = "primary"
    given: str | None = None
    family: str | None = None


class ListedId(Struct, frozen=True, omit_defaults=True, gc=False):
    """An identifier as printed in the list; `country` is the issuer's, ISO 3166-1 alpha-2, upper case."""

    type: IdType
    value: str
    country: str | None = None
    note: str | None = None


class ListedAddress(Struct, frozen=True, omit_defaults=True, gc=False):
    """An address of an entry; `country` is ISO 3166-1 alpha-2, None if it could not be determined."""

    text: str
    country: str | None = None


class Entry(Struct, frozen=True, omit_defaults=True):
    """A party on a list, or an address on it without a party, which has no names.

    `id` is `<list>:<the source's own id>`. Dates are ISO 8601 and may be partial: `1970`, `1970-01`,
    `1970-01-31`; a range is `1970/1975`. Countries are ISO 3166-1 alpha-2, upper case.
    """

    id: str
    list: str
    type: EntryType
    names: tuple[ListedName, ...]
    programs: tuple[str, ...] = ()
    birth_dates: tuple[str, ...] = ()
    birth_places: tuple[str, ...] = ()
    nationalities: tuple[str, ...] = ()
    addresses: tuple[ListedAddress, ...] = ()
    ids: tuple[ListedId, ...] = ()
    listed_on: str | None = None
    note: str | None = None

    @property
    def name(self) -> str:
        """The name that the entry is listed under, or the address that it is."""
        return self.names[0].text if self.names else self.addresses[0].text
