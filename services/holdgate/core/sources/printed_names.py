"""Split a printed name that contains several names.

Lists print acronyms, other spellings, the original script and remarks inside one name: "FOREIGN TRADE BANK
(FTB)", "Azim Adhajani; Azim Agha-Jani", "El Harrachi (الحراشي)", "Ezatullah Haqqani (previously listed
as)". A payment carries only one of the names.
"""

import re
from collections.abc import Iterator

from rigour.names import extract_org_types

from holdgate.core.model.listed_entry import EntryType, ListedName, NameKind
from holdgate.core.sources.countries import country

_LAST_BRACKET = re.compile(r"(?P<name>.*[^\s(])\s*\((?P<inner>[^()]+)\)[\s,.]*")
_ACRONYM = re.compile(r"[A-Z][A-Za-z]?[A-Z0-9&/-]{0,7}[A-Z]")
_ORIGINAL_SCRIPT_MARK = re.compile(r"\(original script\)|\boriginal script\s*:\s*", re.IGNORECASE)
_ALIAS_MARK = re.compile(r"(?:also known as|formerly(?: known as)?|[af]\.?k\.?a\.?)\s+", re.IGNORECASE)
_REMARK = re.compile(r"\b(?:listed as|(?:birth|combat) name|false identity|third)\b", re.IGNORECASE)
_BIRTH_SUFFIX = re.compile(r",? born \d.*$")


def is_native(text: str) -> bool:
    """Return whether most letters of a text are outside the Latin script."""
    letters = [character for character in text if character.isalpha()]
    native = sum(
        ord(letter) > 0x24F and not 0x1E00 <= ord(letter) <= 0x1EFF  # outside the two ranges of Latin
        for letter in letters
    )
    return 2 * native > len(letters)


def classify_script(text: str, kind: NameKind) -> ListedName:
    """Return a name of this kind, or a `native` name if it is not `weak` and not in Latin script."""
    return ListedName(text, "native" if kind != "weak" and is_native(text) else kind)


def split_printed_names(text: str, kind: NameKind) -> Iterator[ListedName]:
    """Yield the names in a field; a primary name is first yielded as printed.

    An acronym in brackets is `weak`.
    """
    text = " ".join(text.split())
    if not any(character.isalnum() for character in text):
        return
    if kind == "primary":
        yield ListedName(text, kind)
    for part in _split_semicolons(_ORIGINAL_SCRIPT_MARK.sub("", text)):
        yield from _split_brackets(_BIRTH_SUFFIX.sub("", part), "strong" if kind == "primary" else kind)


def _split_brackets(text: str, kind: NameKind) -> Iterator[ListedName]:
    match = _LAST_BRACKET.fullmatch(text)
    if match is None:
        yield classify_script(text, kind)
        return
    name, inner = match["name"], match["inner"].strip()
    if _REMARK.search(inner):
        yield from _split_brackets(name, kind)
    elif ";" in inner or _ALIAS_MARK.match(inner) or is_native(inner) != is_native(name):
        yield from _split_brackets(name, kind)
        for other in _split_semicolons(_ALIAS_MARK.sub("", inner, count=1)):
            yield classify_script(other, kind)
    else:
        yield classify_script(text, kind)
        if _ACRONYM.fullmatch(inner) and country(inner) is None and not extract_org_types(inner):
            yield from _split_brackets(name, kind)
            yield ListedName(inner, "weak")


def _split_semicolons(text: str) -> list[str]:
    """Split a text at the semicolons outside brackets."""
    parts: list[str] = [""]
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == ";" and depth <= 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip(" ,") for part in parts if any(map(str.isalnum, part))]


def name_from_ofac(text: str, kind: NameKind, party: EntryType) -> ListedName:
    """Return a name as OFAC prints it; a person's `FAMILY, Given Middle` also sets `family` and `given`."""
    text = " ".join(text.split())
    family, comma, given = text.partition(", ")
    if party == "person" and comma:
        return ListedName(text, kind, given, family)
    return ListedName(text, kind)
