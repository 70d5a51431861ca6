"""Canada: split the alias field, which has up to a dozen names in several scripts and many separators.

`Anna Borisovna Leusik, Belarusian: Ганна Лявусiк, Russian: Анна Леусик`, `АО X or Y`, `A; B`. Commas
and "or" also occur inside names (`Завод, АО`), so they separate names only if every piece can be a name.
"""

import re
from collections.abc import Iterator

from rigour.names import remove_org_types

from holdgate.core.model.listed_entry import EntryType, ListedName
from holdgate.core.sources.printed_names import is_native, split_printed_names

_SEPARATORS = re.compile(
    r";|\s/\s|,?\s*\b(?:Arabic|Belarus+ian|Burmese|Chinese|Farsi|Persian|Russian|Ukrainian)\s*:",
    re.IGNORECASE,
)
_COMMA = re.compile(r"\s*,\s*")
_CONJUNCTION = re.compile(r"\s+(?:and|or)\s+", re.IGNORECASE)
_SLASH = re.compile(r"\s*/\s*")
_MIN_ENTITY_PIECES = 3


def alias_names(text: str, party: EntryType) -> Iterator[ListedName]:
    """Yield the names in an alias field.

    Single words are weak, because the list gives spelling variants of a given name this way. A legal form
    alone is weak too: one company's alias is just `Акционерное общество`.
    """
    for part in _SEPARATORS.split(text):
        for name in _split_pieces(part.strip(" ,"), party):
            if name and party == "entity" and not remove_org_types(name.casefold()).strip(" ,."):
                yield ListedName(name, "weak")
                continue
            one_word = " " not in name and not is_native(name)
            yield from split_printed_names(name, "weak" if one_word else "strong")


def entity_names(text: str) -> Iterator[ListedName]:
    """Yield an entity's name as printed, then its English and French halves.

    `Iranian Army/Armée iranienne` is such a name.
    """
    yield from split_printed_names(text, "primary")
    halves = _SLASH.split(" ".join(text.split()))
    if len(halves) > 1 and all(" " in half for half in halves):
        for half in halves:
            yield from split_printed_names(half, "strong")


def _split_pieces(text: str, party: EntryType) -> list[str]:
    text = " ".join(text.split())
    splitters = [_CONJUNCTION, _SLASH] if party == "person" or is_native(text) else []
    for splitter in splitters:
        pieces = splitter.split(text)
        if len(pieces) > 1 and all(" " in piece.strip() for piece in pieces):
            return [piece for part in pieces for piece in _split_pieces(part, party)]
    pieces = _COMMA.split(text)
    all_full_names = all(" " in piece for piece in pieces)
    if all_full_names and (party == "person" or len(pieces) >= _MIN_ENTITY_PIECES):
        return pieces
    return [text]
