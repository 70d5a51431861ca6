"""A listed party, in the one shape that every list is read into.

Sources (`core/sources/`) make entries, the index is built from them, and a decision quotes them.
"""

from typing import Literal

from msgspec import Struct

from holdgate.core.model.payment import PaymentIdType

EntryType = Literal["person", "entity", "vessel", "aircraft", "unknown"]

NameKind = Literal["primary", "strong", "weak", "native"]
"""How much a list vouches for a name.

`primary` is the name an entry is listed under, `strong` an alias of good quality, `weak` one that the
list itself calls weak or of low quality (OFAC FAQ 122; UN "Low"; EU `strong="false"`), `native` the
same name in its own script.
"""

IdType = Literal[PaymentIdType, "mmsi"]
"""Types of identifiers on lists: those of payments, and the MMSI (the number of a ship's radio)."""


class ListedName(Struct, frozen=True, omit_defaults=True, gc=False):
    """One name of an entry, as the list prints it (order, case and script untouched)."""

    text: str
    kind: NameKind = "primary"
    given: str | None = None
    family: str | None = None


class ListedId(Struct, frozen=True, omit_defaults=True, gc=False):
    """An identifier as printed; `country` is ISO 3166-1 alpha-2 in upper case where the list says one."""

    type: IdType
    value: str
    country: str | None = None
    note: str | None = None


class ListedAddress(Struct, frozen=True, omit_defaults=True, gc=False):
    """An address of an entry; `country` is ISO 3166-1 alpha-2 where it could be told, else absent."""

    text: str
    country: str | None = None


class Entry(Struct, frozen=True, omit_defaults=True):
    """A party on a list.

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
        """The name the entry is listed under."""
        return self.names[0].text
