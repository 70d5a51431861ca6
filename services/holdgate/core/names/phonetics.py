"""Spellings levelled: what romanisations, misreadings and look-alike letters of one name have in common."""

import re

# Letters of other alphabets that look like Latin ones (Unicode TR39, the lower-case rows seen in names).
LOOKALIKES = str.maketrans(
    "авекмнорстухіјѕԁԛԝһьгпзґѵӏαβεηικμνορτυχωγϲϳɡɩոսցհօ",
    "abekmhopctyxijsdqwhbrnzrvlabenikmvoptyxwycjginugho",
)
DIGIT_LETTERS = str.maketrans("0134578962", "oieastbgbz")
"""The letters that digits are misread for."""
_FOLDS = (
    ("dj", "J"), ("shch", "s"), ("sch", "s"), ("tch", "C"), ("dzh", "J"), ("zh", "J"), ("kh", "h"),
    ("gh", "g"), ("ch", "C"), ("sh", "s"), ("ph", "f"), ("th", "t"), ("ck", "k"), ("ts", "C"),
    ("tz", "C"), ("q", "k"), ("x", "ks"), ("w", "v"), ("ce", "se"), ("ci", "si"), ("cy", "si"),
    ("c", "k"), ("ou", "u"), ("oe", "o"), ("ue", "u"), ("ye", "e"), ("y", "i"), ("o", "u"), ("e", "i"),
    ("ai", "i"),
)  # fmt: skip
_SLAVIC = (
    ("hzck", re.compile(r"(?<=[a-z]{2})[iyj]*[eo][vw]i(?:tsch|tch|ch|cz|c|k)$"), "evic"),
    ("a", re.compile(r"(?<=[a-z]{2})[iyj]*[eo][vw]na$"), "evna"),
    ("vwfa", re.compile(r"(?<=[a-z]{2})[iyj]+e(?:v|w|ff?)(a?)$"), r"ev\1"),
    ("f", re.compile(r"(?<=[a-z]{2})(o|e)ff?$"), r"\1v"),
)
_SOFT = re.compile(r"(?<=[bklmnprstvz])j(?=[aeou])")
"""Patronymics, -ev after a soft sign or i, -off, and j for the softness of a consonant: Anatolijevitch,
Anatolyevich and Anatol'evic are one name. Before each ending the letters that a word with it may end in."""
_DOUBLED = re.compile(r"(.)\1+")
_VOWELS = str.maketrans("", "", "aeiouvwy")


def phonetic_key(form: str) -> str:
    """Level what romanisations of one name differ in; equal folds are spellings of one pronunciation.

    Order matters: digraphs before single letters. Digits inside a word read as the letters they resemble.
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
        form = _DOUBLED.sub(r"\1", form)
    if form.endswith("h") and len(form) > 3:
        form = form[:-1]
    return form.lower()


def consonants_of(folded: str) -> str:
    """The consonants an abjad writes: what Latin spellings of an Arabic or Hebrew name share."""
    return folded.translate(_VOWELS)


def is_patronymic(folded: str) -> bool:
    """Whether the fold ends as a Slavic patronymic does: -ovich, -evna and their spellings."""
    return len(folded) >= 7 and folded.endswith(("ivik", "ivna"))
