"""Sanctioned places as the policy states them: the section `geography`.

`deploy/geography.toml` carries the regimes with programme, source and date.
"""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from holdgate.core.policy.profile import Said

Country = Annotated[str, Meta(pattern="^[A-Z]{2}$")]

Spellings = dict[Said, tuple[Said, ...]]


class Regime(Struct, frozen=True, forbid_unknown_fields=True):
    """A sanctioned country or region; `deploy/geography.toml` says what each member means."""

    id: Annotated[str, Meta(pattern="^[a-z0-9-]+$")]
    name: Said
    since: date
    programs: Annotated[tuple[Said, ...], Meta(min_length=1)]
    sources: Annotated[tuple[Said, ...], Meta(min_length=1)]
    until: date | None = None
    countries: tuple[Country, ...] = ()
    territories: tuple[str, ...] = ()
    home: tuple[Country, ...] = ()
    regions: Spellings = {}
    cities: Spellings = {}
    ports: Spellings = {}
    elsewhere: dict[Said, tuple[Country, ...]] = {}
    outside: tuple[Said, ...] = ()

    def in_force(self, day: date | None) -> bool:
        """Whether it holds a payment of that day; one without a date is judged by what is in force."""
        return self.until is None or (day is not None and day < self.until)

    @property
    def at_home(self) -> frozenset[str]:
        """The countries that an address in such a place may give."""
        return frozenset((*self.countries, *self.home))


class Geography(Struct, frozen=True, forbid_unknown_fields=True):
    """The section `geography` of a policy."""

    regimes: tuple[Regime, ...] = ()
