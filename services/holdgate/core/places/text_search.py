"""Search texts and names for sanctioned places: words -> named places -> why they count (`in_text.py`)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from holdgate.core.characters.passages import Excerpt, excerpt_of
from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.places.gazetteer import (
    CACHED_NAMES,
    MAX_ROMANISED,
    Gazetteer,
    fold_place_name,
    folded_forms,
)
from holdgate.core.places.in_text import (
    DIRECTION,
    Judge,
    NamedSpan,
    PlaceInText,
    PlaceText,
    judge_direction,
    judge_government,
    judge_neighbour,
    judge_origin,
    judge_state,
    judge_town_and_region,
)
from holdgate.core.places.statements import GOVERNMENT_WORDS, UNSPACED_PHRASES
from holdgate.core.places.text_words import JOINED_BY, ascii_words, is_unspaced, runs_of, split_words

MAX_NAMED = 500
"""Maximum names of places in a text that are judged: 500 take 8 ms, ordinary texts have few."""
_JOINERS = re.compile("[" + "".join(JOINED_BY) + "]")
_ROMANISED = re.compile("[\u0370-\u058f\u10a0-\u10ff]")
"""Letters of the scripts whose country names are known romanised: Greek, Cyrillic, Armenian, Georgian."""


class TextPlaces(NamedTuple):
    """The places in one text, one per regime; `complete`: every place that it names was judged."""

    places: list[PlaceInText]
    complete: bool


NO_PLACES = TextPlaces([], True)


class PlaceSearch:
    """Searches texts and names for the places of a gazetteer."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        self._by_name: BoundedCache[tuple[str, ...], TextPlaces] = BoundedCache(CACHED_NAMES)
        self._name_words = gazetteer.text_words | GOVERNMENT_WORDS
        self._runs = runs_of((*gazetteer.text_forms, *UNSPACED_PHRASES, *DIRECTION))

    def find_in_text(self, lines: Sequence[str]) -> TextPlaces:
        """Return the first place per regime that gives a reason to hold the payment."""
        return self._find(lines, (judge_origin, judge_government, judge_neighbour, judge_direction))

    def find_in_name(self, name: str, continuation: Iterable[str] = ()) -> TextPlaces:
        """Return the first place per regime that a name is an organ of, or gives as town and country.

        It may end on one of the lines that continue the name; what begins on one of them does not count.
        """
        if name.isascii() and self._name_words.isdisjoint(ascii_words(name)):
            return NO_PLACES
        lines = (name, *continuation)
        search = self._by_name.get(lines)
        if search is None:
            search = self._find(lines, (judge_government, judge_state, judge_town_and_region))
            search = search._replace(places=[place for place in search.places if place.line == 0])
            self._by_name[lines] = search
        return search

    def find_government(self, lines: Sequence[str]) -> PlaceInText | None:
        """Return the first mission or organ of a sanctioned government in the lines, if any."""
        if all(line.isascii() and GOVERNMENT_WORDS.isdisjoint(ascii_words(line)) for line in lines):
            return None
        return next(iter(self._find(lines, (judge_government,)).places), None)

    def _find(self, lines: Sequence[str], judges: Sequence[Judge]) -> TextPlaces:
        excerpt = excerpt_of(lines)
        if excerpt is None:
            return self._find_in_lines(lines, judges)
        places, is_complete = self._find_in_lines(excerpt.lines, judges)
        return TextPlaces([_in_whole_text(place, excerpt) for place in places], is_complete)

    def _find_in_lines(self, lines: Sequence[str], judges: Sequence[Judge]) -> TextPlaces:
        if not self._may_name_a_place(lines):
            return NO_PLACES
        text = PlaceText(lines, list(split_words(lines, self._runs)))
        text.spans = list(islice(self._spans(text), MAX_NAMED))
        by_regime: dict[str, PlaceInText] = {}
        for position, span in enumerate(text.spans):
            regime = span.named.place.regime.id
            if regime not in by_regime:
                found = (judge(text, position) for judge in judges)
                place = next((place for place in found if place is not None), None)
                if place is not None:
                    by_regime[regime] = place
        return TextPlaces(list(by_regime.values()), len(text.spans) < MAX_NAMED)

    def _may_name_a_place(self, lines: Sequence[str]) -> bool:
        """Return False if no word of the lines begins the name of a place: most texts end here."""
        first_words = self.gazetteer.text_words
        last_word = ""
        for line in lines:
            if line.isascii():
                words = ascii_words(line)
                if "'" in line:
                    words += ascii_words(line.replace("'", ""))
            else:
                if len(line) > MAX_ROMANISED or (is_unspaced(line) and self._runs.search(line)):
                    return True
                words = fold_place_name(line).split()
                if not JOINED_BY.isdisjoint(line):
                    words += fold_place_name(_JOINERS.sub(" ", line)).split()
                if _ROMANISED.search(line):
                    words += folded_forms(line)[-1].split()
            if not first_words.isdisjoint(words):
                return True
            if words:
                if last_word + words[0] in first_words:
                    return True
                last_word = words[-1]
        return False

    def _spans(self, text: PlaceText) -> Iterator[NamedSpan]:
        first = 0
        while first < len(text.words):
            span = self._span_at(text, first)
            if span is not None:
                yield span
            first = first + 1 if span is None else span.end

    def _span_at(self, text: PlaceText, first: int) -> NamedSpan | None:
        """Return the longest form of a place that begins at a word, None if none begins there."""
        gazetteer = self.gazetteer
        if gazetteer.text_words.isdisjoint(text.forms[first]) and not text.ends_piece[first]:
            return None
        longest: NamedSpan | None = None
        unfinished = [("", first)]
        while unfinished:
            beginning, position = unfinished.pop()
            for forms, end in text.readings(position):
                names = [beginning + form for form in forms]
                found = next(filter(None, map(gazetteer.find_in_text, names)), None)
                if found is not None and (longest is None or end > longest.end):
                    longest = NamedSpan(first, end, *found)
                if end < len(text.words):
                    unfinished += [(f"{name} ", end) for name in names if name in gazetteer.name_beginnings]
                if found is not None:
                    break  # a name is not glued to the word after it
        code = gazetteer.codes.get(text.words[first].text)
        return longest if longest or code is None else NamedSpan(first, first + 1, *code)


def _in_whole_text(place: PlaceInText, excerpt: Excerpt) -> PlaceInText:
    """Return a place that was found in an excerpt with its position in the whole text."""
    line, offset = excerpt.places[place.line]
    return place._replace(line=line, start=place.start + offset, end=place.end + offset)
