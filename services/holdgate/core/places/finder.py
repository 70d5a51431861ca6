"""Find sanctioned places in the codes, addresses and texts of a payment: rule `geography`, reason GEOGRAPHY.

A place counts only as somewhere that money or goods come from or go to, and the evidence says which. Nobody
is scored for nationality: the place of birth and the issuing country of a document are not looked at.
"""

from collections.abc import Iterator
from datetime import date

from holdgate.core.identifiers.iban import is_iban, plain_iban
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
"""The `list` of a match with a sanctioned place: the section of the policy."""

MEANINGS = {
    "address": "the address of a party or an agent: money goes there or comes from there",
    "residence": "where a party lives or has its seat: money goes there or comes from there",
    "country": "where an agent is: money goes through there",
    "bic": "characters 5 and 6 of a BIC: money goes through there",
    "iban": "the first two characters of an IBAN: money goes to or comes from an account there",
    "account": "the first two characters of an IBAN: money goes to or comes from an account there",
    "route": "the route of the goods",
    "text": "a text that says where money or goods go or come from",
}
"""Evidence texts: what a value says about the payment, by kind of field. They are part of the decision."""


class PlaceFinder:
    """Finds the places of the policy's section `geography`. Results for addresses are cached."""

    def __init__(self, geography: Geography) -> None:
        self.gazetteer = Gazetteer(geography)
        self._by_country = self.gazetteer.by_country
        self._place_by_address: BoundedCache[Address, in_address.PlaceInAddress | None] = BoundedCache(
            CACHED_NAMES
        )

    def find_in_code(self, field: CodeField, day: date | None) -> Iterator[Match]:
        """Yield the matches of a value that gives a country, with regimes in force on `day`."""
        value = field.value
        code = value.strip()
        if field.kind == "bic":
            code = code[4:6] if len(code) in BIC_LENGTHS else ""
        elif field.kind in ("iban", "account"):  # `CUST-17` has no check digits, so it gives no country
            iban = plain_iban(code)
            code = iban[:2] if iban[2:4].isdigit() and (field.kind == "iban" or is_iban(iban)) else ""
        for regime in self._by_country.get(code.upper(), ()) if len(code) == 2 else ():
            yield from _matches(field.path, value, code, _country(regime), "exact", field.kind, day)
        if len(code) > 2 and field.kind in ("residence", "country", "route"):
            place, _ = self.gazetteer.territory(code)
            if place is not None:
                yield from _matches(field.path, value, code, place, "exact", field.kind, day)

    def find_in_address(self, field: PlaceField, day: date | None) -> Iterator[Match]:
        """Yield the matches of an address: of its country or, if that has none, of its other parts."""
        address = field.address
        country = address.country
        if country:
            code = CodeField(f"{field.path}.country", country, "residence")
            matches = list(self.find_in_code(code, day))
            if matches:
                yield from matches
                return
        place = self._find_cached(address)
        if place is not None:
            yield from _matches(
                field.path + place.path, place.value, place.words, place.named.place, place.named.how,
                "address", day,
            )  # fmt: skip

    def find_in_text(self, field: TextField, day: date | None) -> Iterator[Match]:
        """Yield the matches of a text."""
        for place in in_text.find_in_text(self.gazetteer, field.lines):
            path = field.paths[place.line]
            value = field.lines[place.line][place.start : place.end]
            position = Evidence(path, f"characters {place.start}-{place.end}", "at", 0.0)
            context = Evidence(value, place.why, "at", 0.0)
            yield from _matches(
                path, value, value, place.named.place, place.named.how, "text", day, (context, position)
            )

    def _find_cached(self, address: Address) -> in_address.PlaceInAddress | None:
        try:
            return self._place_by_address[address]
        except KeyError:
            pass
        place = in_address.find_in_address(self.gazetteer, address, "")
        self._place_by_address[address] = place
        return place


def _country(regime: Regime) -> SanctionedPlace:
    return SanctionedPlace(regime, "region", next(iter(regime.regions), regime.name), shared=False)


def _matches(
    path: str,
    value: str,
    words: str,
    place: SanctionedPlace,
    how: How,
    meaning: str,
    day: date | None,
    context: tuple[Evidence, ...] = (),
) -> Iterator[Match]:
    """Yield the match with the place, unless its regime was not in force on that day."""
    regime = place.regime
    if not regime.in_force(day):
        return
    ended = f" to {regime.until}" if regime.until else ""
    evidence = (
        Evidence(words, f"{place.name} ({place.kind})", how, 1.0),
        Evidence(path, MEANINGS[meaning], "place", 0.0),
        *context,
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
