"""Canada's alias field: up to a dozen names in several scripts, separated in many ways.

`Anna Borisovna Leusik, Belarusian: Ганна Лявусiк, Russian: Анна Леусик`, `АО X or Y`, `A; B`. Commas
and "or" also stand inside names (`Завод, АО`), so they separate only where every piece can be a name.
"""

import re
from collections.abc import Iterator

from rigour.names import remove_org_types

from holdgate.core.model.listed_entry import EntryType, ListedName
from holdgate.core.sources.printed_names import is_native, names_in

_SURE = re.compile(
    r";|\s/\s|,?\s*\b(?:Arabic|Belarus+ian|Burmese|Chinese|Farsi|Persian|Russian|Ukrainian)\s*:",
    re.IGNORECASE,
)
_COMMA = re.compile(r"\s*,\s*")
_CONJUNCTION = re.compile(r"\s+(?:and|or)\s+", re.IGNORECASE)
_SLASH = re.compile(r"\s*/\s*")
_ENTITY_PIECES = 3


def aliases(text: str, party: EntryType) -> Iterator[ListedName]:
    """The names of an alias field; single words (the list gives spellings of a given name so) are weak, and
    so is a legal form alone (`Акционерное общество` is all that the list says of one company's alias)."""
    for part in _SURE.split(text):
        for name in _pieces(part.strip(" ,"), party):
            if name and party == "entity" and not remove_org_types(name.casefold()).strip(" ,."):
                yield ListedName(name, "weak")
                continue
            one_word = " " not in name and not is_native(name)
            yield from names_in(name, "weak" if one_word else "strong")


def entity_names(text: str) -> Iterator[ListedName]:
    """An entity's name as printed, then its English and French halves: `Iranian Army/Armée iranienne`."""
    yield from names_in(text, "primary")
    halves = _SLASH.split(" ".join(text.split()))
    if len(halves) > 1 and all(" " in half for half in halves):
        for half in halves:
            yield from names_in(half, "strong")


def _pieces(text: str, party: EntryType) -> list[str]:
    text = " ".join(text.split())
    splitters = [_CONJUNCTION, _SLASH] if party == "person" or is_native(text) else []
    for splitter in splitters:
        found = splitter.split(text)
        if len(found) > 1 and all(" " in piece.strip() for piece in found):
            return [piece for part in found for piece in _pieces(part, party)]
    found = _COMMA.split(text)
    whole = all(" " in piece for piece in found)
    if whole and (party == "person" or len(found) >= _ENTITY_PIECES):
        return found
    return [text]
