"""A word as typed as comparable tokens: romanised, folded, with its other readings.

Alphabets are transliterated; Han and Hangul are split into syllables; an abjad is left its consonants and
freed of the article and the prefix written together with the word.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from normality import ascii_text
from rigour.names import tokenize_name
from rigour.text.scripts import codepoint_script
from rigour.text.translit import maybe_ascii, should_ascii

from holdgate.core.names.phonetics import DIGIT_LETTERS, LOOKALIKES, phonetic_key
from holdgate.core.names.word_classes import TokenClass

ABJADS = frozenset({"Arabic", "Hebrew", "Syriac", "Thaana"})
SYLLABIC = frozenset({"Han", "Hangul"})
INDIC = frozenset({"Devanagari", "Bengali", "Gujarati", "Gurmukhi"})
"""Scripts of languages that leave the inherent vowel of a last consonant unspoken: Ibrahim, not Ibrahima."""
VIRAMA = 9
"""The combining class of the sign that takes a consonant its vowel (Unicode 4.3)."""
_WITH_MARKS = re.compile("[\u0900-\u0fff\u1000-\u109f\u1780-\u17ff]")
"""From Devanagari to Tibetan, Myanmar, Khmer: vowels are marks, without which a word cannot be romanised."""
_BETWEEN = re.compile(
    r"[^\w\u0300-\u036f\u0900-\u0fff\u1000-\u109f\u1780-\u17ff]+|[\u0964\u0965\u0f0b-\u0f0d]+"
)
_REPEATED = re.compile("(.)々")
_DOUBLE_L = re.compile(r"(?<!^)(?:l1|1l)")
_EASTERN = str.maketrans("ضظذث", "زززس")
_ABJAD_WORDS = {
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
}


class Token(NamedTuple):
    """One comparable token.

    `shown` is what stood in the name (casefolded), `form` its romanised ASCII form, `fold` the form with
    spelling habits of romanisation levelled (Kh/H, -iy/-y, ou/u), `alts` other readings of the same signs
    as (form, how), `script` the script it was written in.
    """

    shown: str
    form: str
    phonetic_key: str
    kind: TokenClass
    script: str = "Latin"
    readings: tuple[tuple[str, str], ...] = ()


def script_of(word: str) -> str:
    """The script of the first letter that has one."""
    for char in word:
        script = codepoint_script(ord(char))
        if script is not None and script not in ("Common", "Inherited"):
            return script
    return "Common"


def scripts_of(word: str) -> set[str]:
    """The scripts of its letters."""
    return {codepoint_script(ord(char)) or "Common" for char in word} - {"Common", "Inherited"}


def words_of(text: str) -> list[str]:
    """The words of a name, without punctuation; vowels that are marks stay with their word."""
    text = _REPEATED.sub(r"\1\1", text)
    if not _WITH_MARKS.search(text):
        return tokenize_name(text)
    words: list[str] = []
    for part in _BETWEEN.split(text):
        words += [part] if _WITH_MARKS.search(part) else tokenize_name(part)
    return words


def _ascii(word: str) -> str:
    """The word in a-z and 0-9, or an empty string if its script has no transliteration."""
    if should_ascii(word):
        form = maybe_ascii(word)
    else:
        form = ascii_text(word)
    form = form.casefold()
    if form.isascii() and form.isalnum():
        return form
    return "".join(char for char in form if char.isascii() and char.isalnum())


@lru_cache(maxsize=1 << 15)
def tokens_of(word: str) -> tuple[Token, ...]:
    """One word as typed -> its tokens; several where a script writes names without spaces."""
    if word.isascii():
        return (token_of(word, word, "Latin"),)
    scripts = scripts_of(word)
    if len(scripts) > 1 and "Latin" in scripts:
        plain = word.translate(LOOKALIKES)
        form = _ascii(plain)
        return (token_of(word, form, "Latin", ((_ascii(word), "translit"),)),) if form else ()
    script = script_of(word)
    if script in SYLLABIC and len(word) > 1:
        return tuple(token for char in word for token in tokens_of(char))
    form = _ascii(word.replace("ة", "ه") if script == "Arabic" else word)
    if not form:
        return (_unread(word, script),) if word.isalnum() or _WITH_MARKS.search(word) else ()
    if script in INDIC and len(form) > 3 and _ends_bare(word):
        form = form.removesuffix("a")
    alts: tuple[tuple[str, str], ...] = ()
    if script in ("Cyrillic", "Greek"):
        plain = word.translate(LOOKALIKES)
        if plain.isascii():
            alts = ((plain, "homoglyph"),)
        if "dzh" in form:  # дж is how Cyrillic writes the j of other languages: Амджад is Amjad
            alts = (*alts, (form.replace("dzh", "j"), "translit"))
    if script in ABJADS:
        return _abjad(word, form, script)
    return (token_of(word, form, script, alts),)


def _ends_bare(word: str) -> bool:
    """Whether a word ends in a consonant without a vowel's sign, and not in a cluster (Narendra)."""
    return unicodedata.category(word[-1]) == "Lo" and unicodedata.combining(word[-2]) != VIRAMA


def _unread(word: str, script: str) -> Token:
    """A word of a script without a romanisation, letter by letter in signs that no fold levels: it can only
    meet the same word."""
    signs: list[str] = []
    for char in word:
        rest = ord(char)
        while rest:
            rest, digit = divmod(rest, 6)
            signs.append(("bdfgkl", "mnprvz")[len(signs) % 2][digit])
    form = "".join(signs)
    return Token(word, form, phonetic_key(form), "word", script)


def _abjad(word: str, form: str, script: str) -> tuple[Token, ...]:
    """The article and the servant's prefix are written together with the name they belong to."""
    if (known := _ABJAD_WORDS.get(word)) is not None:
        return (Token(word, known, phonetic_key(known), "word", script),)
    for prefix, size in (("bdal", 4), ("bd", 2)):
        if form == prefix or (form.startswith(prefix) and len(form) >= size + 3 and word.startswith("عبد")):
            rest = (token_of(word[size + 1 :], form[size:], script),) if form != prefix else ()
            return (Token(word[:3], "abdul", "abdul", "word", script), *rest)
    if form.startswith("al") and len(form) > 4:
        return (token_of(word[:2], "al", script), token_of(word[2:], form[2:], script, _eastern(word[2:])))
    return (token_of(word, form, script, _eastern(word)),)


def _eastern(word: str) -> tuple[tuple[str, str], ...]:
    """The word as read from Persia to Pakistan, where four letters are z or s (Fadl is Fazl)."""
    read = word.translate(_EASTERN)
    return ((_ascii(read), "translit"),) if read != word else ()


def token_of(shown: str, form: str, script: str, alts: tuple[tuple[str, str], ...] = ()) -> Token:
    """A token of this form, with the letters that its digits and its article may be misread for."""
    if script == "Latin" and not form.isdigit() and not form.isalpha():
        letters = _DOUBLE_L.sub("ll", form).translate(DIGIT_LETTERS)
        alts = (*alts, (letters, "ocr"))
        if "1" in form:
            alts = (*alts, (form.replace("1", "l").translate(DIGIT_LETTERS), "ocr"))
    if form[:2] in ("al", "el") and len(form) > 6 and script == "Latin":
        alts = (*alts, (form[2:], "split"))
    return Token(shown, form, phonetic_key(form), "word", script, alts)
