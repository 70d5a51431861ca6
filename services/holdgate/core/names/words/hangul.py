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


@cache
def letter_spellings() -> tuple[dict[str, frozenset[str]], ...]:
    """Return, for initial, medial and final letters, spelling -> all spellings of what it stands for."""
    return tuple(
        _equal_spellings(
            [[option.replace("-", "") for option in letter.split()] for letter in _table()[part]]
        )
        for part in ("initials", "medials", "finals")
    )


@cache
def syllable_spellings() -> dict[str, frozenset[str]]:
    """Return the same for the syllables that are also spelt otherwise."""
    return _equal_spellings([list(spellings(syllable)) for syllable in _table()["syllables"]])


def _equal_spellings(groups: list[list[str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for group in groups:
        for spelling in group:
            found.setdefault(spelling, set()).update(group)
    return {spelling: frozenset(group) for spelling, group in found.items()}
