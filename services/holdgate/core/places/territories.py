"""Countries and territories by code and by name, from rigour.

On its first look-up rigour romanises its 25,725 names, which takes 1.6 s. `data/territories.tsv.gz` holds
them romanised (see deploy/data/build_territories.py). It is used only with the version of rigour it was built
from; with any other version the look-up goes to rigour itself.
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
"""Maximum length in characters of a text that is looked up; the longest name has 73."""


@lru_cache(maxsize=CACHED_NAMES)
def territory_of(text: str) -> str | None:
    """Return the code of the territory with that code or name (`ua`, `ua-cri`), None if there is none.

    Raises `UnicodeEncodeError` for a lone surrogate, which ICU rejects.
    """
    if len(text) > MAX_NAME_LENGTH:
        return None
    names = _names()
    if names is None:
        territory = lookup_territory(text)
    else:
        territory = lookup_by_identifier(text)
        if territory is None:
            return names.get(normalize_territory_name(text))
    return None if territory is None else territory.code


@cache
def _names() -> Mapping[str, str] | None:
    """Return the code of each normalised name, None if the file was built from another version of rigour."""
    packed = files("holdgate.core.places").joinpath("data", "territories.tsv.gz").read_bytes()
    built_from, _, rows = gzip.decompress(packed).decode().partition("\n")
    if built_from != f"rigour\t{metadata.version('rigour')}":
        return None
    return dict(row.split("\t") for row in rows.splitlines())
