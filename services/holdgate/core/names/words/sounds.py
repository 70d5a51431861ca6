"""Sounds: compare a word in another script with Latin spellings, by what its script can express.

Arabic has no p and writes few vowels; Korean has neither f nor v, and a vowel follows most consonants. So the
consonants of a word and of a listed form are reduced to those that the script tells apart
(`data/sounds.toml`). Equal consonants propose a listed token; the vowels between them say how likely it is.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from holdgate.core.names.words.tokens import Token

MIN_BEFORE_FINAL_H = 2
"""Sounds before a last h that is silent: not in Ah and Shah."""
SOUND_ARRAYS = ("keys", "tokens", "vowels", "patterns")
"""The arrays of `SoundIndex`."""
MAX_DISAGREEMENTS = (0, 0, 1, 1)
"""Vowels that may disagree, by the number of consonants of a word."""
MAX_DISAGREEMENTS_LONG = 2
"""The same for words of more consonants."""
_ALLAH, _ANY_VOWEL = "\u0627\u0644\u0644\u0647", "\u0639"
"""The first vowel of Allah is that of the word before (Hidayatullah, Hedayatollah): ayn stands for it."""
_DIN = re.compile("(?<=..)ال(?=د[يی]ن)")
"""The article inside Nuruddin, of which a vowel is spoken."""
_VOWELS = str.maketrans("", "", "aiu*")
_NOT_VOWELS = re.compile("[^aiu*]")
_DOUBLED = re.compile(r"(.)\1+")


class ScriptSounds(NamedTuple):
    """What a script tells apart; with `letters`, which are the sounds of each, it has no short vowels.

    `read` replaces letters of the romanisation. `same` and `also` are (old, new) sounds of Latin spellings:
    which are equal, and which may be written as others. `silent` are vowels that may be spoken as none.
    """

    read: tuple[tuple[str, str], ...]
    same: tuple[tuple[str, str], ...]
    also: tuple[tuple[str, str], ...]
    letters: Mapping[str, str]
    silent: frozenset[str]
    drops_vowels: bool


@cache
def _tables() -> tuple[tuple[tuple[str, str], ...], dict[str, ScriptSounds]]:
    """Return the sounds of Latin spellings, and the table of each script."""
    text = files("holdgate.core.names").joinpath("data", "sounds.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    scripts = {
        script: ScriptSounds(
            _pairs(table.get("read", ())),
            _pairs(table["same"]),
            _pairs(table.get("also", ())),
            {
                letter: sound
                for sound, letters in table.get("letters", {}).items()
                for letter in letters.split()
            },
            frozenset(table.get("silent", ())),
            table.get("drops_vowels", False),
        )
        for script, table in raw["scripts"].items()
    }
    return _pairs(raw["latin"]), scripts


def _pairs(rows: Iterable[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((old, new) for old, new in rows)


def _replace(text: str, pairs: Sequence[tuple[str, str]]) -> str:
    for old, new in pairs:
        if old in text:
            text = text.replace(old, new)
    return text


def _squeeze(text: str) -> str:
    return _DOUBLED.sub(_first_letter, text) if _DOUBLED.search(text) else text


def _first_letter(doubled: re.Match[str]) -> str:
    return doubled.group(1)


def _mute_final_h(sounds: str, mute: str = "") -> str:
    """Replace an h that ends the sounds behind two others."""
    is_mute = sounds.endswith("h") and len(sounds) > MIN_BEFORE_FINAL_H and "h" not in sounds[-3:-1]
    return sounds[:-1] + mute if is_mute else sounds


def _consonants(sounds: str) -> str:
    return _squeeze(sounds.translate(_VOWELS))


def _key(consonants: str) -> int:
    return crc32(consonants.encode())


def _vowels_between(sounds: str) -> str:
    """Return the vowels before, between and after the consonants, a hyphen for each consonant."""
    return _NOT_VOWELS.sub("-", _squeeze(sounds))


class SoundIndexes:
    """The listed forms by their sounds in other scripts.

    `arrays` are those of a stored index; without them, an index is made when its script is first met, which
    takes half a second for 28,000 forms.
    """

    def __init__(self, forms: Sequence[str], arrays: Mapping[str, NDArray[Any]] | None = None) -> None:
        self._forms = forms
        self._arrays = arrays or {}
        self._by_script: dict[str, SoundIndex] = {}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of every script, by script and content, to be stored."""
        found: dict[str, NDArray[Any]] = {}
        for script, table in _tables()[1].items():
            index = self._index(script, table)
            found |= {f"{script} {name}": array for name, array in index.arrays.items()}
        return found

    def candidates(self, token: Token) -> dict[int, int]:
        """Return the listed tokens with the consonants of a word -> the number of vowels that disagree.

        There are none for a script without a table.
        """
        script = "Katakana" if token.script == "Hiragana" else token.script
        table = _tables()[1].get(script)
        return {} if table is None else self._index(script, table).candidates(token.written, token.form)

    def _index(self, script: str, table: ScriptSounds) -> "SoundIndex":
        index = self._by_script.get(script)
        if index is None:
            arrays = {name: self._arrays.get(f"{script} {name}") for name in SOUND_ARRAYS}
            stored = {name: array for name, array in arrays.items() if array is not None}
            index = self._by_script[script] = SoundIndex(self._forms, table, stored)
        return index


class SoundIndex:
    """The listed forms by their consonants in one script; `arrays` are those named in SOUND_ARRAYS.

    For each way to say a form they have the CRC of its consonants (`keys`, ascending), the form (`tokens`),
    and its vowels (`vowels`: positions among the lines of `patterns`, which is ASCII text).
    """

    def __init__(
        self, forms: Sequence[str], table: ScriptSounds, arrays: Mapping[str, NDArray[Any]] | None = None
    ) -> None:
        self._table = table
        self.arrays = arrays or self._build(forms)
        self._keys, self._tokens, self._vowels, patterns = (self.arrays[name] for name in SOUND_ARRAYS)
        self._patterns = patterns.tobytes().decode("ascii").split("\n")

    def _build(self, forms: Sequence[str]) -> dict[str, NDArray[Any]]:
        spellings = _replace("\n".join(forms), _tables()[0]).split("\n") if forms else ()
        patterns: dict[str, int] = {}
        rows = sorted(
            {
                (_key(_consonants(sounds)), token, patterns.setdefault(self._pattern(sounds), len(patterns)))
                for token, spelling in enumerate(spellings)
                for sounds in self._listed_sounds(spelling)
            }
        )
        keys, tokens, vowels = np.array(rows, dtype=np.int64).reshape(-1, 3).T
        return {
            "keys": keys.astype(np.uint32),
            "tokens": tokens.astype(np.int32),
            "vowels": vowels.astype(np.int32),
            "patterns": np.frombuffer("\n".join(patterns).encode("ascii"), dtype=np.uint8),
        }

    def _pattern(self, sounds: str) -> str:
        return "" if self._table.drops_vowels else _vowels_between(sounds)

    def _listed_sounds(self, spelling: str) -> Iterable[str]:
        """Return the sounds that a listed form, with `latin` replaced, may have in the script.

        A sound that occurs again may be written in two ways: Hebrew begins Viktorovich with vav and writes
        the second v as bet.
        """
        ways = {spelling: None}
        all_ways = spelling
        for old, new in self._table.also:
            if old in all_ways:
                for way in [way for way in ways if old in way]:
                    first, _, rest = way.partition(old)
                    for spelt in (first + new, first + old):
                        ways[spelt + rest.replace(old, new)] = None
                    ways[first + new + rest] = None
                all_ways = "\n".join(ways)
        return dict.fromkeys(map(_mute_final_h, _replace(all_ways, self._table.same).split("\n")))

    def candidates(self, written: str, form: str) -> dict[int, int]:
        """Return the listed tokens with the consonants of a word -> the number of vowels that disagree.

        `form` is the romanisation of the word.
        """
        sounds = self._sounds(written, form)
        consonants = _consonants(sounds)
        most = MAX_DISAGREEMENTS_LONG
        if len(consonants) < len(MAX_DISAGREEMENTS):
            most = MAX_DISAGREEMENTS[len(consonants)]
        key = np.uint32(_key(consonants))
        start, end = self._keys.searchsorted(key, "left"), self._keys.searchsorted(key, "right")
        tokens, vowels = self._tokens[start:end].tolist(), self._vowels[start:end].tolist()
        own = self._pattern(sounds).split("-")
        disagreements = {number: self._disagreements(own, self._patterns[number]) for number in set(vowels)}
        found: dict[int, int] = {}
        for token, number in zip(tokens, vowels, strict=True):
            disagreeing = disagreements[number]
            if disagreeing <= most and disagreeing < found.get(token, most + 1):
                found[token] = disagreeing
        return found

    def _sounds(self, written: str, form: str) -> str:
        """Return the sounds of a word in the script."""
        letters = self._table.letters
        if not letters:
            spelling = _replace(_replace(form, self._table.read), _tables()[0])
            return _mute_final_h(_replace(spelling, self._table.same))
        written = written.replace(_ALLAH, _ANY_VOWEL + _ALLAH[1:])
        written = _DIN.sub(_ANY_VOWEL, written)
        return _mute_final_h("".join([letters.get(letter, "") for letter in written]), "*")

    def _disagreements(self, own: Sequence[str], listed_pattern: str) -> int:
        listed = listed_pattern.split("-")
        if len(own) != len(listed):  # one has a vowel between two equal consonants
            return 2
        agree = _agree_in_abjad if self._table.letters else self._agree
        last = len(own) - 1
        disagreements = 0
        for i, (vowels, of_listed) in enumerate(zip(own, listed, strict=True)):
            if vowels != of_listed:
                disagreements += not agree(vowels, of_listed, i == 0, i == last)
        return disagreements

    def _agree(self, own: str, listed: str, _is_first: bool, _is_last: bool) -> bool:
        """Return whether vowels agree, as both are written: one may be a diphthong."""
        if own == listed or (own in self._table.silent and not listed):
            return True
        return bool(own and listed) and (own in listed or listed in own)


def _agree_in_abjad(own: str, listed: str, is_first: bool, is_last: bool) -> bool:
    """Return whether long vowels agree with the vowels of a Latin spelling.

    The first letter of a word carries any vowel, a short vowel is not written, and a last one is long.
    """
    if not own:
        return not listed or not (is_first or is_last)
    if not listed:
        return own == "*"
    if is_first and own[0] in "a*":
        own = own[1:]
    return all(vowel in listed for vowel in own if vowel != "*")
