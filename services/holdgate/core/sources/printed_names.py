"""A field with more than one name in it -> the names.

Lists print acronyms, other spellings and original script inside one name: "FOREIGN TRADE BANK (FTB)",
"Azim Adhajani; Azim Agha-Jani", "El Harrachi (الحراشي)". A payment carries one of them.
"""

import re
from collections.abc import Iterator

from holdgate.core.entry import EntryType, ListedName, NameKind

_LAST_BRACKET = re.compile(r"^(?P<name>[^()]+?)\s*\((?P<inner>[^()]+)\)[\s,.]*$")
_ACRONYM = re.compile(r"[A-Z][A-Za-z]?[A-Z0-9&/-]*[A-Z]")
_ORIGINAL = re.compile(r"original script\s*:?\s*", re.IGNORECASE)


def is_native(text: str) -> bool:
    """Whether most letters of a text are outside the Latin script."""
    letters = [character for character in text if character.isalpha()]
    return sum(ord(letter) > 0x24F and not 0x1E00 <= ord(letter) <= 0x1EFF for letter in letters) * 2 > len(
        letters
    )


def names_in(text: str, kind: NameKind) -> Iterator[ListedName]:
    """The field as printed, then the names inside it; original script is `native`, acronyms are `weak`."""
    text = " ".join(text.split())
    if not any(character.isalnum() for character in text):
        return
    yield ListedName(text, "native" if kind != "primary" and is_native(text) else kind)
    inner: NameKind = "strong" if kind == "primary" else kind
    parts = [part.strip() for part in text.split(";") if part.strip()] if "(" not in text else [text]
    for part in parts:
        if len(parts) > 1:
            yield ListedName(part, inner)
        if found := _LAST_BRACKET.match(part):
            bracket = _ORIGINAL.sub("", found["inner"]).strip()
            if is_native(bracket) or is_native(found["name"]):
                yield ListedName(found["name"], "native" if is_native(found["name"]) else inner)
                for other in bracket.split(";"):
                    yield ListedName(other.strip(), "native" if is_native(other) else inner)
            elif _ACRONYM.fullmatch(bracket):
                yield ListedName(found["name"], inner)
                yield ListedName(bracket, "weak")


def family_first(text: str, kind: NameKind, party: EntryType) -> ListedName:
    """A name as OFAC prints it: of a person, `FAMILY, Given Middle` gives its parts."""
    text = " ".join(text.split())
    family, comma, given = text.partition(", ")
    if party == "person" and comma:
        return ListedName(text, kind, given, family)
    return ListedName(text, kind)
