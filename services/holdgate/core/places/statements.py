"""Statements around the name of a sanctioned place: goods come from there, or its government takes part.

`data/statements.toml` has the phrases. Words are given folded, as `fold_place_name` returns them.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Literal, NamedTuple

from holdgate.core.places.gazetteer import Form, fold_place_name
from holdgate.core.places.territories import territory_of

MAX_LINKS = 4
"""Maximum links between a phrase and the place: `PRODUCT OF THE ISLAMIC REPUBLIC IRAN`."""
MAX_LISTED = 8
"""Maximum words of other countries in one statement of origin: `ORIGIN TURKEY, CHINA AND IRAN`."""
MAX_SUBJECT = 8
"""Maximum words between `Ministry of` and its country. `Industry, Mine and Trade of` has six."""
MAX_SUBJECT_AFTER = 3
"""Maximum words between a country and its ministry after it: `Iran Foreign Affairs Ministry`."""


MIN_COUNTRY_LENGTH = 4
"""Shorter words name no other country: `to`, `la` and `of` are codes or names of one."""
_FOLLOWED_BY_PLACE = frozenset(("in", "by", "en", "im"))
"""After `made`: in `Sari made in India`, a sari comes from elsewhere."""


class PlaceStatement(NamedTuple):
    """A statement, from its first to before its last word, with the phrase that makes it one."""

    kind: Literal["origin", "government"]
    first: int
    end: int
    phrase: str


class Phrases:
    """Phrases found by their last or by their first word."""

    def __init__(self, by_language: Mapping[str, Iterable[str]]) -> None:
        self._by_last: dict[str, list[tuple[str, ...]]] = {}
        self._by_first: dict[str, list[tuple[str, ...]]] = {}
        phrases = {
            tuple(fold_place_name(phrase).split()) for group in by_language.values() for phrase in group
        }
        for phrase in sorted(phrases, key=len, reverse=True):
            self._by_last.setdefault(phrase[-1], []).append(phrase)
            self._by_first.setdefault(phrase[0], []).append(phrase)

    @property
    def last_words(self) -> frozenset[str]:
        """The last words of all phrases."""
        return frozenset(self._by_last)

    @property
    def first_words(self) -> frozenset[str]:
        """The first words of all phrases."""
        return frozenset(self._by_first)

    def ending_at(self, words: Sequence[str], end: int) -> int:
        """Return the number of words of the longest phrase that ends before a position, 0 if none does."""
        for phrase in self._by_last.get(words[end - 1], ()) if end else ():
            if end >= len(phrase) and tuple(words[end - len(phrase) : end]) == phrase:
                return len(phrase)
        return 0

    def starting_at(self, words: Sequence[str], start: int) -> int:
        """Return the number of words of the longest phrase that starts at a position, 0 if none does."""
        for phrase in self._by_first.get(words[start], ()) if start < len(words) else ():
            if tuple(words[start : start + len(phrase)]) == phrase:
                return len(phrase)
        return 0


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(map(fold_place_name, words))


_DATA = tomllib.loads(
    files("holdgate.core.places").joinpath("data", "statements.toml").read_text(encoding="utf-8")
)
_ORIGIN_BEFORE = Phrases(_DATA["origin"]["before"])
_ORIGIN_AFTER = Phrases(_DATA["origin"]["after"])
_BEFORE_CODES = Phrases({"any": _DATA["origin"]["before_codes"]})
_DENIALS = _folded(_DATA["origin"]["denials"])
_GOVERNMENT_BEFORE = Phrases(_DATA["government"]["before"])
_GOVERNMENT_AFTER = Phrases(_DATA["government"]["after"])
_REACHING = _folded(_DATA["government"]["reaching"]["any"])
_REACHING_AFTER = _folded(_DATA["government"]["reaching_after"]["any"])
_LINKS = _folded(_DATA["links"]["any"])
_ORIGIN_LINKS = _LINKS | _folded(_DATA["links"]["origin"])
_LISTING = _folded(_DATA["links"]["listing"])
_GOODS = _folded(_DATA["goods"]["names"])
_UNITS = _folded(_DATA["goods"]["units"])
GOVERNMENT_WORDS = frozenset(
    (*_GOVERNMENT_BEFORE.last_words, *_GOVERNMENT_AFTER.first_words, *_REACHING, *_REACHING_AFTER)
)
"""Every statement about a government has one of these words."""
UNSPACED_PHRASES = frozenset(
    phrase
    for side in ("before", "after")
    for kind in ("origin", "government")
    for language, group in _DATA[kind][side].items()
    if language in ("zh_ja", "ko")
    for phrase in group
)
"""Phrases of languages written without spaces, which have to be cut out of a run of characters."""
_POSTED_TO = "\u9a7b", "\u99d0", "\uc8fc"
"""Marks the host country of a mission: a Chinese embassy posted to Iran is not an Iranian one."""


def origin_of(words: Sequence[str], first: int, end: int, form: Form) -> PlaceStatement | None:
    """Return the statement that goods come from the place words[first:end], None if there is none."""
    if form == "code":
        start = _phrase_before(_BEFORE_CODES, words, first, _ORIGIN_LINKS)
    else:
        start = _phrase_before(_ORIGIN_BEFORE, words, first, _ORIGIN_LINKS, MAX_LISTED)
    if start is not None and not _is_denied(words, start):
        return PlaceStatement("origin", start, end, " ".join(words[start:first]))
    if form == "code":
        return None
    size, after = 0, end
    while not size and after < min(end + 3, len(words)):
        size = _ORIGIN_AFTER.starting_at(words, after)
        if not size and words[after] not in _ORIGIN_LINKS:
            break
        after += 1
    if size and words[after - 1 + size : after + size] and words[after - 1 + size] in _FOLLOWED_BY_PLACE:
        size = 0
    if size and not _is_denied(words, first):
        return PlaceStatement(
            "origin", first, after - 1 + size, " ".join(words[after - 1 : after - 1 + size])
        )
    if form == "adjective" and _has_measure(words):
        if end < len(words) and words[end] in _GOODS:
            return PlaceStatement("origin", first, end + 1, words[end])
        if first and words[first - 1] in _GOODS:  # `puros cubanos`
            return PlaceStatement("origin", first - 1, end, words[first - 1])
    return None


def government_of(words: Sequence[str], first: int, end: int) -> PlaceStatement | None:
    """Return the statement that names a mission or organ of the country words[first:end], if any."""
    start = _phrase_before(_GOVERNMENT_BEFORE, words, first, _LINKS)
    if start is None:
        start = _ministry_before(words, first)
    if start is not None and not (start and _names_country(words[start - 1])):
        return PlaceStatement("government", start, end, " ".join(words[start:first]))
    if first and words[first - 1].endswith(_POSTED_TO):
        return None
    after = end
    if after < len(words) and words[after].startswith(_POSTED_TO):
        after += 1
        if after < len(words) and not _GOVERNMENT_AFTER.starting_at(words, after):
            after += 1
    size = _GOVERNMENT_AFTER.starting_at(words, after)
    if not size:
        for position in range(end, min(end + MAX_SUBJECT_AFTER + 1, len(words))):
            if words[position] in _REACHING_AFTER:
                after, size = position, 1
    if size:
        return PlaceStatement("government", first, after + size, " ".join(words[end : after + size]))
    return None


def _names_country(word: str) -> bool:
    """Return whether a word is the name or adjective of any country."""
    return (len(word) >= MIN_COUNTRY_LENGTH or word in ("uk", "usa", "uae")) and territory_of(
        word
    ) is not None


def _phrase_before(
    phrases: Phrases, words: Sequence[str], first: int, links: frozenset[str], listed: int = 0
) -> int | None:
    """Return the start of a phrase before a place, with links and up to `listed` words of other countries."""
    links_left, end = MAX_LINKS, first
    while end:
        size = phrases.ending_at(words, end)
        if size:
            return end - size
        word = words[end - 1]
        if word in links and links_left:
            links_left -= 1
        elif listed and (word in _LISTING or _names_country(word)):
            listed -= 1
        else:
            return None
        end -= 1
    return None


def _ministry_before(words: Sequence[str], first: int) -> int | None:
    """Return the position of a ministry whose country stands after its subject; no other one in between."""
    for position in range(first - 1, max(-1, first - 2 - MAX_SUBJECT), -1):
        word = words[position]
        if word in _REACHING:
            return position
        if any(map(str.isdigit, word)) or _names_country(word):
            return None
    return None


def _is_denied(words: Sequence[str], start: int) -> bool:
    """Return whether the word before a statement denies it; links and the verb may stand between."""
    while start and words[start - 1] in _ORIGIN_LINKS:
        start -= 1
    return bool(start) and words[start - 1] in _DENIALS


def _has_measure(words: Sequence[str]) -> bool:
    """Return whether the text has a quantity with its unit: `5KG`, `20 tons`."""
    return any(
        word.lstrip("0123456789") in _UNITS and (word[0].isdigit() or words[position - 1].isdigit())
        for position, word in enumerate(words)
        if position or word[0].isdigit()
    )
