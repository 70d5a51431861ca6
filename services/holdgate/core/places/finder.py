"""Find sanctioned places in the codes, addresses and texts of a payment: rule `geography`, reason GEOGRAPHY.

A place counts only as somewhere that money or goods come from or go to, and the evidence says which. Nobody
is scored for nationality: the place of birth and the issuing country of a document are not looked at.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from holdgate.core.identifiers.iban import is_iban, plain_iban
from holdgate.core.identifiers.keys import BIC_LENGTHS
from holdgate.core.model.decision import Match
from holdgate.core.model.evidence import Evidence, How
from holdgate.core.model.payment import Address
from holdgate.core.model.screened_fields import CodeField, NameField, PlaceField, TextField
from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.places import in_address
from holdgate.core.places.gazetteer import CACHED_NAMES, Gazetteer, SanctionedPlace, fold_place_name
from holdgate.core.places.in_text import PlaceInText
from holdgate.core.places.text_search import PlaceSearch, TextPlaces
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
    "direction": "a text that says where money or goods go or come from",
    "origin": "a text that says where goods come from",
    "government": "a mission or organ of the government of a sanctioned place",
    "beside": "a text that gives a place with its country or region",
}
"""Evidence texts: what a value says about the payment, by kind of field. They are part of the decision."""


class FieldPlaces(NamedTuple):
    """The matches of a field; `complete`: every place that it names was judged."""

    matches: list[Match]
    complete: bool


class PlaceFinder:
    """Finds the places of the policy's section `geography`. Results for addresses are cached."""

    def __init__(self, geography: Geography) -> None:
        self.gazetteer = Gazetteer(geography)
        self._search = PlaceSearch(self.gazetteer)
        self._by_country = self.gazetteer.by_country
        self._place_by_address: BoundedCache[Address, in_address.PlaceInAddress | PlaceInText | None] = (
            BoundedCache(CACHED_NAMES)
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
        if len(code) == 2 and code.isascii():
            for regime in self._by_country.get(code.upper(), ()):
                yield from _matches(field.path, value, code, _country(regime), "exact", field.kind, day)
        elif field.kind in ("residence", "country", "route"):
            place, how = self._country_named(code)
            if place is not None:
                yield from _matches(field.path, value, code, place, how, field.kind, day)

    def _country_named(self, text: str) -> tuple[SanctionedPlace | None, How]:
        """Return the sanctioned place that a country's name or longer code denotes, in any spelling.

        The member may also hold a town, or both: `Tehran, Iran`.
        """
        place, _ = self.gazetteer.territory(text)
        if place is not None:
            return place, "exact"
        named = self.gazetteer.find(fold_place_name(text))
        if named is not None:
            return named
        address = self._find_cached(Address(lines=(text,)))
        return (None, "exact") if address is None else (address.named.place, address.named.how)

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
        if isinstance(place, PlaceInText):
            paths = [path for path, _ in in_address.elements_of(address, field.path)]
            yield from self._matches_in_text(paths, place, day)
        elif place is not None:
            yield from _matches(
                field.path + place.path, place.value, place.words, place.named.place, place.named.how,
                "address", day,
            )  # fmt: skip

    def find_in_text(self, field: TextField, day: date | None) -> FieldPlaces:
        """Return the matches of a text."""
        return self._in_text(field.paths, self._search.find_in_text(field.lines), day)

    def find_in_name(self, field: NameField, day: date | None) -> FieldPlaces:
        """Return the matches of a name: the government that it is an organ of, the town that it gives."""
        search = self._search.find_in_name(field.value, (line for _, line in field.continuation))
        if not search.places:
            return FieldPlaces([], search.complete)
        return self._in_text((field.path, *(path for path, _ in field.continuation)), search, day)

    def _in_text(self, paths: Sequence[str], search: TextPlaces, day: date | None) -> FieldPlaces:
        matches = [match for place in search.places for match in self._matches_in_text(paths, place, day)]
        return FieldPlaces(matches, search.complete)

    def _matches_in_text(self, paths: Sequence[str], place: PlaceInText, day: date | None) -> Iterator[Match]:
        path, words = paths[place.line], place.words
        position = Evidence(path, f"characters {place.start}-{place.end}", "at", 0.0)
        context = Evidence(words, place.why, "at", 0.0)
        yield from _matches(
            path, words, words, place.named.place, place.named.how, place.kind, day, (context, position)
        )

    def _find_cached(self, address: Address) -> in_address.PlaceInAddress | PlaceInText | None:
        """Return the place that an address is in or, if in none, the government that it names."""
        try:
            return self._place_by_address[address]
        except KeyError:
            pass
        place = in_address.find_in_address(self.gazetteer, address, "") or self._search.find_government(
            [value for _, value in in_address.elements_of(address, "")]
        )
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
    is_government = meaning == "government"
    source = (regime.government if is_government else regime.sources)[0]
    evidence = (
        Evidence(words, f"{place.name} ({meaning if is_government else place.kind})", how, 1.0),
        Evidence(path, MEANINGS[meaning], "place", 0.0),
        *context,
        Evidence(f"in force from {regime.since}{ended}", source, "source", 0.0),
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
