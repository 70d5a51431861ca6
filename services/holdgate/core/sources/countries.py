"""Convert country names as lists print them to ISO 3166-1 alpha-2 codes."""

import re
from collections.abc import Iterator
from functools import lru_cache

from rigour.territories import get_territory

from holdgate.core.places.territories import territory_of

_NO_COUNTRY = frozenset(
    {"", "00", "na", "n/a", "not available", "none identified", "stateless", "undetermined", "unknown"}
)


@lru_cache(maxsize=4096)
def country(text: str) -> str | None:
    """Return the code of a country (`Korea, North` -> `KP`), or None if the text names no country.

    "undetermined" and "Region: Kafia Kingi" name none. A region has its country's code according to rigour
    (Crimea -> UA), as alpha-2 has no codes for regions. OFAC writes "Region: Gaza". Kosovo is XK, the code
    that banks use.
    """
    name = " ".join(text.replace("Region:", " ").split()).strip(" .,;")
    if name.casefold() in _NO_COUNTRY:
        return None
    code = territory_of(name)
    territory = get_territory(code) if code else None
    while territory is not None and len(territory.code) != 2:
        territory = territory.parent
    return territory.code.upper() if territory is not None else None


_ENUMERATED = re.compile(r"\(?\b(?:\d{1,2}|[a-z])\)\s*(?:(?:-|to\b)\s*\(\d{1,2}\)\s*)?")
_QUALIFIERS = re.compile(
    r"\([^)]*\)|\bas (?:at|of)\b.*|\b(?:citizen(?:ship)?|nationals?|by birth|possibly|in)\b", re.IGNORECASE
)
_SEPARATORS = re.compile(r"\s*(?:[/;]|\band\b)\s*")


def enumerated_values(text: str) -> list[str]:
    """Split an enumeration such as `(1) Pakistani (2) Saudi Arabian` or `a) Iran b) Iraq` into its values."""
    return [part for value in _ENUMERATED.split(text) if (part := value.strip(" ,;."))]


@lru_cache(maxsize=4096)
def countries(text: str) -> tuple[str, ...]:
    """Return the codes of all countries in a field such as `(1) Iraq (since 2009) (2) Syrian`."""
    return tuple(dict.fromkeys(_countries(text)))


def _countries(text: str) -> Iterator[str]:
    for value in enumerated_values(text):
        bare = " ".join(_QUALIFIERS.sub(" ", value).split())
        if code := country(bare):
            yield code
            continue
        for part in _SEPARATORS.split(bare):
            if code := country(part) or country(part.rpartition(",")[2]):
                yield code
