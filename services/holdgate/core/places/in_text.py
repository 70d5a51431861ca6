"""A sanctioned place inside free text: where the text says that money or goods go there or come from it.

A place in a text is mostly a subject and not a destination (`museum of Luhansk`, `Yalta conference`). It
counts
- after a word that leads somewhere: a preposition (`to Tehran`, `nach Teheran`), a term of delivery (`CIF
  Bandar Abbas`) or a word of transport (`port of loading`, `destination`), or
- beside its own country or region, as in an address (`Tehran, Iran`, `Yalta (Krym)`).
A town whose name others bear too (`Damascus`) needs a word of transport, or its country.

It does not count where only its name is borne: by a street with its house (`to Yalta Street 5, Berlin`), and,
in a line that tells of no goods, by a street or a place to eat or drink (`from Donetsk Coffee`). That has to
end what is said: in `to Simferopol street Lenina 5` and `to Donetsk coffee 20 t` something goes to the town.
Persons who are called like a country (`to Iran Castillo`) hold: nothing tells them from firms of that place
(`to Iran Steel`).
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
LEADING = TRANSPORT | frozenset(
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
_TABLES = frozenset("coffee cafe café bar club restaurant grill kebab bistro pizzeria bakery".split())
_LINKS = frozenset("the port city of region republic islamic г город м місто de la el".split())
_END = re.compile(r"\.?\s*(?:$|[,;:()/])")
_HOUSE = re.compile(r"\.?\s+(?:no\.?\s*)?[0-9]{1,4}[a-z]?\s*(?:$|[,;:()/])", re.IGNORECASE)
"""What ends a name: the line, a sign, and after a street its house's number."""

_REACH = 3
"""Words between a leading word and the place at most, all of them links: `to the port of Bandar Abbas`."""
_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")


class PlaceInText(NamedTuple):
    """A place in a text: line, the characters it takes, and why it counts."""

    line: int
    start: int
    end: int
    named: NamedPlace
    why: str


def find_in_text(gazetteer: Gazetteer, lines: Sequence[str]) -> list[PlaceInText]:
    """The sanctioned places that a text says money or goods go to or come from, one a regime."""
    found: dict[str, PlaceInText] = {}
    for at, line in enumerate(lines):
        for place in _in_line(gazetteer, at, line):
            found.setdefault(place.named.place.regime.id, place)
    return list(found.values())


def _in_line(gazetteer: Gazetteer, at: int, line: str) -> list[PlaceInText]:
    folded = line.casefold()
    if line.isascii() and gazetteer.first_words.isdisjoint(re.split(r"[^a-z0-9]+", folded)):
        return []
    words = [(match.start(), match.end(), match.group()) for match in _WORD.finditer(line)]
    spans: list[tuple[int, int, NamedPlace]] = []
    first = 0
    while first < len(words):
        named, size = _starting(gazetteer, words, first, line)
        if named is not None:
            spans.append((first, first + size, named))
        first += size
    found = []
    for number, (first, last, named) in enumerate(spans):
        why = _beside(spans, number)
        if why is None and not _borne(words, first, last, line):
            why = _leading(words, first, named)
        if why:
            found.append(PlaceInText(at, words[first][0], words[last - 1][1], named, why))
    return found


def _starting(
    gazetteer: Gazetteer, words: Sequence[tuple[int, int, str]], first: int, line: str
) -> tuple[NamedPlace | None, int]:
    """The longest place, spelt as known, that begins with a word, and how many words it takes; else one."""
    _, end, word = words[first]
    if not line.startswith(".", end):  # which folding leaves out: D.P.R.K.
        begins = [form.partition(" ")[0] for form in folded_forms(word)]
        if gazetteer.first_words.isdisjoint(begins):
            return None, 1
    for size in range(min(gazetteer.longest, len(words) - first), 0, -1):
        text = line[words[first][0] : words[first + size - 1][1]]
        for form in folded_forms(text):
            named = gazetteer.find_exact(form)
            if named is not None:
                return named, size
    return None, 1


def _leading(words: Sequence[tuple[int, int, str]], first: int, named: NamedPlace) -> str | None:
    place = named.place
    leading = TRANSPORT if place.shared and place.kind != "region" else LEADING
    for back in range(1, _REACH + 2):
        if first - back < 0:
            return None
        word = words[first - back][2].casefold()
        if word in leading:
            return f"after {word!r}"
        if word not in _LINKS:
            return None
    return None


def _borne(words: Sequence[tuple[int, int, str]], first: int, last: int, line: str) -> bool:
    """Whether only a street, or a place to eat or drink, bears the name."""
    if last == len(words) or not line[words[last - 1][1] : words[last][0]].isspace():
        return False
    bearer = words[last][2].casefold()
    rest = line[words[last][1] :]
    if bearer in _STREETS and _HOUSE.match(rest):
        return True
    if bearer not in _STREETS and bearer not in _TABLES:
        return False
    return _END.match(rest) is not None and GOODS.isdisjoint(word.casefold() for _, _, word in words)


def _beside(spans: Sequence[tuple[int, int, NamedPlace]], number: int) -> str | None:
    first, last, named = spans[number]
    for other in (number - 1, number + 1):
        if 0 <= other < len(spans):
            begins, ends, beside = spans[other]
            near = begins - last if other > number else first - ends
            if near == 0 and beside.place.regime is named.place.regime and beside.place != named.place:
                return f"beside {beside.place.name}"
    return None
