"""Fold characters to what a reader sees: one function for every field that is compared, and for listed names.

`look-alikes.tsv` has the letters of other scripts and the enclosed, small and turned letters that look like
Latin ones; `deploy/data/build_look_alikes.py` makes it from Unicode's names and its table of confusables (UTS
39). Letters of scripts that are romanised (Cyrillic, Greek, Arabic) stay as they are, unless they are among
Latin letters of one word. Variants of Arabic letters that no romanisation knows become their base letter.
"""

import re
import unicodedata
from collections.abc import Mapping
from importlib.resources import files

MAX_MARKS = 4
"""Maximum combining marks on one base character: Vietnamese and pointed Hebrew need three."""

LOST_SIGN = "?"
"""Stands for a character that was lost before the message arrived: U+FFFD, private use, lone surrogates."""

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\u0334-\u0338\u0488\u0489\u20d2\u20d3\u20d8-\u20da\u20dd-\u20e0\u20e2-\u20e6\u20ea\u20eb]"
)
"""Characters without a shape of their own (Default_Ignorable_Code_Point, controls), and marks that strike a
letter through or enclose it."""

LOST_CHARACTER = re.compile("[\ufffd\ue000-\uf8ff\ud800-\udfff\U000f0000-\U0010ffff]")
_SIGNS = str.maketrans(
    {"\u00b4": "'", "\u02b9": "'", "\u2122": " ", "\u2120": " ", "\x85": " ", "\u2800": " ", "\u2adc": " "}
)
"""Signs whose compatibility forms would join or split words: an accent for an apostrophe, a trade mark."""

_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile("[A-Za-z]")
_RELATED = re.compile("[\u0370-\u058f]")
"""Letters of Greek to Armenian, the alphabets that share shapes with Latin."""


def _table(use: str) -> Mapping[int, str]:
    text = files("holdgate.core.characters").joinpath("data", "look-alikes.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line.startswith(f"{use}\t"))
    return {ord(char): replacement for _, replacement, chars in rows for char in chars}


_ANYWHERE = {**_SIGNS, **_table("any")}
_AMONG_LATIN = _table("latin")


def fold(text: str) -> str:
    """Return the text as a reader sees it, in NFKC, with invisible characters dropped and marks capped.

    Lost characters become `?`. Never raises on any string; folding twice is folding once.
    """
    if text.isascii():
        return text if text.isprintable() else _INVISIBLE.sub("", text)
    text = LOST_CHARACTER.sub(LOST_SIGN, _INVISIBLE.sub("", text)).translate(_ANYWHERE)
    if any(map(unicodedata.combining, text)):
        chars: list[str] = []
        marks = 0
        for char in text:
            marks = marks + 1 if unicodedata.combining(char) else 0
            if marks <= MAX_MARKS:
                chars.append(char)
        text = "".join(chars)
    text = unicodedata.normalize("NFKC", text).translate(_ANYWHERE)
    if not (_RELATED.search(text) and _LATIN.search(text)):
        return text
    return unicodedata.normalize("NFC", _WORD.sub(_fold_mixed, text))  # a mark may now join its new letter


def fold_code(value: str) -> str:
    """Return a number or code with all its letters as Latin ones, where each looks like one."""
    if value.isascii():
        return fold(value)
    folded = fold(value)
    return latin if (latin := folded.translate(_AMONG_LATIN)).isascii() else folded


def has_look_alikes(text: str) -> bool:
    """Return whether the text has letters that `fold` replaces by what they look like."""
    return not text.isascii() and (
        any(text[i] != char for i, char in enumerate(text.translate(_ANYWHERE)) if "A" <= char <= "z")
        or any(_fold_mixed(word) != word.group() for word in _WORD.finditer(text))
    )


def _fold_mixed(word: re.Match[str]) -> str:
    written = word.group()
    if not (_RELATED.search(written) and _LATIN.search(written)):
        return written
    folded = written.translate(_AMONG_LATIN)
    return folded if folded.isascii() else written
