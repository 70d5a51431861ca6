"""Readings: other ways to read a name that was damaged, spread or glued together on its way.

Precedes the analysis of a query, and offers words to the search in text. Payment systems replace letters that
they cannot encode by a sign, put blanks, full stops or hyphens between all letters, write numbers and labels
next to a name without a blank, or join words as identifiers do (SergeiShoigu). What is written is always
compared too, and most names have no other reading.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from holdgate.core.names.words.machine_forms import without_machine_form
from holdgate.core.names.words.tokens import LOST_LETTER

_BETWEEN = r"\s.,/'_-"
_DAMAGED = (
    rf"[?*#\ufffd\d{_BETWEEN}](?:(?<=[?*#_\ufffd])|(?<=\.)[^\W\d_]"
    rf"|(?<=[{_BETWEEN}])[^\W_][{_BETWEEN}]{{1,4}}[^\W_][{_BETWEEN}]"
)
_UNUSUAL = re.compile(rf"{_DAMAGED}|(?<=\d)\d{{4}})")
"""Anything that may be read in another way. It begins with a set of characters, which makes the search five
times as fast as one of alternatives."""
_UNUSUAL_WORD = re.compile(rf"{_DAMAGED}|(?<=[^\W\d_]\d)\d{{4}}|(?<=\d{{5}})[^\W\d_])")
"""The same but for numbers that no letter touches: the other words of a text stay as they are."""
_SPREAD = re.compile(rf"(?<!\w)[^\W_](?:[{_BETWEEN}]{{1,4}}[^\W_](?![^\W_])){{3,}}")
"""Four or more single characters with something between them."""
_SEPARATOR = re.compile(rf"[{_BETWEEN}]+")
_MIN_SPREAD_LETTERS = 3
_CASE_CHANGE = re.compile(r"[A-ZÀ-ÖØ-ÞА-ЯЁ](?<=[a-zß-öø-ÿа-яё]{2}.)(?=[^\W\d_]{2})")
_LETTERS = re.compile(r"[^\W\d_]+")
_LABELLED_NUMBER = re.compile(r"(?:(?<!\w)[^\W\d_]{1,4}[.:/ ]?)?\d{5,}")
_NUMBER = re.compile(r"\d{5,}")
"""Digits of an account, a tax number or an invoice. Fewer may be part of a name (3M, 5th) or misread letters
(V1ADIMIR)."""
_LETTERS_AT_NUMBER = re.compile(r"(?<=\d{5})[^\W\d_]{2,}|(?<![^\W\d_])[^\W\d_]{2,}(?=\d{5})")
_SIGNED_WORD = re.compile(r"(?<![^\W_])[^\W_]*(?:[?*#\ufffd]+[^\W_]*)+")
_POINTED_WORD = re.compile(r"(?<![^\s\"'(])\.?[^\W\d]+(?:\.[^\W\d]+)*")
_SIGN, _POINT = re.compile(r"[?*#\ufffd]"), re.compile(r"_|\.[^\W\d]")
_SIGNS = re.compile(r"[?*#\ufffd._]+")
_FORMER = re.compile(
    r"(?i)(?<!\w)(?:ex|ex-names?|formerly(?: known as| named)?|previously|former name|renamed(?: to)?|now|"
    r"[fn]/?k/?a|[fn]kn)(?:[.:]|(?=\W))"
)
"""What stands between the name of a ship and one that it has had, or has now."""
MAX_LOST = 3
"""Maximum signs in a row, and places in a word, that are read as lost letters: two signs are one letter that
was cut into its UTF-8 bytes, three are masking (PUT***)."""
MAX_LENGTH = 140
"""Characters up to which every reading is matched, the length of a name in ISO 20022. Of the readings of a
longer name only the last two are."""


class RespeltWord(NamedTuple):
    """A word that a part of a text may be, with start and end (exclusive) of the part."""

    word: str
    start: int
    end: int


def readings(text: str) -> tuple[str, ...]:
    """Return the text and, if it is unusual, its other readings. Lost letters are LOST_LETTER in them."""
    plain = without_machine_form(text)  # once: percent signs may encode percent signs
    if plain != text:
        return tuple(dict.fromkeys((text, *_readings_of(plain))))
    return _readings_of(text)


def _readings_of(text: str) -> tuple[str, ...]:
    if not _UNUSUAL.search(text) and not _CASE_CHANGE.search(text):
        return (text,)
    others = [*_other_readings(text)]
    if len(text) > MAX_LENGTH:
        others = others[-2:]
    return tuple(dict.fromkeys((text, *others)))


def names_of_ship(text: str) -> tuple[str, ...]:
    """Return the text and the names that a ship has had: `OCEAN PEARL (EX LAODICEA)` has two."""
    parts = [part for part in _FORMER.split(text) if any(map(str.isalnum, part))]
    return (text, *parts) if _FORMER.search(text) else (text,)


def respellings(text: str) -> list[RespeltWord]:
    """Return the words of a text that may be read in another way, one reading each, in their order."""
    has_case_change = _CASE_CHANGE.search(text) is not None
    if not has_case_change and not _UNUSUAL_WORD.search(text):
        return []
    found: list[RespeltWord] = []
    for run in _SPREAD.finditer(text):
        found += _spread_words(run)
    for pattern, sign in ((_SIGNED_WORD, _SIGN), (_POINTED_WORD, _POINT)):
        for match in pattern.finditer(text) if sign.search(text) else ():
            if (word := _mark_lost(match)) != match.group():
                found.append(RespeltWord(word, *match.span()))
    for match in _LETTERS_AT_NUMBER.finditer(text) if _NUMBER.search(text) else ():
        found.append(RespeltWord(match.group(), *match.span()))
    for match in _LETTERS.finditer(text) if has_case_change else ():
        found += _camel_case_words(match)
    return _without_overlaps(found) if found else found


def _without_overlaps(found: list[RespeltWord]) -> list[RespeltWord]:
    """Return the respellings in the order of the text, of overlapping ones the first that was found."""
    kept: list[RespeltWord] = []
    end = 0
    for respelling in sorted(found, key=attrgetter("start")):
        if respelling.start >= end:
            kept.append(respelling)
            end = respelling.end
    return kept


def _other_readings(text: str) -> Iterator[str]:
    """Yield readings in which more and more is undone: numbers, spread letters, lost letters."""
    if _NUMBER.search(text):
        yield _LABELLED_NUMBER.sub(" ", text)
        text = _NUMBER.sub(" ", text)
        yield text
    joined = _SPREAD.sub(lambda run: " ".join(word.word for word in _spread_words(run)), text)
    yield joined
    signed = _SIGNED_WORD.sub(_mark_lost, joined)
    yield signed
    yield _CASE_CHANGE.sub(r" \g<0>", signed)
    yield _POINTED_WORD.sub(_mark_lost, signed)


def _spread_words(run: re.Match[str]) -> list[RespeltWord]:
    """Return the words that single letters make up.

    The commonest separator is inside words, any other one separates words.
    """
    text, offset = run.group(), run.start()
    if sum(map(str.isalpha, text)) < _MIN_SPREAD_LETTERS:
        return [RespeltWord(text, *run.span())]
    inside = Counter(_SEPARATOR.findall(text)).most_common(1)[0][0]
    words: list[RespeltWord] = []
    start = 0
    for separator in (*_SEPARATOR.finditer(text), None):
        if separator is None or separator.group() != inside:
            end = separator.start() if separator else len(text)
            words.append(RespeltWord(text[start:end].replace(inside, ""), offset + start, offset + end))
            start = separator.end() if separator else end
    return words


def _camel_case_words(run: re.Match[str]) -> list[RespeltWord]:
    """Return the words of a run of letters in which the case changes, none if it does not."""
    text, offset = run.group(), run.start()
    starts = [0, *(change.start() for change in _CASE_CHANGE.finditer(text)), len(text)]
    words = [RespeltWord(text[start:end], offset + start, offset + end) for start, end in pairwise(starts)]
    return words if len(words) > 1 else []


def _mark_lost(match: re.Match[str]) -> str:
    """Replace the signs in a word by LOST_LETTER if most of the word is letters."""
    word = match.group()
    if word.isalpha():  # most words have no sign
        return word
    pieces = _SIGNS.split(word)
    signs = _SIGNS.findall(word)
    letters = sum(map(len, pieces))
    lost = sum(map(len, signs))
    if letters <= lost or len(signs) > MAX_LOST or max(map(len, signs), default=0) > MAX_LOST:
        return word
    if "." in word and max(map(len, pieces)) < 2:  # initials: J.R.R.
        return word
    return _SIGNS.sub(lambda sign: LOST_LETTER * len(sign.group()), word)
