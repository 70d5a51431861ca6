"""Tokens: turn one word, as typed, into romanised tokens with phonetic keys and alternative readings.

Called by the analysis of a name, once per word. Words in alphabets are transliterated. Han and Hangul are
split into syllables. In an abjad, which writes consonants alone, the article and the prefix that are written
together with a word are split off.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from normality import ascii_text
from rigour.names import tokenize_name
from rigour.text.scripts import codepoint_script
from rigour.text.translit import maybe_ascii, should_ascii

from holdgate.core.model.evidence import How
from holdgate.core.names.words.hangul import spellings
from holdgate.core.names.words.phonetics import DIGIT_LETTERS, LOOKALIKES, phonetic_key
from holdgate.core.names.words.word_classes import TokenClass

ABJADS = frozenset({"Arabic", "Hebrew", "Syriac", "Thaana"})
SYLLABIC = frozenset({"Han", "Hangul"})
BURMESE = "Burmese"
"""The script of a Burmese syllable in Latin letters. Its own script is compared by words."""
ROMANISED_SYLLABLES = SYLLABIC | {BURMESE}
INDIC = frozenset({"Devanagari", "Bengali", "Gujarati", "Gurmukhi"})
"""Scripts whose languages do not speak the inherent vowel of a final consonant: Ibrahim, not Ibrahima."""
LOST_LETTER = "\u0294"
"""A letter that a sign took the place of, in a reading of a name. The glottal stop is a letter to every
library that splits words, and no payment has it."""
LOST = "?"
"""The same in the form of a token; in the vocabulary it is a letter that no listed word has."""
MIN_FOREIGN_SYLLABLES = 5
"""Hangul syllables from which a word is a foreign one: Korean names are written in two to four."""
_PERSIAN_EI = re.compile(r"ه ?ا(?=[یي](?!\w))")
"""The silent h before the ending -ei, joined to it by a character that is not seen: Khamenei."""
_GERESH = "\u05f3"
"""A sign inside Hebrew words that gives a letter another sound."""
VIRAMA = 9
"""The combining class of the sign that removes a consonant's inherent vowel (Unicode 4.3)."""
_WITH_MARKS = re.compile("[\u05b0-\u05bb\u0900-\u0fff\u1000-\u109f\u1780-\u17ff]")
"""Pointed Hebrew, Devanagari to Tibetan, Myanmar, Khmer: vowels are combining marks, needed to romanise."""
_SEPARATORS = re.compile(
    r"[^\w\u0300-\u036f\u05b0-\u05c7\u0900-\u0fff\u1000-\u109f\u1780-\u17ff]+|[\u0964\u0965\u0f0b-\u0f0d]+"
)
_REPEATED = re.compile("(.)々")
_DOUBLE_L = re.compile(r"(?<!^)(?:l1|1l)")
_EASTERN = str.maketrans("ضظذث", "زززس")
ABJAD_WORDS = {
    "الله": "allah",
    "عبدالله": "abdullah",
    "بن": "bin",
    "ابن": "bin",
    "بنت": "bint",
    "أبو": "abu",
    "ابو": "abu",
    "ال": "al",
    "آل": "al",
    "الدين": "din",
    "الدین": "din",
    "اللہ": "allah",
    **dict.fromkeys("ملا ملّا".split(), "mullah"),
    **dict.fromkeys("حاجي حاجی حاجى حجي الحاج الحاجي".split(), "haji"),
    **dict.fromkeys("شيخ الشيخ شیخ".split(), "shaykh"),
    **dict.fromkeys("سيد السيد سید".split(), "sayyed"),
    **dict.fromkeys("مولوي مولوی".split(), "maulavi"),
    **dict.fromkeys("قاري قاری".split(), "qari"),
    **dict.fromkeys("دكتور الدكتور دکتر".split(), "dr"),
}
"""Words of names in Arabic letters: particles, titles, and what the name of God is part of."""
_ABU, MAX_GLUED_ABU = ("أبو", "ابو"), 5
"""Abu, written together with the name behind it in a word of more letters (Abughaith)."""


class Token(NamedTuple):
    """One comparable token of a name.

    `written` is the text in the name (casefolded), `form` its romanised ASCII form, `phonetic_key` the key of
    the form (Kh/H, -iy/-y, ou/u are equal), `kind` its word class, `script` the script it was written in, and
    `readings` are alternative forms of the same characters as (form, how).
    """

    written: str
    form: str
    phonetic_key: str
    kind: TokenClass
    script: str = "Latin"
    readings: tuple[tuple[str, How], ...] = ()


def is_syllable(token: Token) -> bool:
    """Return whether a token is a syllable, in a script that separates no words or of a Burmese name."""
    return token.script in ROMANISED_SYLLABLES and (len(token.written) == 1 or token.written.isascii())


def script_of(word: str) -> str:
    """Return the script of the first letter that has one, else `Common`."""
    for char in word:
        script = codepoint_script(ord(char))
        if script is not None and script not in ("Common", "Inherited"):
            return script
    return "Common"


def scripts_of(word: str) -> set[str]:
    """Return the scripts of the letters of a word."""
    return {codepoint_script(ord(char)) or "Common" for char in word} - {"Common", "Inherited"}


def split_name(text: str) -> list[str]:
    """Split a name into words without punctuation; vowels written as marks stay in their word."""
    if text.isascii():
        return tokenize_name(text)
    text = _PERSIAN_EI.sub("", _REPEATED.sub(r"\1\1", text).replace(_GERESH, ""))
    if not _WITH_MARKS.search(text):
        return tokenize_name(text)
    words: list[str] = []
    for part in _SEPARATORS.split(text):
        words += [part] if _WITH_MARKS.search(part) else tokenize_name(part)
    return words


def _ascii(word: str) -> str:
    """Return the word in a-z and 0-9, or an empty string if its script has no transliteration."""
    if should_ascii(word):
        form = maybe_ascii(word)
    else:
        form = ascii_text(word)
    form = form.casefold()
    if form.isascii() and form.isalnum():
        return form
    return "".join(char for char in form if char.isascii() and char.isalnum())


@lru_cache(maxsize=1 << 15)
def tokenize_word(word: str, is_whole: bool = False) -> tuple[Token, ...]:
    """Return the tokens of one word; several if its script writes names without spaces.

    With `is_whole`, a word in Hangul is one token, as foreign names are.
    """
    if word.isascii():
        return (make_token(word, word, "Latin"),)
    if LOST_LETTER in word:
        return _tokenize_damaged(word)
    scripts = scripts_of(word)
    if len(scripts) > 1 and "Latin" in scripts:
        plain = word.translate(LOOKALIKES)
        form = _ascii(plain)
        return (make_token(word, form, "Latin", ((_ascii(word), "translit"),)),) if form else ()
    script = script_of(word)
    is_whole = script == "Hangul" and (is_whole or len(word) >= MIN_FOREIGN_SYLLABLES)
    if script in SYLLABIC and len(word) > 1 and not is_whole:
        return tuple(token for char in word for token in tokenize_word(char))
    form = _ascii(word.replace("ة", "ه") if script == "Arabic" else word)
    if not form:
        return (_make_opaque_token(word, script),) if word.isalnum() or _WITH_MARKS.search(word) else ()
    if script in INDIC and len(form) > 3 and _ends_in_bare_consonant(word):
        form = form.removesuffix("a")
    readings: tuple[tuple[str, How], ...] = ()
    if script in ("Cyrillic", "Greek"):
        plain = word.translate(LOOKALIKES)
        if plain.isascii():
            readings = ((plain, "homoglyph"),)
        if "dzh" in form:  # Cyrillic writes the j of other languages as дж: Амджад is Amjad
            readings = (*readings, (form.replace("dzh", "j"), "translit"))
    if script in ABJADS:
        return _tokenize_abjad(word, form, script)
    if script == "Hangul" and len(word) == 1:
        readings = tuple((spelling, "translit") for spelling in spellings(word))
    return (make_token(word, form, script, readings),)


def _ends_in_bare_consonant(word: str) -> bool:
    """Return whether a word ends in a consonant without a vowel sign, and not in a cluster (Narendra)."""
    return unicodedata.category(word[-1]) == "Lo" and unicodedata.combining(word[-2]) != VIRAMA


def _tokenize_damaged(word: str) -> tuple[Token, ...]:
    """Romanise what is left of a word that lost letters; no tokens if a syllable or an abjad's letter did."""
    parts = word.split(LOST_LETTER)
    script = script_of("".join(parts))
    form = LOST.join(map(_ascii, parts))
    if script in SYLLABIC or script in ABJADS or not form.strip(LOST):
        return ()
    return (make_token(word.replace(LOST_LETTER, LOST), form, script),)


def _make_opaque_token(word: str, script: str) -> Token:
    """Return a token for a word whose script has no romanisation; it only matches the same word.

    The form spells the code points in letters that the phonetic key leaves as they are.
    """
    letters: list[str] = []
    for char in word:
        remainder = ord(char)
        while remainder:
            remainder, digit = divmod(remainder, 6)
            letters.append(("bdfgkl", "mnprvz")[len(letters) % 2][digit])
    form = "".join(letters)
    return Token(word, form, phonetic_key(form), "word", script)


def _tokenize_abjad(word: str, form: str, script: str) -> tuple[Token, ...]:
    """Split off the article `al` and the prefix `abd` (servant), which are written together with a name."""
    if (known := ABJAD_WORDS.get(word)) is not None:
        return (Token(word, known, phonetic_key(known), "word", script),)
    if len(word) > MAX_GLUED_ABU and word.startswith(_ABU) and not word.startswith(_ABU, len(_ABU[0])):
        return (Token(word[:3], "abu", "abu", "word", script), *tokenize_word(word[3:]))
    for prefix, size, min_rest in (("bdal", 4, 2), ("bd", 2, 3)):
        if form == prefix or (
            form.startswith(prefix) and len(form) >= size + min_rest and word.startswith("عبد")
        ):
            name = (make_token(word[size + 1 :], form[size:], script),) if form != prefix else ()
            return (Token(word[:3], "abdul", "abdul", "word", script), *name)
    if word.startswith("ال") and len(word) > 4:
        return (
            make_token(word[:2], "al", script),
            make_token(word[2:], form[2:], script, _eastern_readings(word[2:])),
        )
    return (make_token(word, form, script, _eastern_readings(word)),)


def _eastern_readings(word: str) -> tuple[tuple[str, How], ...]:
    """Return the reading from Persia to Pakistan, where four letters are z or s (Fadl is Fazl)."""
    eastern = word.translate(_EASTERN)
    return ((_ascii(eastern), "translit"),) if eastern != word else ()


def make_token(written: str, form: str, script: str, readings: tuple[tuple[str, How], ...] = ()) -> Token:
    """Return a token of the form, and add readings with its digits as letters and without its article."""
    if script == "Latin" and not form.isdigit() and not form.isalpha() and LOST not in form:
        letters = _DOUBLE_L.sub("ll", form).translate(DIGIT_LETTERS)
        readings = (*readings, (letters, "ocr"))
        if "1" in form:
            readings = (*readings, (form.replace("1", "l").translate(DIGIT_LETTERS), "ocr"))
    if form[:2] in ("al", "el") and len(form) > 6 and script == "Latin":
        readings = (*readings, (form[2:], "split"))
    return Token(written, form, phonetic_key(form), "word", script, readings)
