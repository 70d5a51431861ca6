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

import pycountry
from rigour.territories import lookup_by_identifier, lookup_territory
from rigour.territories.util import normalize_territory_name

CACHED_NAMES = 20_000
MAX_NAME_LENGTH = 80
"""Maximum length in characters of a text that is looked up; the longest name has 73."""


@lru_cache(maxsize=CACHED_NAMES)
def territory_of(text: str) -> str | None:
    """Return the code of the territory with that code or name (`ua`, `ua-cri`), None if there is none.

    ISO 3166-1 codes may have two letters, three letters or three digits.

    Raises `UnicodeEncodeError` for a lone surrogate, which ICU rejects.
    """
    if len(text) > MAX_NAME_LENGTH:
        return None
    if text.strip().isdecimal():
        numeric = pycountry.countries.get(numeric=text.strip())
        return None if numeric is None else str(numeric.alpha_2).lower()
    names = _names()
    if names is None:
        territory = lookup_territory(text)
    else:
        territory = lookup_by_identifier(text)
        if territory is None:
            return names.get(normalize_territory_name(text))
    return None if territory is None else territory.code


def country_code(text: str | None) -> str | None:
    """Return the ISO 3166-1 alpha-2 code of a country by code or name, None if there is none.

    Two letters are returned in upper case as they are.
    """
    stripped = text.strip() if text else ""
    if len(stripped) == 2 and stripped.isascii():
        return stripped.upper()
    code = territory_of(encodable(stripped)) if stripped else None
    return None if code is None else code[:2].upper()


def encodable(text: str) -> str:
    """Return the text with lone surrogates replaced by `?`; ICU rejects them."""
    return text.encode("utf-8", "replace").decode()


def names_of(code: str) -> list[str]:
    """Return the normalised names of a territory in all languages; none if the file has another version."""
    return [name for name, named in (_names() or {}).items() if named == code]


def alpha3_of(code: str) -> str | None:
    """Return the three-letter code of a country, None if ISO 3166-1 has none."""
    country = pycountry.countries.get(alpha_2=code)
    return None if country is None else str(country.alpha_3)


@cache
def _names() -> Mapping[str, str] | None:
    """Return the code of each normalised name, None if the file was built from another version of rigour."""
    packed = files("holdgate.core.places").joinpath("data", "territories.tsv.gz").read_bytes()
    built_from, _, rows = gzip.decompress(packed).decode().partition("\n")
    if built_from != f"rigour\t{metadata.version('rigour')}":
        return None
    return dict(row.split("\t") for row in rows.splitlines())
