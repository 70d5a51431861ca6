"""Texts whose bytes were decoded with the wrong encoding on their way.

Two mistakes are repaired, as nothing else produces their results: UTF-8 read as Windows-1252 or Latin-1
(`MÃ¼ller`, `Ð¡ÐµÑ€Ð³ÐµÐ¹`) or as Windows-1251 (`РЎРµСЂРіРµР№`), and Cyrillic of one byte read as Latin-1
(`Ñåðãåé`). Whatever is repaired is compared as it arrived too.
"""

import re
import unicodedata
from functools import lru_cache

MAX_ROUNDS = 3
"""Times that a decoding is undone: a text may have passed several systems that make the same mistake."""

_WESTERN = {bytes([code]).decode("cp1252", "replace"): code for code in range(0x80, 0xA0)}
_WESTERN.pop("\ufffd")
_TO_BYTE = str.maketrans({char: chr(code) for char, code in _WESTERN.items()})
"""Windows-1252 to Latin-1, so that the code of a character is the byte that it was read from."""

_SEQUENCE = re.compile("(?:[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})+")
"""Characters whose codes are the bytes of UTF-8."""

_LIKELY_SEQUENCE = re.compile("[\xc2-\xdb][\x80-\xbf]")
"""Latin, Greek, Cyrillic, Hebrew or Arabic in UTF-8. In a text of usual letters another sequence is likelier
two letters: `\u00df\u017e` is no letter of N'Ko."""

_CUT_SEQUENCE = re.compile("[\xc2-\xdf][?\ufffd]")
"""A letter whose second byte is none of Windows-1252; Cyrillic А, Н, с and я are such letters."""

_ALL_ACCENTED = re.compile(r"(?<![^\W\d_])[\xc0-\xff\xa8\xb8]{4,}(?![^\W\d_])")
"""A word of four or more letters that are all accented, which no language of Latin-1 has."""

_CYRILLIC_WORD = re.compile("[А-ЯЁ]?[а-яё]+|[А-ЯЁ]+")
_LETTERS = (*range(0xC0, 0x180), 0x18F, 0x218, 0x219, 0x21A, 0x21B, 0x259, 0x1E9E)
"""Latin letters of living European languages, Azerbaijani and Romanian included."""

_UNUSED = range(0x800, 0x8A0)
"""Samaritan, Mandaic and Syriac letters: `à` before a no-break space and a quotation mark would be one."""


def repair_encoding(text: str) -> str | None:
    """Return the text as it was written, None if it was not decoded wrongly or that is not certain.

    A letter that was lost on the way is a `?`.
    """
    if text.isascii():
        return None
    repaired, undone = None, _from_western(text)
    for _ in range(MAX_ROUNDS):
        if undone is None:
            break
        if _is_plausible(undone):
            repaired = undone
            if not _LIKELY_SEQUENCE.search(undone.translate(_TO_BYTE)):
                break
        undone = _from_western(undone)
    return repaired or _from_cyrillic(text) or _to_cyrillic(text)


def is_undecoded(text: str) -> bool:
    """Return whether words of the text consist of accented letters alone, so its letters cannot be known."""
    return not text.isascii() and _ALL_ACCENTED.search(text) is not None


def _from_western(text: str) -> str | None:
    """Undo the decoding of UTF-8 as Windows-1252 or Latin-1, run by run."""
    as_bytes = text.translate(_TO_BYTE)
    if not _SEQUENCE.search(as_bytes):
        return None
    pieces, end = [], 0
    for run in _SEQUENCE.finditer(as_bytes):
        decoded = _decode(run.group().encode("latin-1"))
        pieces += [text[end : run.start()], text[run.start() : run.end()] if decoded is None else decoded]
        end = run.end()
    repaired = _CUT_SEQUENCE.sub("?", "".join([*pieces, text[end:]]))
    return repaired if repaired != text else None


def _from_cyrillic(text: str) -> str | None:
    """Undo the decoding of UTF-8 as Windows-1251, if all letters of the text are sequences of UTF-8."""
    try:
        decoded = _decode(text.encode("cp1251"))
    except UnicodeEncodeError:
        return None
    return decoded if decoded is not None and _is_plausible(decoded) else None


def _to_cyrillic(text: str) -> str | None:
    """Undo the decoding of Windows-1251 or KOI8-R as Latin-1, if one of them gives words with usual capitals.

    The two have capitals where the other has small letters, and names have capitals.
    """
    if not _ALL_ACCENTED.search(text):
        return None
    repaired = []
    for encoding in ("cp1251", "koi8-r"):
        try:
            decoded = text.encode("latin-1").decode(encoding)
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
        words = re.findall(r"[^\W\d_]+", decoded)
        usual = all(word.isascii() or _CYRILLIC_WORD.fullmatch(word) for word in words)
        if usual and decoded != decoded.lower():
            repaired.append(decoded)
    return repaired[0] if len(repaired) == 1 else None


def _decode(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def _is_plausible(text: str) -> bool:
    """Return whether the repaired text has usual letters, and no word that mixes Latin with another script.

    Without this `CAFÉ’S` would be repaired to `CAFɒS`.
    """
    for word in re.findall(r"[^\W\d_]+", text):
        kinds = {_kind(char) for char in word}
        if "unusual" in kinds or len(kinds) > 1:
            return False
    return not any(0x80 <= ord(char) < 0xA0 or ord(char) in _UNUSED for char in text)


@lru_cache(maxsize=1 << 12)
def _kind(char: str) -> str:
    code = ord(char)
    if code < 0x80 or code in _LETTERS or 0x1E00 <= code < 0x1F00:
        return "Latin"
    if code < 0x300:
        return "unusual"
    return unicodedata.name(char, "unusual").split()[0]
