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

from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.names.tokens import Token

CACHED_SOUNDS = 10_000
"""Listed tokens whose sounds are cached, by script. Without the cache, comparing them took 13 % of the time
of 1,000 payments of new parties."""
MAX_DISAGREEMENTS = (0, 0, 1, 1)
"""Vowels that may disagree, by the number of consonants of a word."""
MAX_DISAGREEMENTS_LONG = 2
"""The same for words of more consonants."""
_ALLAH, _ANY_VOWEL = "\u0627\u0644\u0644\u0647", "\u0639"
"""The first vowel of Allah is that of the word before (Hidayatullah, Hedayatollah): ayn stands for it."""
_VOWELS = str.maketrans("", "", "aiu*")
_NOT_VOWELS = re.compile("[^aiu*]")
_DOUBLED = re.compile(r"(.)\1+")
_FINAL_H = re.compile(r"(?<=[^h]{2})h$")


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
    return _DOUBLED.sub(r"\1", text)


def _consonants(sounds: str) -> str:
    return _squeeze(sounds.translate(_VOWELS))


def _key(consonants: str) -> int:
    return crc32(consonants.encode())


def _vowels_between(sounds: str) -> list[str]:
    """Return the vowels before, between and after the consonants."""
    return [_squeeze(vowels) for vowels in _NOT_VOWELS.split(_squeeze(sounds))]


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
            found |= {f"{script} keys": index.keys, f"{script} tokens": index.tokens}
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
            keys = self._arrays.get(f"{script} keys")
            pairs = None if keys is None else (keys, self._arrays[f"{script} tokens"])
            index = self._by_script[script] = SoundIndex(self._forms, table, pairs)
        return index


class SoundIndex:
    """The listed forms by their consonants in one script.

    `keys` are CRCs of consonants, ascending, and `tokens` the listed tokens that have them.
    """

    def __init__(
        self,
        forms: Sequence[str],
        table: ScriptSounds,
        pairs: tuple[NDArray[np.uint32], NDArray[np.int32]] | None = None,
    ) -> None:
        self._forms = forms
        self._table = table
        self.keys, self.tokens = pairs or self._build()
        self._cache: BoundedCache[int, tuple[tuple[str, list[str]], ...]] = BoundedCache(CACHED_SOUNDS)

    def _build(self) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
        spellings = _replace("\n".join(self._forms), _tables()[0]).split("\n") if self._forms else ()
        pairs = sorted(
            {
                (_key(_consonants(sounds)), token)
                for token, spelling in enumerate(spellings)
                for sounds in self._listed_sounds(spelling)
            }
        )
        columns = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        return columns[:, 0].astype(np.uint32), columns[:, 1].astype(np.int32)

    def _listed_sounds(self, spelling: str) -> Iterable[str]:
        """Return the sounds that a listed form, with `latin` replaced, may have in the script."""
        ways = {spelling: None}
        for old, new in self._table.also:
            for way in [way for way in ways if old in way]:
                ways[way.replace(old, new)] = None
                ways[way.replace(old, new, 1)] = None
        return dict.fromkeys(_FINAL_H.sub("", _replace(way, self._table.same)) for way in ways)

    def candidates(self, written: str, form: str) -> dict[int, int]:
        """Return the listed tokens with the consonants of a word -> the number of vowels that disagree.

        `form` is the romanisation of the word.
        """
        sounds = self._sounds(written, form)
        own, consonants = _vowels_between(sounds), _consonants(sounds)
        most = MAX_DISAGREEMENTS_LONG
        if len(consonants) < len(MAX_DISAGREEMENTS):
            most = MAX_DISAGREEMENTS[len(consonants)]
        found: dict[int, int] = {}
        key = np.uint32(_key(consonants))
        start, end = np.searchsorted(self.keys, key, "left"), np.searchsorted(self.keys, key, "right")
        for token in self.tokens[start:end].tolist():
            for listed_consonants, vowels in self._listed(token):
                if listed_consonants == consonants:
                    disagreements = self._disagreements(own, vowels)
                    if disagreements <= most:
                        found[token] = min(found.get(token, most), disagreements)
        return found

    def _listed(self, token: int) -> tuple[tuple[str, list[str]], ...]:
        """Return the consonants and the vowels between them of each way to say a listed token, cached."""
        known = self._cache.get(token)
        if known is None:
            ways = self._listed_sounds(_replace(self._forms[token], _tables()[0]))
            known = self._cache[token] = tuple((_consonants(way), _vowels_between(way)) for way in ways)
        return known

    def _sounds(self, written: str, form: str) -> str:
        """Return the sounds of a word in the script."""
        letters = self._table.letters
        if not letters:
            spelling = _replace(_replace(form, self._table.read), _tables()[0])
            return _FINAL_H.sub("", _replace(spelling, self._table.same))
        written = written.replace(_ALLAH, _ANY_VOWEL + _ALLAH[1:])
        return _FINAL_H.sub("*", "".join([letters.get(letter, "") for letter in written]))

    def _disagreements(self, own: list[str], listed: list[str]) -> int:
        if self._table.drops_vowels:
            return 0
        if len(own) != len(listed):  # one has a vowel between two equal consonants
            return 2
        last = len(own) - 1
        agree = self._agree_in_abjad if self._table.letters else self._agree
        return sum(not agree(own[i], listed[i], i == 0, i == last) for i in range(len(own)))

    def _agree(self, own: str, listed: str, is_first: bool, is_last: bool) -> bool:
        """Return whether vowels agree, as both are written: one may be a diphthong."""
        if own == listed or (own in self._table.silent and not listed):
            return True
        return bool(own and listed) and (own in listed or listed in own)

    def _agree_in_abjad(self, own: str, listed: str, is_first: bool, is_last: bool) -> bool:
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
