"""Regenerate services/holdgate/core/characters/data/look-alikes.tsv from Unicode's names and confusables.

    python deploy/data/build_look_alikes.py

The confusables (UTS 39) are those of ICU. Each line has the use, the replacement and the characters that it
replaces: with the use `any` wherever they are, with `latin` only among Latin letters and in codes, since they
are letters of a living alphabet that has its own romanisation.
"""

import re
import string
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import icu
from normality import ascii_text
from rigour.text.scripts import codepoint_script
from rigour.text.translit import maybe_ascii, should_ascii

TARGET = (
    Path(__file__).parents[2] / "services" / "holdgate" / "core" / "characters" / "data" / "look-alikes.tsv"
)

ALPHABETS = {"Cyrillic", "Greek", "Armenian"}
"""Alphabets with romanisations that share letter shapes with Latin."""

ENCLOSED = re.compile(
    r"(?:(?:CROSSED )?NEGATIVE (?:SQUARED|CIRCLED)|SQUARED|CIRCLED|PARENTHESIZED|REGIONAL INDICATOR SYMBOL)"
    r" (?:LATIN (?:CAPITAL|SMALL) )?LETTER ([A-Z])"
)
SMALL_CAPITAL = re.compile(r"LATIN LETTER SMALL CAPITAL (?:BARRED |TURNED |REVERSED |INVERTED )?([A-Z])")
LATIN_VARIANT = re.compile(
    r"(?:LATIN|MODIFIER LETTER) (SMALL|CAPITAL) (?:LETTER )?"
    r"(?:TURNED |REVERSED |OPEN |SIDEWAYS |SCRIPT |DOTLESS |INSULAR |BARRED |LONG |BLACKLETTER )*"
    r"([A-Z])(?: WITH .*)?"
)
BASE = re.compile(r"(ARABIC LETTER [A-Z ]+?|CYRILLIC (?:CAPITAL|SMALL) LETTER [A-Z ]+?) WITH .*")
COPTIC_LETTER = re.compile(r"COPTIC (CAPITAL|SMALL) LETTER (\w+)")
COPTIC = dict(
    zip(
        "ALFA VIDA GAMMA EIE ZATA HATE IAUDA KAPA MI NI O RO SIMA TAU UA KHI OOU".split(),
        "A B R E Z H I K M N O P C T Y X W".split(),
        strict=True,
    )
)
"""Coptic letters, of which ICU's table has only some."""

ARABIC_BASES = {
    "TTEH": "TEH", "DDAL": "DAL", "RREH": "REH", "HEH GOAL": "HEH", "HEH DOACHASHMEE": "HEH",
    "NOON GHUNNA": "NOON", "YEH BARREE": "YEH", "ALEF WASLA": "ALEF", "SWASH KAF": "KAF",
    "KASHMIRI YEH": "YEH", "RNOON": "NOON", "TTEHEH": "TEH", "TEHEH": "TEH", "DDAHAL": "DAL", "DAHAL": "DAL",
    "OE": "WAW", "U": "WAW", "YU": "WAW", "KIRGHIZ OE": "WAW", "KIRGHIZ YU": "WAW", "VE": "WAW", "E": "YEH",
    "AE": "ALEF", "KEHEH": "KAF", "GUEH": "GAF", "NGOEH": "GAF",
}  # fmt: skip
"""Letters of Urdu, Pashto, Sindhi, Kurdish and Uyghur that ICU does not romanise, by the Arabic letter with
the nearest sound."""

_spoof = icu.SpoofChecker()


def _skeleton(text: str) -> str:
    return str(_spoof.getSkeleton(0, text))


_BY_SKELETON = {_skeleton(char): char for char in string.digits + string.ascii_letters}
_BY_SKELETON |= {"l": "l", "O": "O"}


def _looks_like(char: str) -> str | None:
    """Return the ASCII letter or digit that a character looks like by ICU's table."""
    seen = _BY_SKELETON.get(_skeleton(char))
    if seen == "l" and unicodedata.category(char) != "Ll":
        return "I"
    if seen == "O" and unicodedata.category(char) == "Ll":
        return "o"
    return seen


def _is_romanised(char: str) -> bool:
    lower = char.casefold()
    return any(map(str.isalnum, maybe_ascii(lower) if should_ascii(lower) else ascii_text(lower)))


def _replacement(char: str, unromanised: set[str]) -> tuple[str, str] | None:
    """Return the use and the replacement of a character, None if it stands for itself."""
    name = unicodedata.name(char, "")
    normal = unicodedata.normalize("NFKC", char)
    if letter := ENCLOSED.fullmatch(name):
        return ("any", letter[1]) if len(normal) > 1 or not normal.isascii() else None
    if normal.isascii():
        return None
    if (digit := unicodedata.digit(char, None)) is not None:
        return "any", str(digit)
    if letter := SMALL_CAPITAL.fullmatch(name):
        return "any", letter[1].lower()
    script = codepoint_script(ord(char))
    if script in ALPHABETS and (seen := _looks_like(char)) and seen.isalpha():
        return "latin", seen
    if not char.isalpha() or _is_romanised(char) or len(normal) > 1:
        return None
    if (letter := COPTIC_LETTER.fullmatch(name)) and (seen := COPTIC.get(letter[2])):
        return "any", seen if letter[1] == "CAPITAL" else seen.lower()
    if script in unromanised:
        same = (_looks_like(char), _looks_like(char.swapcase()))
        seen = same[0] or (same[1] and same[1].swapcase())
        return ("any", seen) if seen else None
    if script == "Latin":
        if letter := LATIN_VARIANT.fullmatch(name):
            return "any", letter[2] if letter[1] == "CAPITAL" else letter[2].lower()
        return ("any", seen) if (seen := _looks_like(char)) else None
    return _base_letter(name)


def _base_letter(name: str) -> tuple[str, str] | None:
    """Return the letter that one of another language was made from, by its name."""
    base = BASE.fullmatch(name)
    kind, _, letter = (base[1] if base else name).partition(" LETTER ")
    letter = ARABIC_BASES.get(letter, letter) if kind == "ARABIC" else letter
    try:
        found = unicodedata.lookup(f"{kind} LETTER {letter}")
    except KeyError:
        return None
    return ("any", found) if unicodedata.name(found) != name and _is_romanised(found) else None


def table() -> Iterator[str]:
    """Yield the lines of the table."""
    letters = [char for code in range(0x80, 0x110000) if (char := chr(code)).isalpha() and code != 0x3007]
    romanised = {codepoint_script(ord(char)) for char in letters if _is_romanised(char)}
    unromanised = {str(codepoint_script(ord(char))) for char in letters} - {str(one) for one in romanised}
    rows: dict[tuple[str, str], str] = defaultdict(str)
    for code in range(0x80, 0x110000):
        if found := _replacement(chr(code), unromanised):
            rows[found] += chr(code)
    versions = f"Unicode {unicodedata.unidata_version}, ICU {icu.ICU_VERSION}"
    yield f"# {versions}; by deploy/data/build_look_alikes.py"
    for (use, replacement), chars in sorted(rows.items()):
        yield f"{use}\t{replacement}\t{chars}"


if __name__ == "__main__":
    lines = list(table())
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{TARGET.name}: {sum(len(line.split(chr(9))[-1]) for line in lines[1:])} characters")
