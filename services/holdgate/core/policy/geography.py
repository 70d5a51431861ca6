"""Sanctioned places: the section `geography` of the policy.

`deploy/geography.toml` has the regimes with programme, source and date.
"""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from holdgate.core.policy.profile import NonBlank

CountryCode = Annotated[str, Meta(pattern="^[A-Z]{2}$")]

Spellings = dict[NonBlank, tuple[NonBlank, ...]]


class Regime(Struct, frozen=True, forbid_unknown_fields=True):
    """A sanctioned country or region; `deploy/geography.toml` explains each member."""

    id: Annotated[str, Meta(pattern="^[a-z0-9-]+$")]
    name: NonBlank
    since: date
    programs: Annotated[tuple[NonBlank, ...], Meta(min_length=1)]
    sources: Annotated[tuple[NonBlank, ...], Meta(min_length=1)]
    until: date | None = None
    countries: tuple[CountryCode, ...] = ()
    territories: tuple[str, ...] = ()
    home: tuple[CountryCode, ...] = ()
    regions: Spellings = {}
    cities: Spellings = {}
    ports: Spellings = {}
    elsewhere: dict[NonBlank, tuple[CountryCode, ...]] = {}
    outside: tuple[NonBlank, ...] = ()
    adjectives: tuple[NonBlank, ...] = ()
    government: tuple[NonBlank, ...] = ()

    def in_force(self, day: date | None) -> bool:
        """Return whether the regime holds a payment of that day; without a date, whether it is in force."""
        return self.until is None or (day is not None and day < self.until)

    @property
    def at_home(self) -> frozenset[str]:
        """The countries that an address in such a place may name."""
        return frozenset((*self.countries, *self.home))


class Geography(Struct, frozen=True, forbid_unknown_fields=True):
    """The section `geography` of a policy."""

    regimes: tuple[Regime, ...] = ()
