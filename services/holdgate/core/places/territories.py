"""Countries and territories by their codes and names, as rigour knows them.

At its first question rigour romanises its 25,725 names, for 1.6 s. They come romanised in
`data/territories.tsv.gz` (deploy/data/build_territories.py), which is used with the very version of rigour
that it was made with; with another, rigour itself is asked.
"""

import gzip
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import metadata
from importlib.resources import files

from rigour.territories import lookup_by_identifier, lookup_territory
from rigour.territories.util import normalize_territory_name

CACHED_NAMES = 20_000
MAX_NAME_LENGTH = 80
"""Characters of the longest text that is looked up; the longest name has 73."""


@lru_cache(maxsize=CACHED_NAMES)
def territory_of(text: str) -> str | None:
    """The code of the territory that a text is a code or name of (`ua`, `ua-cri`), None where it is none.

    Half of a surrogate pair raises `UnicodeEncodeError`, as ICU takes none.
    """
    if len(text) > MAX_NAME_LENGTH:
        return None
    names = _names()
    if names is None:
        found = lookup_territory(text)
    else:
        found = lookup_by_identifier(text)
        if found is None:
            return names.get(normalize_territory_name(text))
    return None if found is None else found.code


@cache
def _names() -> Mapping[str, str] | None:
    """Normalised names and their codes, None where they are of another rigour."""
    packed = files("holdgate.core.places").joinpath("data", "territories.tsv.gz").read_bytes()
    made_with, _, rows = gzip.decompress(packed).decode().partition("\n")
    if made_with != f"rigour\t{metadata.version('rigour')}":
        return None
    return dict(row.split("\t") for row in rows.splitlines())
