"""Hangul: the Latin spellings of a Korean syllable, by its letters (`data/hangul.toml`)."""

import tomllib
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any

_FIRST, _LAST, _MEDIALS, _FINALS = 0xAC00, 0xD7A3, 21, 28
"""The syllables in Unicode, and their arithmetic: initial, medial and final letters in that order."""


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(
        files("holdgate.core.names").joinpath("data", "hangul.toml").read_text(encoding="utf-8")
    )


def spellings(syllable: str) -> tuple[str, ...]:
    """Return the Latin spellings of one syllable, none for any other character."""
    if not _FIRST <= ord(syllable) <= _LAST:
        return ()
    table = _table()
    rest, final = divmod(ord(syllable) - _FIRST, _FINALS)
    initial, medial = divmod(rest, _MEDIALS)
    letters = (table["initials"][initial], table["medials"][medial], table["finals"][final])
    spelt = ["".join(parts).replace("-", "") for parts in product(*(options.split() for options in letters))]
    return tuple(dict.fromkeys((*spelt, *table["syllables"].get(syllable, "").split())))
