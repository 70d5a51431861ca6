"""Readings: other ways to read a name that was damaged, spread or glued together on its way.

Precedes the analysis of a query. Payment systems replace letters that they cannot encode by a sign, put
blanks, full stops or hyphens between all letters, write numbers and labels next to a name without a blank,
or join words as identifiers do (SergeiShoigu). The name as written is always matched too, and most names
have no other reading.
"""

import re
from collections import Counter
from collections.abc import Iterator

from holdgate.core.names.tokens import LOST_LETTER

_UNUSUAL = re.compile(
    r"[?*#_\ufffd]|[^\W\d_]\.[^\W\d_]|(?:^|\s)\.[^\W\d_]|\d{5}"
    r"|[a-zß-öø-ÿа-яё]{2}[A-ZÀ-ÖØ-ÞА-ЯЁ][^\W\d_]{2}"
    r"|(?<!\w)[^\W_](?:[\s.,/'_-]{1,4}[^\W_]){3}(?!\w)"
)
"""Anything that may be read in another way."""
_SPREAD = re.compile(r"(?<!\w)[^\W_](?:[\s.,/'_-]{1,4}[^\W_](?![^\W_])){3,}")
"""Four or more single characters with something between them."""
_SEPARATOR = re.compile(r"[\s.,/'_-]+")
_MIN_SPREAD_LETTERS = 3
_CASE_CHANGE = re.compile(r"(?<=[a-zß-öø-ÿа-яё]{2})(?=[A-ZÀ-ÖØ-ÞА-ЯЁ][^\W\d_]{2})")
_LABELLED_NUMBER = re.compile(r"(?:(?<!\w)[^\W\d_]{1,4}[.:/ ]?)?\d{5,}")
_NUMBER = re.compile(r"\d{5,}")
"""Digits of an account, a tax number or an invoice. Fewer may be part of a name (3M, 5th) or misread letters
(V1ADIMIR)."""
_SIGNED_WORD = re.compile(r"(?<![^\W_])[^\W_]*(?:[?*#\ufffd]+[^\W_]*)+")
_POINTED_WORD = re.compile(r"(?<![^\s\"'(])\.?[^\W\d]+(?:\.[^\W\d]+)*")
_SIGNS = re.compile(r"[?*#\ufffd._]+")
MAX_LOST = 3
"""Maximum signs in a row, and places in a word, that are read as lost letters: two signs are one letter that
was cut into its UTF-8 bytes, three are masking (PUT***)."""


MAX_LENGTH = 140
"""Characters up to which every reading is matched, the length of a name in ISO 20022. Of the readings of a
longer name only the last two are."""


def readings(text: str) -> tuple[str, ...]:
    """Return the text and, if it is unusual, its other readings. Lost letters are LOST_LETTER in them."""
    if not _UNUSUAL.search(text):
        return (text,)
    others = [*_other_readings(text)]
    if len(text) > MAX_LENGTH:
        others = others[-2:]
    return tuple(dict.fromkeys((text, *others)))


def _other_readings(text: str) -> Iterator[str]:
    """Yield readings in which more and more is undone: glued numbers, spread letters, lost letters."""
    if _NUMBER.search(text):
        yield _LABELLED_NUMBER.sub(" ", text)
        text = _NUMBER.sub(" ", text)
        yield text
    joined = _SPREAD.sub(_join_letters, text)
    yield joined
    signed = _SIGNED_WORD.sub(_mark_lost, joined)
    yield signed
    yield _CASE_CHANGE.sub(" ", signed)
    yield _POINTED_WORD.sub(_mark_lost, signed)


def _join_letters(match: re.Match[str]) -> str:
    """Join single letters. The commonest separator is inside words, any other one separates words."""
    run = match.group()
    if sum(map(str.isalpha, run)) < _MIN_SPREAD_LETTERS:
        return run
    separators = Counter(_SEPARATOR.findall(run))
    inside = separators.most_common(1)[0][0]
    return _SEPARATOR.sub(lambda separator: "" if separator.group() == inside else " ", run)


def _mark_lost(match: re.Match[str]) -> str:
    """Replace the signs in a word by LOST_LETTER if most of the word is letters."""
    word = match.group()
    pieces = _SIGNS.split(word)
    signs = _SIGNS.findall(word)
    letters = sum(map(len, pieces))
    lost = sum(map(len, signs))
    if letters <= lost or len(signs) > MAX_LOST or max(map(len, signs), default=0) > MAX_LOST:
        return word
    if "." in word and max(map(len, pieces)) < 2:  # initials: J.R.R.
        return word
    return _SIGNS.sub(lambda sign: LOST_LETTER * len(sign.group()), word)
