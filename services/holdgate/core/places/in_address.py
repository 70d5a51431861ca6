"""A sanctioned place inside an address: where it plausibly is the town or region, not a street's name.

An address is read in segments (between commas and at the ends of lines), each without its numbers and
without words such as `city of`. A place is one where it
- is the whole segment (`Yalta`, `98600 Yalta`, `Respublika Krym`),
- ends a segment whose beginning is no street or house that bears its name (`Lenina 5 Yalta`; but not
  `Avenida Cuba`, `12 rue de Teheran`, `Hotel Jalta`).
Then the rest of the address is asked. A place whose name others bear too (`Damascus`, `Havana`, `Cuba`)
counts only where the address says its own country, or says nothing else after it: not `Damascus,
Maryland`. Any place that only ends a segment counts only where the address names no other country.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from holdgate.core.model.payment import Address
from holdgate.core.places.gazetteer import Gazetteer, NamedPlace, folded_forms

_CUT = re.compile(r"[,;|/\n\r()]|\s-\s")
_GENERIC = frozenset(
    "city town of the g gor gorod gorodskoy misto m s selo region oblast obl oblasti respublika republic "
    "resp province governorate district raion rayon port shahr ostan county state prov municipio "
    "provincia pgt г гор город м місто с обл область респ республика порт".split()
)
_BEARERS = frozenset(
    "street st str strasse straße road rd avenue ave av avenida avda calle c cl rue boulevard bd blvd via "
    "viale piazza plaza place pl square sq platz weg allee lane ln drive dr ul ulica ulitsa ul. vul "
    "prospekt pr prosp pereulok per passage quai rua travessa calea strada bulevardul cadde caddesi sokak "
    "sok jalan jl hotel motel restaurant restaurante cafe café bar club villa villas hostel casa edificio "
    "building tower house cinema theater theatre pizzeria bistro embassy consulate museum hacienda "
    "residencial urbanizacion colonia barrio улица ул проспект пр пер площадь бульвар гостиница отель "
    "кафе ресторан музей вул вулиця".split()
)
_LINKS = frozenset("de la del du des di da do dos of the el al und y et".split())


class PlaceInAddress(NamedTuple):
    """A place in an address: where it stood, what was read there, and how."""

    path: str
    value: str
    read: str
    named: NamedPlace


class Segment(NamedTuple):
    """A piece of an address: the path and the value it is part of, and its words in each form."""

    path: str
    value: str
    text: str
    words: tuple[tuple[str, ...], ...]


class _Candidate(NamedTuple):
    at: int
    read: str
    named: NamedPlace
    whole: bool
    country: str | None = None


def find_in_address(gazetteer: Gazetteer, address: Address, path: str) -> PlaceInAddress | None:
    """The sanctioned place where an address is, None where it is in none. Paths begin with `path`."""
    segments = list(_segments(address, path))
    said = _country(address.country)
    candidates = []
    for at, segment in enumerate(segments):
        for words in segment.words:
            candidate = _candidate(gazetteer, words, at)
            if candidate is not None:
                candidates.append(candidate)
                break
    if not candidates:
        return None
    for candidate in candidates:
        if _is_there(gazetteer, candidate, segments, said, candidates):
            segment = segments[candidate.at]
            return PlaceInAddress(segment.path, segment.value, candidate.read, candidate.named)
    return None


def _segments(address: Address, path: str) -> Iterator[Segment]:
    parts = [(f"{path}.lines[{at}]", line) for at, line in enumerate(address.lines)]
    parts.append((f"{path}.street", address.street or ""))
    parts.append((f"{path}.town", address.town or ""))
    parts.append((f"{path}.region", address.region or ""))
    for place, value in parts:
        if value:
            for text in _CUT.split(value):
                if text and not text.isspace():
                    yield Segment(
                        place, value, text, tuple(tuple(form.split()) for form in folded_forms(text))
                    )


def _country(code: str | None) -> str | None:
    return code.strip().upper() if code and len(code.strip()) == 2 else None


def _plain(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words without numbers and generic words around them."""
    first, last = 0, len(words)
    while first < last and (_numbers(words[first]) or words[first] in _GENERIC):
        first += 1
    while first < last and (_numbers(words[last - 1]) or words[last - 1] in _GENERIC):
        last -= 1
    return words[first:last]


def _numbers(word: str) -> bool:
    return any(map(str.isdigit, word))


def _candidate(gazetteer: Gazetteer, words: tuple[str, ...], at: int) -> _Candidate | None:
    whole = gazetteer.find(" ".join(words)) if words else None
    if whole is not None:
        return _Candidate(at, " ".join(words), whole, True)
    plain = _plain(words)
    if not plain:
        return None
    whole = gazetteer.find(" ".join(plain)) if plain != words else None
    if whole is not None:
        return _Candidate(at, " ".join(plain), whole, True)
    if gazetteer.first_words.isdisjoint(plain):
        return None
    end, country = len(plain), None
    while end > 0:
        tail, start = _tail(gazetteer, plain[:end])
        if tail is None:
            word = plain[end - 1]
            if country is None and end > 1 and len(word) > 3 and (country := gazetteer.territory(word)[1]):
                end -= 1
                continue
            return None
        read = " ".join(plain[start:end])
        if start == 0:
            return _Candidate(at, read, tail, True, country)
        if _bears(plain[:start]):
            return None
        if tail.place.kind != "region" or _tail(gazetteer, plain[:start])[0] is None:
            return _Candidate(at, read, tail, end < len(plain), country)
        end = start
    return None


def _tail(gazetteer: Gazetteer, words: tuple[str, ...]) -> tuple[NamedPlace | None, int]:
    """The longest name of a place with which the words end, spelt as known, and where it begins."""
    for size in range(min(gazetteer.longest, len(words)), 0, -1):
        found = gazetteer.find_exact(" ".join(words[-size:]))
        if found is not None:
            return found, len(words) - size
    return None, len(words)


def _bears(before: tuple[str, ...]) -> bool:
    """Whether the words before a place's name say that a street or a house bears it; a house's number stands
    between a street and the town."""
    if before[-1] in _LINKS:
        return True
    numbers = [at for at, word in enumerate(before) if _numbers(word)]
    own = before[numbers[-1] + 1 :] if numbers else before
    return bool(own) and (own[0] in _BEARERS or own[-1] in _BEARERS - _SUFFIXES)


_SUFFIXES = frozenset("street st str strasse straße road rd avenue ave lane ln drive dr weg allee".split())
"""They follow a street's own name: in `Azadi Ave Tehran` the street is named before."""


def _is_there(
    gazetteer: Gazetteer,
    candidate: _Candidate,
    segments: list[Segment],
    said: str | None,
    candidates: list[_Candidate],
) -> bool:
    regime, shared = candidate.named.place.regime, candidate.named.place.shared
    home = regime.at_home
    others = [segment for at, segment in enumerate(segments) if at != candidate.at]
    if candidate.named.place.kind == "region" and gazetteer.outside[regime.id]:
        outside = gazetteer.outside[regime.id]
        if any(" ".join(_plain(words)) in outside for other in others for words in other.words):
            return False
    own = any(other.at != candidate.at and other.named.place.regime is regime for other in candidates)
    countries = {said} if said else {
        code for other in others if (code := gazetteer.territory(other.text.strip())[1]) is not None
    }  # fmt: skip
    if candidate.country:
        countries = countries | {candidate.country}
    if own or countries & home:
        return True
    if countries:
        return candidate.whole and not shared
    if not shared:
        return True
    after = segments[candidate.at + 1 :]
    return candidate.whole and not any(_plain(words) for other in after for words in other.words[:1])
