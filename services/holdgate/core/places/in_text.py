"""Find sanctioned places in free text that says money or goods go there or come from there.

A place in a text is usually a subject, not a destination (`museum of Luhansk`, `Yalta conference`). It counts
- after a word of direction: a preposition (`to Tehran`, `nach Teheran`), a delivery term (`CIF Bandar Abbas`)
  or a word of transport (`port of loading`, `destination`), or
- next to its own country or region, as in an address (`Tehran, Iran`, `Yalta (Krym)`).

A town that shares its name with places elsewhere (`Damascus`) needs a word of transport, or its country.

It also counts in a statement that goods come from there (`product of Iran`, `Cuban-made`) or that a mission
or organ of its government takes part (`Embassy of Cuba`, `Iranian Ministry of Health`): see `statements.py`.
An adjective (`Iranian`) counts only there.

Lines are read as one text: a phrase or a name may begin on one line and end on the next.

It does not count if it is only part of another name: that of a street with a house number (`to Yalta Street
5, Berlin`) or, in a line that mentions no goods, that of a street or a café (`from Donetsk Coffee`). The
phrase has to end there: in `to Simferopol street Lenina 5` and `to Donetsk coffee 20 t` something goes to the
town.

A person named like a country (`to Iran Castillo`) causes a hold: nothing distinguishes such a name from
that of a firm in the country (`to Iran Steel`).
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from importlib.resources import files
from itertools import pairwise
from typing import Literal, NamedTuple

from holdgate.core.places.gazetteer import (
    Form,
    NamedPlace,
    folded_forms,
)
from holdgate.core.places.statements import PlaceStatement, government_of, origin_of
from holdgate.core.places.text_words import JOINED_BY, WordInLine, original_text

_WORDS = {
    group: frozenset(words)
    for group, words in tomllib.loads(
        files("holdgate.core.places").joinpath("data", "directions.toml").read_text(encoding="utf-8")
    ).items()
}
TRANSPORT = _WORDS["transport"]
DIRECTION = TRANSPORT | _WORDS["direction"]
GOODS = TRANSPORT | _WORDS["goods"]

_END = re.compile(r"\.?\s*(?:$|[,;:()/])")
_HOUSE = re.compile(r"\.?\s+(?:no\.?\s*)?[0-9]{1,4}[a-z]?\s*(?:$|[,;:()/])", re.IGNORECASE)
"""The end of a name: the end of the line or a punctuation mark, in _HOUSE after the house number."""

_MAX_LINKS = 3
"""Maximum number of links between a word of direction and the place: `to the port of Bandar Abbas`."""
MAX_PIECES = 8
"""Maximum pieces of a word that has full stops or apostrophes: `D.P.R.K.` has four."""
Why = Literal["direction", "beside", "origin", "government"]


class PlaceInText(NamedTuple):
    """A place in a text: line, start and end in characters, its words, and why it counts.

    The words of a statement include its phrase. If they end on a later line, so do they, and `end` is the end
    of the first line.
    """

    line: int
    start: int
    end: int
    words: str
    named: NamedPlace
    kind: Why
    why: str


class NamedSpan(NamedTuple):
    """A place named by words[first:end]."""

    first: int
    end: int
    named: NamedPlace
    form: Form


class PlaceText:
    """The words of a text and the places that they name."""

    def __init__(self, lines: Sequence[str], words: list[WordInLine]) -> None:
        self.lines = lines
        self.words = words
        self.spans: list[NamedSpan] = []

    @cached_property
    def folded_words(self) -> list[str]:
        """The words as phrases are compared."""
        return [forms[0] for forms in self.forms]

    @cached_property
    def forms(self) -> list[tuple[str, ...]]:
        """The folded forms of each word."""
        return [
            (word.text.casefold(),) if word.text.isascii() else folded_forms(word.text) for word in self.words
        ]

    def readings(self, position: int) -> Iterator[tuple[tuple[str, ...], int]]:
        """Yield the folded forms of the word at a position and the position after it.

        The word may have more pieces: `P'yongyang`, `D.P.R.K.`, and at the end of a line that breaks it.
        """
        yield self.forms[position], position + 1
        if self.ends_piece[position] and not (position and self.ends_piece[position - 1] == "joined"):
            end = position + 1
            while end - position < MAX_PIECES and self.ends_piece[end - 1] == "joined":
                end += 1
            end = max(end, position + 2)
            yield folded_forms("".join(word.text for word in self.words[position:end])), end

    @cached_property
    def ends_piece(self) -> list[Literal["joined", "line", ""]]:
        """How each word may go on: folding joins it with the next, or its line ends; empty if it does not."""
        ends: list[Literal["joined", "line", ""]] = []
        for (line, _, end, _), after in pairwise(self.words):
            if line != after.line:
                ends.append("line")
            elif after.start == end + 1 and self.lines[line][end] in JOINED_BY:
                ends.append("joined")
            else:
                ends.append("")
        return [*ends, ""]

    def place(self, span: NamedSpan, first: int, end: int, kind: Why, why: str) -> PlaceInText:
        """Return the place of a span, written as words[first:end]."""
        start, last = self.words[first], self.words[end - 1]
        stop = last.end if last.line == start.line else len(self.lines[start.line])
        return PlaceInText(
            start.line,
            start.start,
            stop,
            original_text(self.words, first, end, self.lines),
            span.named,
            kind,
            why,
        )


Judge = Callable[[PlaceText, int], PlaceInText | None]


def judge_origin(text: PlaceText, position: int) -> PlaceInText | None:
    """Return a place that goods come from."""
    span = text.spans[position]
    return _stated(text, span, origin_of(text.folded_words, span.first, span.end, span.form))


def judge_government(text: PlaceText, position: int) -> PlaceInText | None:
    """Return the country of a mission or organ of its government."""
    span = text.spans[position]
    place = span.named.place
    if span.form == "code" or place.kind != "region" or not place.regime.government:
        return None
    statement = government_of(text.folded_words, span.first, span.end)
    if statement and not _WORDS["cafes"].isdisjoint(text.folded_words[statement.end : statement.end + 1]):
        return None  # `Cuban Embassy Restaurant`
    return _stated(text, span, statement)


def judge_state(text: PlaceText, position: int) -> PlaceInText | None:
    """Return the country whose full name is the whole first line, such as `Islamic Republic of Iran`."""
    span = text.spans[position]
    is_name = span.form == "name" and span.named.place.kind == "region" and span.named.place.regime.government
    is_line = not span.first and (span.end == len(text.words) or text.words[span.end].line)
    if is_name and is_line and span.end > 1 and not text.words[span.end - 1].line:
        return text.place(span, span.first, span.end, "government", "the whole name")
    return None


def _stated(text: PlaceText, span: NamedSpan, statement: PlaceStatement | None) -> PlaceInText | None:
    if statement is None:
        return None
    why = f"{statement.kind}: {statement.phrase!r}"
    return text.place(span, statement.first, statement.end, statement.kind, why)


def judge_neighbour(text: PlaceText, position: int) -> PlaceInText | None:
    """Return a place that stands next to another one of its regime."""
    return _neighbour(text, position)


def judge_town_and_region(text: PlaceText, position: int) -> PlaceInText | None:
    """Return a place next to its region, or a region next to one of its places; two towns may be names."""
    return _neighbour(text, position, with_region=True)


def _neighbour(text: PlaceText, position: int, with_region: bool = False) -> PlaceInText | None:
    span = text.spans[position]
    place = span.named.place
    if span.form in ("adjective", "code"):
        return None
    for neighbour in (position - 1, position + 1):
        if 0 <= neighbour < len(text.spans):
            other = text.spans[neighbour]
            distance = other.first - span.end if neighbour > position else span.first - other.end
            if distance or other.form in ("adjective", "code"):
                continue
            found = other.named.place
            if with_region and "region" not in (place.kind, found.kind):
                continue
            if found.regime is place.regime and found != place:
                return text.place(span, span.first, span.end, "beside", f"beside {found.name}")
    return None


def judge_direction(text: PlaceText, position: int) -> PlaceInText | None:
    """Return a place after a word of direction, unless it is only part of a name."""
    span = text.spans[position]
    if span.form in ("adjective", "code") or _is_part_of_a_name(text, span.end):
        return None
    place = span.named.place
    direction = TRANSPORT if place.shared and place.kind != "region" else DIRECTION
    if span.form == "declined":
        direction -= _WORDS["location"]
    for back in range(1, _MAX_LINKS + 2):
        if span.first - back < 0:
            return None
        word = text.words[span.first - back].text.casefold()
        if word in direction:
            return text.place(span, span.first, span.end, "direction", f"after {word!r}")
        if word not in _WORDS["links"]:
            return None
    return None


def _is_part_of_a_name(text: PlaceText, end: int) -> bool:
    """Return whether the place is only part of the name of a street, or of somewhere to eat or drink."""
    words = text.words
    if end == len(words) or words[end].line != words[end - 1].line:
        return False
    line = text.lines[words[end].line]
    if not line[words[end - 1].end : words[end].start].isspace():
        return False
    next_word = words[end].text.casefold()
    rest = line[words[end].end :]
    if next_word in _WORDS["streets"] and _HOUSE.match(rest):
        return True
    if next_word not in _WORDS["streets"] and next_word not in _WORDS["cafes"]:
        return False
    in_line = (word.text.casefold() for word in words if word.line == words[end].line)
    return _END.match(rest) is not None and GOODS.isdisjoint(in_line)
