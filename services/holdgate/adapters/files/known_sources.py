"""The published addresses of well-known lists, by name."""

from functools import cache
from importlib import resources

import msgspec
from msgspec import Struct


class KnownSource(Struct, frozen=True, forbid_unknown_fields=True):
    """A list: who publishes it, and the address of each of its files."""

    publisher: str
    addresses: tuple[str, ...]


@cache
def known_sources() -> dict[str, KnownSource]:
    """Return the lists of known_sources.toml, by name."""
    text = resources.files("holdgate.adapters.files").joinpath("known_sources.toml").read_bytes()
    return msgspec.toml.decode(text, type=dict[str, KnownSource])
