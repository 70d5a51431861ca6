"""Phonetic keys: a form common to the romanisations, misreadings and look-alike spellings of one name.

Used by the analysis of names and by the vocabulary (comparable to rigour's text/phonetics). Two forms with
equal keys are spellings of one pronunciation.
"""

import re
from functools import lru_cache

# Letters of other alphabets that look like Latin ones (Unicode TR39, the lower-case rows seen in names).
LOOKALIKES = str.maketrans(
    "авекмнорстухіјѕԁԛԝһьгпзґѵӏαβεηικμνορτυχωγϲϳɡɩոսցհօ",
    "abekmhopctyxijsdqwhbrnzrvlabenikmvoptyxwycjginugho",
)
DIGIT_LETTERS = str.maketrans("0134578962", "oieastbgbz")
"""The letters that optical character recognition reads as these digits."""
CACHED_KEYS = 1 << 14
"""Forms whose keys are cached: a word is analysed for persons, companies and ships."""
_FOLDS = (
    ("dj", "J"), ("shch", "s"), ("sch", "s"), ("tch", "C"), ("dzh", "J"), ("zh", "J"), ("kh", "h"),
    ("gh", "g"), ("ch", "C"), ("sh", "s"), ("ph", "f"), ("th", "t"), ("ck", "k"), ("ts", "C"),
    ("tz", "C"), ("q", "k"), ("x", "ks"), ("w", "v"), ("ce", "se"), ("ci", "si"), ("cy", "si"),
    ("c", "k"), ("ou", "u"), ("oe", "o"), ("ue", "u"), ("ye", "e"), ("y", "i"), ("o", "u"), ("e", "i"),
    ("ai", "i"),
)  # fmt: skip
_SLAVIC = (
    ("hzckjs", re.compile(r"(?<=[a-z]{2})[iyj]*[eo][vw]i(?:tsch|tsj|tch|tj|ts|ch|cz|c|k)$"), "evic"),
    ("a", re.compile(r"(?<=[a-z]{2})[iyj]*[eo][vw]na$"), "evna"),
    ("vwfa", re.compile(r"(?<=[a-z]{2})[iyj]+e(?:v|w|ff?)(a?)$"), r"ev\1"),
    ("f", re.compile(r"(?<=[a-z]{2})(o|e)ff?$"), r"\1v"),
)
_SOFT = re.compile(r"(?<=[bklmnprstvz])j(?=[aeou])")
"""Slavic endings and the soft-sign j, so that Anatolijevitch, Anatolyevich and Anatol'evic are one name:
patronymics, -ev after a soft sign or i, and -off. Each ending is preceded by the letters in which a word with
that ending may end."""
_DOUBLED = re.compile(r"(.)\1+")
_VOWELS = str.maketrans("", "", "aeiouvwy")


@lru_cache(CACHED_KEYS)
def phonetic_key(form: str) -> str:
    """Return the phonetic key of a romanised form; equal keys are spellings of one pronunciation.

    Order matters: digraphs are replaced before single letters. Digits inside a word are read as the letters
    they resemble.
    """
    if not form.isalpha():
        if form.isdigit() or not form:
            return form
        form = form.translate(DIGIT_LETTERS)
    if form[0] == "x":
        form = "s" + form[1:]
    if form.endswith(("ej", "ij", "oj")):
        form = form[:-1] + "i"
    for last, ending, plain in _SLAVIC:
        if form[-1] in last:
            form = ending.sub(plain, form)
    if "j" in form:
        form = _SOFT.sub("y", form)
    for old, new in _FOLDS:
        if old in form:
            form = form.replace(old, new)
    if _DOUBLED.search(form):
        form = _DOUBLED.sub(_single, form)
    if form.endswith("h") and len(form) > 3:
        form = form[:-1]
    return form.lower()


def _single(doubled: re.Match[str]) -> str:
    return doubled.group(1)


def consonants_of(text: str) -> str:
    """Return the consonants that an abjad writes: those that all Latin spellings of an Arabic or Hebrew name
    share."""
    return text.translate(_VOWELS)


def is_patronymic(key: str) -> bool:
    """Return whether a phonetic key ends like a Slavic patronymic: -ovich, -evna and their spellings."""
    return len(key) >= 7 and key.endswith(("ivik", "ivna"))
