"""Respellings: a word in Latin letters as the lists would write it, if another language spelt it.

German writes Michail and Dschabur, Dutch Timosjenko, Turkish Cemal for what the lists romanise in English. A
reading is looked up by its pronunciation alone (`data/respellings.toml`).
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

END = "$"
"""The end of a word in the table."""
MIN_RESPELT_LETTERS = 5
"""Letters of a word from which it is respelt, unless a reading says otherwise."""


class _Reading(NamedTuple):
    """The letters, one of which a word has, what is replaced in it, and the fewest letters of a word."""

    parts: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    min_letters: int


class _SoundReading(NamedTuple):
    """The same, but what is replaced in the phonetic key, and letters of the listed words that are meant."""

    parts: tuple[str, ...]
    old: str
    new: str
    listed: str


@cache
def _readings() -> tuple[tuple[_Reading, ...], tuple[_SoundReading, ...]]:
    text = files("holdgate.core.names").joinpath("data", "respellings.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    spelt = (
        _Reading(
            tuple(reading["if"]),
            tuple((old, new) for old, new in reading["replace"]),
            reading.get("letters", MIN_RESPELT_LETTERS),
        )
        for reading in table["reading"]
    )
    sounds = (
        _SoundReading(tuple(row["if"]), row["replace"][0], row["replace"][1], row["listed"])
        for row in table["sound"]
    )
    return tuple(spelt), tuple(sounds)


def respellings(form: str) -> list[str]:
    """Return the other spellings of a romanised form, without the form itself."""
    found: list[str] = []
    whole = form + END
    for parts, pairs, min_letters in _readings()[0]:
        if len(form) >= min_letters and any([part in whole for part in parts]):  # noqa: C419 - a list is faster
            word = whole
            for old, new in pairs:
                if old in word:
                    word = word.replace(old, new)
            if word != whole and word[:-1] not in found:
                found.append(word[:-1])
    return found


def respelt_keys(form: str, key: str) -> list[tuple[str, str]]:
    """Return the phonetic keys that a romanised form may have as the lists spell it, each with letters that
    the listed words have; `key` is its own."""
    if len(form) < MIN_RESPELT_LETTERS:
        return []
    whole, key = form + END, key + END
    return [
        (key.replace(old, new)[:-1], listed)
        for parts, old, new, listed in _readings()[1]
        if old in key and any([part in whole for part in parts])  # noqa: C419 - a list is faster
    ]
