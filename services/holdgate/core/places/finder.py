"""Sanctioned places in a payment: where a party, an agent or an account is, what a text or a route says.

Rule `geography`, reason GEOGRAPHY. A place counts as where money or goods go, and the evidence says so.
Nobody is scored for nationality: where somebody was born and who issued their documents is not asked at
all.
"""

from collections.abc import Iterator
from datetime import date

from holdgate.core.identifiers.keys import BIC_LENGTHS
from holdgate.core.model.decision import Match
from holdgate.core.model.evidence import Evidence, How
from holdgate.core.model.payment import Address
from holdgate.core.model.screened_fields import CodeField, PlaceField, TextField
from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.places import in_address, in_text
from holdgate.core.places.gazetteer import CACHED_NAMES, Gazetteer, SanctionedPlace
from holdgate.core.policy.geography import Geography, Regime

GEOGRAPHY_LIST = "geography"
"""What stands for a list's name in a match: the section of the policy."""

SAYS = {
    "address": "the address of a party or an agent: money goes there or comes from there",
    "residence": "where a party lives or has its seat: money goes there or comes from there",
    "country": "where an agent is: money goes through there",
    "bic": "characters 5 and 6 of a BIC: money goes through there",
    "iban": "the first two characters of an IBAN: money goes to or comes from an account there",
    "route": "the route of the goods",
    "text": "a text that says where money or goods go or come from",
}


class PlaceFinder:
    """Finds what a policy's geography holds. Results are cached by address."""

    def __init__(self, geography: Geography) -> None:
        self.gazetteer = Gazetteer(geography)
        self._by_country = self.gazetteer.by_country
        self._place_by_address: BoundedCache[Address, in_address.PlaceInAddress | None] = BoundedCache(
            CACHED_NAMES
        )

    def find_in_code(self, field: CodeField, day: date | None) -> Iterator[Match]:
        """The matches of a code that says a country."""
        value = field.value
        code = value.strip()
        if field.kind == "bic":
            code = code[4:6] if len(code) in BIC_LENGTHS else ""
        elif field.kind == "iban":  # `CUST-17` has no check digits, so it gives no country
            code = code[:2] if code[2:4].isdigit() else ""
        for regime in self._by_country.get(code.upper(), ()) if len(code) == 2 else ():
            yield from _held(field.path, value, code, _country(regime), "exact", field.kind, day)
        if len(code) > 2 and field.kind in ("residence", "country", "route"):
            place, _ = self.gazetteer.territory(code)
            if place is not None:
                yield from _held(field.path, value, code, place, "exact", field.kind, day)

    def find_in_address(self, field: PlaceField, day: date | None) -> Iterator[Match]:
        """The matches of an address: its country first, then what its other parts say."""
        address = field.address
        country = address.country
        if country:
            code = CodeField(f"{field.path}.country", country, "residence")
            held = list(self.find_in_code(code, day))
            if held:
                yield from held
                return
        found = self._find(address)
        if found is not None:
            yield from _held(
                field.path + found.path, found.value, found.read, found.named.place, found.named.how,
                "address", day,
            )  # fmt: skip

    def find_in_text(self, field: TextField, day: date | None) -> Iterator[Match]:
        """The matches of a text."""
        for found in in_text.find_in_text(self.gazetteer, field.lines):
            line = field.lines[found.line]
            value = line[found.start : found.end]
            where = Evidence(field.paths[found.line], f"characters {found.start}-{found.end}", "at", 0.0)
            why = Evidence(value, found.why, "at", 0.0)
            yield from _held(
                field.paths[found.line], value, value, found.named.place, found.named.how, "text", day,
                (why, where),
            )  # fmt: skip

    def _find(self, address: Address) -> in_address.PlaceInAddress | None:
        try:
            return self._place_by_address[address]
        except KeyError:
            pass
        place = in_address.find_in_address(self.gazetteer, address, "")
        self._place_by_address[address] = place
        return place


def _country(regime: Regime) -> SanctionedPlace:
    return SanctionedPlace(regime, "region", next(iter(regime.regions), regime.name), shared=False)


def _held(
    path: str,
    value: str,
    read: str,
    place: SanctionedPlace,
    how: How,
    says: str,
    day: date | None,
    more: tuple[Evidence, ...] = (),
) -> Iterator[Match]:
    regime = place.regime
    if not regime.in_force(day):
        return
    ended = f" to {regime.until}" if regime.until else ""
    evidence = (
        Evidence(read, f"{place.name} ({place.kind})", how, 1.0),
        Evidence(path, SAYS[says], "place", 0.0),
        *more,
        Evidence(f"in force from {regime.since}{ended}", regime.sources[0], "source", 0.0),
    )
    yield Match(
        field=path,
        value=value,
        entry_id=f"{GEOGRAPHY_LIST}:{regime.id}",
        entry_name=regime.name,
        matched_name=place.name,
        list=GEOGRAPHY_LIST,
        programs=regime.programs,
        rule="geography",
        score=1.0,
        evidence=evidence,
    )
