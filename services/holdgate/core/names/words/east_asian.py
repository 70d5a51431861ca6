"""East Asian names in Latin letters and in Cyrillic: read a Korean or Chinese name as its syllables.

A syllable is spelt in many ways (Jeong, Jong, Jung, Chung), and all of them agree only together: so a name is
read in syllables if its first or last word is a surname and all its words are syllables
(`data/east-asian.toml`).
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import islice, product
from typing import Any, NamedTuple

from holdgate.core.model.evidence import How
from holdgate.core.names.words.hangul import letter_spellings, spellings, syllable_spellings
from holdgate.core.names.words.phonetics import phonetic_key
from holdgate.core.names.words.tokens import Token

MAX_GIVEN_SYLLABLES = 2
MAX_SPLITS = 3
"""Ways of splitting a name into syllables that are compared: Jeongeun is Jeong-eun or Jeon-geun."""


class System(NamedTuple):
    """A romanisation: the script it stands for, surnames, and parts of its syllables.

    `parts` are, for each part of a syllable in order, spelling -> the other spellings; `words` are whole
    syllables likewise. What matches `no_syllable` is none, though its parts are.
    """

    script: str
    surnames: frozenset[str]
    syllable: re.Pattern[str]
    parts: tuple[dict[str, frozenset[str]], ...]
    words: dict[str, frozenset[str]]
    no_syllable: re.Pattern[str]


def _table() -> dict[str, Any]:
    text = files("holdgate.core.names").joinpath("data", "east-asian.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _pattern(parts: Iterable[dict[str, frozenset[str]]]) -> re.Pattern[str]:
    options = ("|".join(sorted(map(re.escape, part), key=len, reverse=True)) for part in parts)
    return re.compile("".join(f"({option})" for option in options))


@cache
def _systems() -> tuple[System, ...]:
    table = _table()
    parts = letter_spellings()
    surnames = frozenset(
        spelling
        for surname in table["korean"]["surnames"].split()
        if len(surname) == 1
        for spelling in spellings(surname)
    )
    korean = System("Hangul", surnames, _pattern(parts), parts, syllable_spellings(), re.compile("(?!)"))
    wade_giles = table["wade-giles"]
    parts = _initials_and_finals(wade_giles)
    no_pinyin = re.compile(wade_giles["not-pinyin"])
    surnames = frozenset(wade_giles["surnames"].split())
    words = {spelling: frozenset(stands_for.split()) for spelling, stands_for in wade_giles["words"].items()}
    return korean, System("Han", surnames, _pattern(parts), parts, words, no_pinyin)


@cache
def _palladius() -> System:
    """Return the Cyrillic spelling of Chinese names; its surnames are in Pinyin."""
    parts = _initials_and_finals(_table()["palladius"])
    return System("Han", frozenset(_table()["surnames"]), _pattern(parts), parts, {}, re.compile("(?!)"))


def _initials_and_finals(table: Mapping[str, Any]) -> tuple[dict[str, frozenset[str]], ...]:
    return tuple(
        {
            spelling: frozenset(stands_for.replace("-", "").split() or [""])
            for spelling, stands_for in table[part].items()
        }
        for part in ("initials", "finals")
    )


@cache
def east_asian_surnames() -> frozenset[str]:
    """Return Chinese and Korean surnames in all romanisations."""
    spelt = (*_systems(), _palladius())
    return frozenset(chinese_surnames()).union(*(system.surnames for system in spelt))


@cache
def chinese_surnames() -> dict[str, frozenset[str]]:
    """Return the surnames of Hong Kong, Singapore and Malaysia -> those in Pinyin."""
    found: dict[str, set[str]] = {}
    for pinyin, spelt in _table()["surnames"].items():
        for spelling in spelt.split():
            found.setdefault(spelling, set()).add(pinyin)
    return {spelling: frozenset(surnames - {spelling}) for spelling, surnames in found.items()}


def is_syllables(word: str) -> bool:
    """Return whether a word in Latin letters is one or two syllables of Korean, or of Chinese in Pinyin."""
    return any(next(_splits([word], system), None) is not None for system in (_systems()[0], _pinyin()))


@cache
def _pinyin() -> System:
    """Return the syllables of Pinyin, which are those that the Cyrillic ones stand for."""
    parts: tuple[dict[str, frozenset[str]], ...] = tuple(
        {spelling: frozenset() for options in part.values() for spelling in options}
        for part in _palladius().parts
    )
    return System("Han", frozenset(), _pattern(parts), parts, {}, re.compile("(?!)"))


def syllabic_readings(tokens: tuple[Token, ...]) -> list[tuple[Token, ...]]:
    """Return the tokens of a person's name in Latin letters as syllables, once for each way to read it so."""
    if not 2 <= len(tokens) <= 1 + MAX_GIVEN_SYLLABLES:
        return []
    found: dict[tuple[Token, ...], None] = {}
    for i in (0, len(tokens) - 1):
        surname = tokens[i].form
        if surname not in east_asian_surnames():
            continue
        given = [token.form for token in tokens[:i] or tokens[1:]]
        for system in _systems():
            if surname in system.surnames:
                for split in islice(_splits(given, system), MAX_SPLITS):
                    syllables = [*split, surname] if i else [surname, *split]
                    read = tuple(
                        _as_syllable(syllable, system.script, _spellings(syllable, system))
                        for syllable in syllables
                    )
                    if system.script == "Hangul" or any(_is_respelt(token) for token in read):
                        found[read] = None
        if surname in chinese_surnames():
            read_surname = _as_syllable(surname, "Han", chinese_surnames()[surname])
            found[(*tokens[:i], read_surname, *tokens[i + 1 :])] = None
    return list(found)


def cyrillic_readings(tokens: tuple[Token, ...]) -> list[tuple[Token, ...]]:
    """Return the tokens of a person's name in Cyrillic as syllables, if it may be Chinese: Ван Дунмин."""
    system = _palladius()
    if not 2 <= len(tokens) <= 1 + MAX_GIVEN_SYLLABLES:
        return []
    found: dict[tuple[Token, ...], None] = {}
    for i in (0, len(tokens) - 1):
        surname = tokens[i].written
        if system.surnames.isdisjoint(_spellings(surname, system)):
            continue
        given = [token.written for token in tokens[:i] or tokens[1:]]
        for split in islice(_splits(given, system), MAX_SPLITS):
            spelt = [
                sorted(_spellings(syllable, system))
                for syllable in ([*split, surname] if i else [surname, *split])
            ]
            found[tuple(_as_syllable(options[0], system.script, options) for options in spelt)] = None
    return list(found)


def _as_syllable(form: str, script: str, spelt: Iterable[str]) -> Token:
    readings: tuple[tuple[str, How], ...] = tuple((spelling, "translit") for spelling in sorted(spelt))
    return Token(form, form, phonetic_key(form), "word", script, readings)


def _is_respelt(token: Token) -> bool:
    """Return whether a syllable is spelt otherwise in Pinyin."""
    return all(spelling != token.form for spelling, _ in token.readings)


def _splits(words: list[str], system: System) -> Iterator[list[str]]:
    """Yield the given names as one or two syllables."""
    if all(_is_syllable(word, system) for word in words):
        yield words
    elif len(words) == 1:
        [word] = words
        for i in range(1, len(word)):
            if _is_syllable(word[:i], system) and _is_syllable(word[i:], system):
                yield [word[:i], word[i:]]


def _is_syllable(word: str, system: System) -> bool:
    return word in system.words or system.syllable.fullmatch(word) is not None


def _spellings(syllable: str, system: System) -> set[str]:
    """Return the spellings of a syllable."""
    found = set(system.words.get(syllable, ()))
    match = system.syllable.fullmatch(syllable)
    if match:
        options = (part[spelling] for part, spelling in zip(system.parts, match.groups(), strict=True))
        found.update("".join(parts) for parts in product(*options))
    return {spelling for spelling in found if not system.no_syllable.fullmatch(spelling)}
