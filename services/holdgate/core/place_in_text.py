"""A sanctioned place inside free text: where the text says that money or goods go there or come from it.

A place in a text is mostly a subject and not a destination (`museum of Luhansk`, `Yalta conference`). It
counts
- after a word that leads somewhere: a preposition (`to Tehran`, `nach Teheran`), a term of delivery (`CIF
  Bandar Abbas`) or a word of transport (`port of loading`, `destination`), or
- beside its own country or region, as in an address (`Tehran, Iran`, `Yalta (Krym)`).
A town whose name others bear too (`Damascus`) needs a word of transport, or its country.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from holdgate.core.gazetteer import Gazetteer, Named, forms

TRANSPORT = frozenset(
    "destination dest origin port pol pod discharge loading consignee fob cif cfr cpt cip dap dpu ddp fca "
    "fas exw daf des ddu deliver delivery delivered ship shipped shipment export exported import imported "
    "порт".split()
)
LEADING = TRANSPORT | frozenset(
    "to from via into toward towards through nach aus von bis ab vers depuis pour hasta desde para da per "
    "dal al verso из в до на через откуда куда из-под від з у إلى من الى 从 到 自 至".split()
)
_LINKS = frozenset("the port city of region republic islamic г город м місто de la el".split())
_REACH = 3
"""Words between a leading word and the place at most, all of them links: `to the port of Bandar Abbas`."""
_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")


class Found(NamedTuple):
    """A place in a text: line, the characters it takes, and why it counts."""

    line: int
    start: int
    end: int
    named: Named
    why: str


def find(gazetteer: Gazetteer, lines: Sequence[str]) -> list[Found]:
    """The sanctioned places that a text says money or goods go to or come from, one a regime."""
    found: dict[str, Found] = {}
    for at, line in enumerate(lines):
        for place in _in_line(gazetteer, at, line):
            found.setdefault(place.named.place.regime.id, place)
    return list(found.values())


def _in_line(gazetteer: Gazetteer, at: int, line: str) -> list[Found]:
    folded = line.casefold()
    if line.isascii() and gazetteer.first_words.isdisjoint(re.split(r"[^a-z0-9]+", folded)):
        return []
    words = [(match.start(), match.end(), match.group()) for match in _WORD.finditer(line)]
    spans: list[tuple[int, int, Named]] = []
    first = 0
    while first < len(words):
        named, size = _starting(gazetteer, words, first, line)
        if named is not None:
            spans.append((first, first + size, named))
        first += size
    found = []
    for number, (first, last, named) in enumerate(spans):
        why = _leading(words, first, named) or _beside(spans, number)
        if why:
            found.append(Found(at, words[first][0], words[last - 1][1], named, why))
    return found


def _starting(
    gazetteer: Gazetteer, words: Sequence[tuple[int, int, str]], first: int, line: str
) -> tuple[Named | None, int]:
    """The longest place, spelt as known, that begins with a word, and how many words it takes; else one."""
    for size in range(min(gazetteer.longest, len(words) - first), 0, -1):
        text = line[words[first][0] : words[first + size - 1][1]]
        for form in forms(text):
            named = gazetteer.spelt(form)
            if named is not None:
                return named, size
    return None, 1


def _leading(words: Sequence[tuple[int, int, str]], first: int, named: Named) -> str | None:
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


def _beside(spans: Sequence[tuple[int, int, Named]], number: int) -> str | None:
    first, last, named = spans[number]
    for other in (number - 1, number + 1):
        if 0 <= other < len(spans):
            begins, ends, beside = spans[other]
            near = begins - last if other > number else first - ends
            if near == 0 and beside.place.regime is named.place.regime and beside.place != named.place:
                return f"beside {beside.place.name}"
    return None
