"""Find the sanctioned place of an address: the name of a town or region, not of a street or house.

An address is split into segments at commas and line ends. Numbers and words such as `city of` around the name
are ignored. A name is a candidate if it
- is the whole segment (`Yalta`, `98600 Yalta`, `Respublika Krym`), or
- ends the segment, and the words before it do not make it the name of a street or house (`Lenina 5 Yalta`,
  but not `Avenida Cuba`, `12 rue de Teheran`, `Hotel Jalta`).

The rest of the address then decides. A name shared with places elsewhere (`Damascus`, `Havana`, `Cuba`)
counts only if the address names the country of the sanctioned place, or if nothing follows the name (so
`Damascus, Maryland` does not count). A name that only ends its segment counts only if the address names no
other country.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from holdgate.core.model.payment import Address
from holdgate.core.places.gazetteer import Gazetteer, NamedPlace, fold_place_name, folded_forms
from holdgate.core.places.text_words import is_unspaced, split_words
from holdgate.core.policy.geography import Regime

_SEPARATOR = re.compile(r"[,;|/\n\r()]|\s-\s")
_GENERIC = frozenset(
    "city town of the g gor gorod gorodskoy misto m s selo region oblast obl oblasti respublika republic "
    "resp province governorate district raion rayon port shahr ostan county state prov municipio "
    "provincia pgt г гор город м місто с обл область респ республика порт".split()
)
_NAMED_AFTER_PLACES = frozenset(
    "street st str strasse straße road rd avenue ave av avenida avda calle c cl rue boulevard bd blvd via "
    "viale piazza plaza place pl square sq platz weg allee lane ln drive dr ul ulica ulitsa ul. vul "
    "prospekt pr prosp pereulok per passage quai rua travessa calea strada bulevardul cadde caddesi sokak "
    "sok jalan jl hotel motel restaurant restaurante cafe café bar club villa villas hostel casa edificio "
    "building tower house cinema theater theatre pizzeria bistro embassy consulate museum hacienda "
    "residencial urbanizacion colonia barrio улица ул проспект пр пер площадь бульвар гостиница отель "
    "кафе ресторан музей вул вулиця".split()
)
"""Words for streets and houses, which are often named after places."""

_LINKS = frozenset("de la del du des di da do dos of the el al und y et".split())


_UNITS = frozenset("市省道县郡區区시도")
"""Units that follow the name of a town or province in Chinese, Japanese and Korean addresses."""


MAX_NAMING_WORDS = 40
"""Words at the end of a segment in which a place is looked for. A line of 140 characters has fewer."""


class PlaceInAddress(NamedTuple):
    """A place in an address: path and value of the element, the words read as the name, and the place."""

    path: str
    value: str
    words: str
    named: NamedPlace


class Segment(NamedTuple):
    """A segment of an address: path and value of its element, its text, and its words in each folded form."""

    path: str
    value: str
    text: str
    forms: tuple[tuple[str, ...], ...]


class _Candidate(NamedTuple):
    """A place named in a segment; `country` is the code of a country named after it in the same segment."""

    segment: int
    words: str
    named: NamedPlace
    is_whole_segment: bool
    country: str | None = None


def find_in_address(gazetteer: Gazetteer, address: Address, path: str) -> PlaceInAddress | None:
    """Return the sanctioned place that an address is in, None if it is in none. Paths begin with `path`."""
    elements = [(element, value) for element, value in elements_of(address, path) if value]
    segments = list(_segments(gazetteer, elements))
    country = gazetteer.territory(address.country)[1] if address.country else None
    whole = _whole_element(gazetteer, elements, bool(address.country))
    if whole is not None:
        return whole
    candidates = []
    for position, segment in enumerate(segments):
        for words in segment.forms:
            candidate = _candidate(gazetteer, words, position)
            if candidate is not None:
                candidates.append(candidate)
                break
    if not candidates:
        return None
    rest = _Rest(gazetteer, segments, candidates)
    for candidate in candidates:
        if _is_located_in(candidate, rest, country):
            segment = segments[candidate.segment]
            return PlaceInAddress(segment.path, segment.value, candidate.words, candidate.named)
    return None


def _whole_element(
    gazetteer: Gazetteer, elements: Sequence[tuple[str, str]], has_country: bool
) -> PlaceInAddress | None:
    """Return the country that is a whole line, by its code, or a whole element with a comma or bracket in it.

    A code counts only without a structured country, and not as a region: `KP` is a province of Pakistan.
    """
    for element, value in elements:
        code = gazetteer.codes.get(value.strip())
        if code is not None and not has_country and element.endswith("]"):
            return PlaceInAddress(element, value, value.strip(), code.named)
        if _SEPARATOR.search(value):
            named = gazetteer.find_exact(fold_place_name(value).replace(" the ", " "))
            if named is not None and named.place.kind == "region" and not named.place.shared:
                return PlaceInAddress(element, value, value, named)
    return None


def elements_of(address: Address, path: str) -> list[tuple[str, str]]:
    """Return path and value of the elements of an address that are searched for places."""
    elements = [(f"{path}.lines[{number}]", line) for number, line in enumerate(address.lines)]
    for name, value in (("street", address.street), ("town", address.town), ("region", address.region)):
        if value:
            elements.append((f"{path}.{name}", value))
    return elements


def _segments(gazetteer: Gazetteer, elements: Sequence[tuple[str, str]]) -> Iterator[Segment]:
    for element, value in elements:
        for text in _SEPARATOR.split(value):
            if text and not text.isspace():
                forms = folded_forms(text)
                if not text.isascii():
                    forms = (*forms, *_cut(gazetteer, text))
                yield Segment(element, value, text, tuple(tuple(form.split()) for form in forms))


def _cut(gazetteer: Gazetteer, text: str) -> Iterator[str]:
    """Yield the name that begins an address written without spaces, largest place first.

    Only if a town follows its country, or the unit of a town the name: the Chinese prefecture
    `延边朝鲜族自治州` is named after a people.
    """
    if not is_unspaced(text):
        return
    words = [word.text for word in split_words([text], gazetteer.runs)]
    places = [word for word in words[:2] if gazetteer.find_exact(fold_place_name(word)) is not None]
    if places and words[0] == places[0] and (len(places) > 1 or (words[1:2] and words[1][0] in _UNITS)):
        yield fold_place_name(places[-1])


def _strip(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words without the numbers and generic words at either end."""
    first, last = 0, len(words)
    while first < last and (_has_digit(words[first]) or words[first] in _GENERIC):
        first += 1
    while first < last and (_has_digit(words[last - 1]) or words[last - 1] in _GENERIC):
        last -= 1
    return words[first:last]


def _has_digit(word: str) -> bool:
    return any(map(str.isdigit, word))


def _candidate(gazetteer: Gazetteer, words: tuple[str, ...], segment: int) -> _Candidate | None:
    """Return the place that is the whole segment or ends it, None if there is none."""
    named = gazetteer.find(" ".join(words)) if words else None
    if named is not None:
        return _Candidate(segment, " ".join(words), named, True)
    core = _strip(words)
    if not core:
        return None
    named = gazetteer.find(" ".join(core)) if core != words else None
    if named is not None:
        return _Candidate(segment, " ".join(core), named, True)
    if gazetteer.first_words.isdisjoint(core):
        return None
    # From the end, skip one country (`Yalta Ukraine`) and a region after its town (`Yalta Krym`).
    core = core[-MAX_NAMING_WORDS:]
    end, country = len(core), None
    while end > 0:
        named, start = _name_at_end(gazetteer, core[:end])
        if named is None:
            word = core[end - 1]
            if country is None and end > 1 and len(word) > 3 and (country := gazetteer.territory(word)[1]):
                end -= 1
                continue
            return None
        name = " ".join(core[start:end])
        if start == 0:
            return _Candidate(segment, name, named, True, country)
        if _is_street_or_house(core[:start]):
            return None
        if named.place.kind != "region" or _name_at_end(gazetteer, core[:start])[0] is None:
            return _Candidate(segment, name, named, end < len(core), country)
        end = start
    return None


def _name_at_end(gazetteer: Gazetteer, words: tuple[str, ...]) -> tuple[NamedPlace | None, int]:
    """Return the longest known spelling of a place that ends the words, and its position."""
    for size in range(min(gazetteer.max_words, len(words)), 0, -1):
        named = gazetteer.find_exact(" ".join(words[-size:]))
        if named is not None:
            return named, len(words) - size
    return None, len(words)


def _is_street_or_house(before: tuple[str, ...]) -> bool:
    """Return whether the words before a place name make it the name of a street or house.

    Only words after the last number count: a house number separates the street from the town.
    """
    if before[-1] in _LINKS:
        return True
    numbers = [position for position, word in enumerate(before) if _has_digit(word)]
    words = before[numbers[-1] + 1 :] if numbers else before
    return bool(words) and (words[0] in _NAMED_AFTER_PLACES or words[-1] in _NAMED_AFTER_PLACES - _SUFFIXES)


_SUFFIXES = frozenset("street st str strasse straße road rd avenue ave lane ln drive dr weg allee".split())
"""Words that follow the name of a street: in `Azadi Ave Tehran` the street is Azadi Ave, not Tehran."""


class _Rest:
    """What the segments of an address say, each counted, so that a candidate's own can be left out."""

    def __init__(
        self, gazetteer: Gazetteer, segments: Sequence[Segment], candidates: Sequence[_Candidate]
    ) -> None:
        self.segments = segments
        self.countries = [gazetteer.territory(segment.text.strip())[1] for segment in segments]
        self.country_counts = Counter(self.countries)
        self.regimes = Counter(candidate.named.place.regime.id for candidate in candidates)
        self.towns_outside = gazetteer.towns_outside
        self.last_with_words = max(
            (position for position, segment in enumerate(segments) if _strip(segment.forms[0])), default=-1
        )

    @cached_property
    def towns(self) -> list[frozenset[str]]:
        """The names that each segment may be, without numbers and generic words."""
        return [frozenset(" ".join(_strip(words)) for words in segment.forms) for segment in self.segments]

    def other_countries(self, position: int) -> set[str]:
        """Return the countries that segments other than this one name."""
        own = self.countries[position]
        return {
            country
            for country, count in self.country_counts.items()
            if country is not None and (country != own or count > 1)
        }

    def is_outside(self, regime: Regime) -> bool:
        """Return whether a segment names a town of the region that the regime does not cover."""
        towns = self.towns_outside[regime.id]
        return bool(towns) and any(not towns.isdisjoint(names) for names in self.towns)


def _is_located_in(candidate: _Candidate, rest: _Rest, country: str | None) -> bool:
    """Return whether the rest of the address allows that it is in the candidate's place."""
    place = candidate.named.place
    regime = place.regime
    if place.kind == "region" and rest.is_outside(regime):
        return False
    countries = {country} if country else rest.other_countries(candidate.segment)
    if candidate.country:
        countries = countries | {candidate.country}
    if rest.regimes[regime.id] > 1 or countries & regime.at_home:
        return True
    if countries:
        return candidate.is_whole_segment and not place.shared
    return not place.shared or (candidate.is_whole_segment and rest.last_with_words <= candidate.segment)
