"""Find sanctioned places in free text that says money or goods go there or come from there.

A place in a text is usually a subject, not a destination (`museum of Luhansk`, `Yalta conference`). It counts
- after a word of direction: a preposition (`to Tehran`, `nach Teheran`), a delivery term (`CIF Bandar Abbas`)
  or a word of transport (`port of loading`, `destination`), or
- next to its own country or region, as in an address (`Tehran, Iran`, `Yalta (Krym)`).

A town that shares its name with places elsewhere (`Damascus`) needs a word of transport, or its country.

It does not count if it is only part of another name: that of a street with a house number (`to Yalta Street
5, Berlin`) or, in a line that mentions no goods, that of a street or a café (`from Donetsk Coffee`). The
phrase has to end there: in `to Simferopol street Lenina 5` and `to Donetsk coffee 20 t` something goes to the
town.

A person named like a country (`to Iran Castillo`) causes a hold: nothing distinguishes such a name from
that of a firm in the country (`to Iran Steel`).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from holdgate.core.places.gazetteer import Gazetteer, NamedPlace, folded_forms

TRANSPORT = frozenset(
    "destination dest origin port pol pod discharge loading consignee fob cif cfr cpt cip dap dpu ddp fca "
    "fas exw daf des ddu deliver delivery delivered ship shipped shipment export exported import imported "
    "порт".split()
)
DIRECTION = TRANSPORT | frozenset(
    "to from via into toward towards through nach aus von bis ab vers depuis pour hasta desde para da per "
    "dal al verso из в до на через откуда куда из-под від з у إلى من الى 从 到 自 至".split()
)
GOODS = TRANSPORT | frozenset(
    "goods cargo freight equipment machinery materials supply supplies consignment shipping export import "
    "груз товар товары поставка".split()
)
_STREETS = frozenset(
    "street st str strasse straße road rd avenue ave allee lane ln drive dr weg terrace crescent square sq "
    "platz gasse".split()
)
_CAFES = frozenset("coffee cafe café bar club restaurant grill kebab bistro pizzeria bakery".split())
_LINKS = frozenset("the port city of region republic islamic г город м місто de la el".split())
_END = re.compile(r"\.?\s*(?:$|[,;:()/])")
_HOUSE = re.compile(r"\.?\s+(?:no\.?\s*)?[0-9]{1,4}[a-z]?\s*(?:$|[,;:()/])", re.IGNORECASE)
"""The end of a name: the end of the line or a punctuation mark, in _HOUSE after the house number."""

_MAX_LINKS = 3
"""Maximum number of links between a word of direction and the place: `to the port of Bandar Abbas`."""
_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")


class PlaceInText(NamedTuple):
    """A place in a text: the line, the start and end of the name in characters, and why it counts."""

    line: int
    start: int
    end: int
    named: NamedPlace
    why: str


def find_in_text(gazetteer: Gazetteer, lines: Sequence[str]) -> list[PlaceInText]:
    """Return the first sanctioned place per regime that money or goods go to or come from."""
    by_regime: dict[str, PlaceInText] = {}
    for number, line in enumerate(lines):
        for place in _find_in_line(gazetteer, number, line):
            by_regime.setdefault(place.named.place.regime.id, place)
    return list(by_regime.values())


def _find_in_line(gazetteer: Gazetteer, number: int, line: str) -> list[PlaceInText]:
    folded = line.casefold()
    if line.isascii() and gazetteer.first_words.isdisjoint(re.split(r"[^a-z0-9]+", folded)):
        return []
    words = [(match.start(), match.end(), match.group()) for match in _WORD.finditer(line)]
    spans: list[tuple[int, int, NamedPlace]] = []
    first = 0
    while first < len(words):
        named, size = _name_at(gazetteer, words, first, line)
        if named is not None:
            spans.append((first, first + size, named))
        first += size
    places = []
    for position, (first, end, named) in enumerate(spans):
        why = _adjacent_place(spans, position)
        if why is None and not _is_part_of_a_name(words, end, line):
            why = _direction_before(words, first, named)
        if why:
            places.append(PlaceInText(number, words[first][0], words[end - 1][1], named, why))
    return places


def _name_at(
    gazetteer: Gazetteer, words: Sequence[tuple[int, int, str]], first: int, line: str
) -> tuple[NamedPlace | None, int]:
    """Return the longest known spelling of a place that begins at a word, and its number of words.

    Return None and 1 if none begins there.
    """
    _, end, word = words[first]
    if not line.startswith(".", end):  # folding joins words at a full stop: D.P.R.K.
        first_words = [form.partition(" ")[0] for form in folded_forms(word)]
        if gazetteer.first_words.isdisjoint(first_words):
            return None, 1
    for size in range(min(gazetteer.max_words, len(words) - first), 0, -1):
        text = line[words[first][0] : words[first + size - 1][1]]
        for form in folded_forms(text):
            named = gazetteer.find_exact(form)
            if named is not None:
                return named, size
    return None, 1


def _direction_before(words: Sequence[tuple[int, int, str]], first: int, named: NamedPlace) -> str | None:
    """Return evidence of the word of direction before a place, None if there is none."""
    place = named.place
    direction = TRANSPORT if place.shared and place.kind != "region" else DIRECTION
    for back in range(1, _MAX_LINKS + 2):
        if first - back < 0:
            return None
        word = words[first - back][2].casefold()
        if word in direction:
            return f"after {word!r}"
        if word not in _LINKS:
            return None
    return None


def _is_part_of_a_name(words: Sequence[tuple[int, int, str]], end: int, line: str) -> bool:
    """Return whether the place is only part of the name of a street, or of somewhere to eat or drink."""
    if end == len(words) or not line[words[end - 1][1] : words[end][0]].isspace():
        return False
    next_word = words[end][2].casefold()
    rest = line[words[end][1] :]
    if next_word in _STREETS and _HOUSE.match(rest):
        return True
    if next_word not in _STREETS and next_word not in _CAFES:
        return False
    return _END.match(rest) is not None and GOODS.isdisjoint(word.casefold() for _, _, word in words)


def _adjacent_place(spans: Sequence[tuple[int, int, NamedPlace]], position: int) -> str | None:
    """Return evidence of another place of the same regime directly before or after, None if there is none."""
    first, end, named = spans[position]
    for neighbour in (position - 1, position + 1):
        if 0 <= neighbour < len(spans):
            other_first, other_end, other = spans[neighbour]
            distance = other_first - end if neighbour > position else first - other_end
            if distance == 0 and other.place.regime is named.place.regime and other.place != named.place:
                return f"beside {other.place.name}"
    return None
