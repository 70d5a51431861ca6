"""Country names as lists print them -> ISO 3166-1 alpha-2."""

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
    """`Korea, North` -> `KP`; None for what is no country ("undetermined", "Region: Kafia Kingi").

    A region resolves to the country rigour files it under (Crimea -> UA): the alpha-2 codes have no
    finer grain. OFAC writes regions as "Region: Gaza". Kosovo is XK, the code banks use.
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
    """The values of `(1) Pakistani (2) Saudi Arabian`, `a) Iran b) Iraq`, or the one value there is."""
    return [part for value in _ENUMERATED.split(text) if (part := value.strip(" ,;."))]


@lru_cache(maxsize=4096)
def countries(text: str) -> tuple[str, ...]:
    """The countries of a field that may hold several, with asides: `(1) Iraq (since 2009) (2) Syrian`."""
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
