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
from collections.abc import Iterator
from typing import NamedTuple

from holdgate.core.model.payment import Address
from holdgate.core.places.gazetteer import Gazetteer, NamedPlace, folded_forms

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
    segments = list(_segments(address, path))
    country = _country_code(address.country)
    candidates = []
    for position, segment in enumerate(segments):
        for words in segment.forms:
            candidate = _candidate(gazetteer, words, position)
            if candidate is not None:
                candidates.append(candidate)
                break
    if not candidates:
        return None
    for candidate in candidates:
        if _is_located_in(gazetteer, candidate, segments, country, candidates):
            segment = segments[candidate.segment]
            return PlaceInAddress(segment.path, segment.value, candidate.words, candidate.named)
    return None


def _segments(address: Address, path: str) -> Iterator[Segment]:
    elements = [(f"{path}.lines[{number}]", line) for number, line in enumerate(address.lines)]
    elements.append((f"{path}.street", address.street or ""))
    elements.append((f"{path}.town", address.town or ""))
    elements.append((f"{path}.region", address.region or ""))
    for element, value in elements:
        if value:
            for text in _SEPARATOR.split(value):
                if text and not text.isspace():
                    yield Segment(
                        element, value, text, tuple(tuple(form.split()) for form in folded_forms(text))
                    )


def _country_code(code: str | None) -> str | None:
    return code.strip().upper() if code and len(code.strip()) == 2 else None


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


def _is_located_in(
    gazetteer: Gazetteer,
    candidate: _Candidate,
    segments: list[Segment],
    country: str | None,
    candidates: list[_Candidate],
) -> bool:
    """Return whether the rest of the address allows that it is in the candidate's place."""
    place = candidate.named.place
    regime = place.regime
    others = [segment for position, segment in enumerate(segments) if position != candidate.segment]
    if place.kind == "region" and gazetteer.towns_outside[regime.id]:
        towns = gazetteer.towns_outside[regime.id]
        if any(" ".join(_strip(words)) in towns for other in others for words in other.forms):
            return False
    is_confirmed = any(
        other.segment != candidate.segment and other.named.place.regime is regime for other in candidates
    )
    countries = {country} if country else {
        code for other in others if (code := gazetteer.territory(other.text.strip())[1]) is not None
    }  # fmt: skip
    if candidate.country:
        countries = countries | {candidate.country}
    if is_confirmed or countries & regime.at_home:
        return True
    if countries:
        return candidate.is_whole_segment and not place.shared
    if not place.shared:
        return True
    following = segments[candidate.segment + 1 :]
    return candidate.is_whole_segment and not any(
        _strip(words) for other in following for words in other.forms[:1]
    )
