"""Country names as lists print them -> ISO 3166-1 alpha-2."""

from functools import lru_cache

from rigour.territories import lookup_territory

_NOWHERE = frozenset(
    {"", "00", "na", "n/a", "not available", "none identified", "stateless", "undetermined", "unknown"}
)


@lru_cache(maxsize=4096)
def country(text: str) -> str | None:
    """`Korea, North` -> `KP`; None for what is no country ("undetermined", "Region: Kafia Kingi").

    A region resolves to the country rigour files it under (Crimea -> UA): the alpha-2 codes have no
    finer grain. OFAC writes regions as "Region: Gaza". Kosovo is XK, the code banks use.
    """
    name = " ".join(text.replace("Region:", " ").split()).strip(" .,;")
    if name.casefold() in _NOWHERE:
        return None
    territory = lookup_territory(name)
    while territory is not None and len(territory.code) != 2:
        territory = territory.parent
    return territory.code.upper() if territory is not None else None
