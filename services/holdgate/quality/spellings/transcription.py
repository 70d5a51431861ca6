"""Latin names in another script, by the rules of rules.toml and where a script needs it by composition."""

import re
import unicodedata
from random import Random

from holdgate.quality.spellings.tables import letter_rules

_ONSETS = {onset: i for i, onset in enumerate("g gg n d dd r m b bb s ss - j jj ch k t p h".split())}
_VOWELS = {
    vowel: i for i, vowel in enumerate("a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i".split())
}
_CODAS = {"k": 1, "n": 4, "l": 8, "m": 16, "p": 17}
_WITHOUT_DOUBLES = {"hangul.foreign", "scripts.hebrew"} | {
    f"scripts.{name}" for name in ("arabic", "arabic-native", "persian", "persian-foreign", "urdu")
}
_DOUBLE = re.compile(r"([b-df-hj-np-tv-z])\1")
_FIRST_SYLLABLE = 0xAC00
_THAI_LEADING = re.compile("([ก-ฮ])([เโ])")
_DEVANAGARI_CLUSTER = re.compile("(?<=[क-ह])(?=[क-ह])")


def fold(name: str) -> str:
    """Return the name in small letters without marks, other characters than letters and digits as blanks."""
    plain = unicodedata.normalize("NFKD", name.lower())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(re.sub(r"[^\w'\- ]", " ", plain).split())


def capitalise(name: str) -> str:
    """Return the name with a capital at the start of each word, of hyphenated words only the first."""
    return " ".join(word[:1].upper() + word[1:] for word in name.split())


def write_in(script: str, name: str, rng: Random) -> str:
    """Return the name in the script that rules.toml calls so."""
    plain = fold(name).replace("-", " ") if script != "scripts.arabic-native" else fold(name)
    if script in _WITHOUT_DOUBLES:
        plain = _DOUBLE.sub(r"\1", plain.replace(" '", " ").removeprefix("'"))
    if script == "hangul.foreign":
        return " ".join(hangul(letter_rules(script)(word, rng)) for word in plain.split())
    written = letter_rules(script)(plain, rng)
    if script == "scripts.thai":
        return _THAI_LEADING.sub(r"\2\1", written)
    if script == "scripts.devanagari":
        return _DEVANAGARI_CLUSTER.sub(lambda _: rng.choice(("", "्")), written)
    if script == "scripts.katakana":
        return written.replace("イイ", "イー")
    return written.replace("-", " ")


def hangul(sounds: str) -> str:
    """Return a foreign word in Hangul. Consonants without a vowel close a syllable or get `eu`."""
    syllables: list[tuple[int, int, int]] = []
    for onset, vowel in re.findall(r"(ch|[gndrlmbsjktph])?(eu|y?[aeiou])?", sounds):
        first = _ONSETS["r" if onset == "l" else onset or "-"]
        if vowel:
            syllables.append((first, _VOWELS.get(vowel, _VOWELS["i"]), 0))
        elif onset in _CODAS and syllables and not syllables[-1][2]:
            syllables[-1] = (*syllables[-1][:2], _CODAS[onset])
        elif onset:
            syllables.append((first, _VOWELS["eu"], 0))
    return "".join(
        chr(_FIRST_SYLLABLE + (onset * 21 + vowel) * 28 + coda) for onset, vowel, coda in syllables
    )
