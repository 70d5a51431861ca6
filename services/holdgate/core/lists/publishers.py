"""Several publishers of lists: the service that serves sources, and publications by hand.

Neither may undo the other in silence. A publication by hand is pinned while a service serves other sources; a
service does not replace a publication that is not its own.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct


class ServedSources(Struct, frozen=True):
    """What a running lists service serves: a random id of its process, and a digest of each list's source."""

    service: str
    digests: dict[str, str]


def source_digests(specs: Mapping[str, str]) -> dict[str, str]:
    """Return a digest of each list's source; an address may contain a secret token."""
    return {name: hashlib.sha256(place.encode()).hexdigest()[:16] for name, place in specs.items()}


def differing_lists(served: Mapping[str, str], others: Mapping[str, str]) -> list[str]:
    """Return the lists whose sources differ between two sets of digests, or that only one has."""
    return sorted(name for name in served.keys() | others.keys() if served.get(name) != others.get(name))


def rival_lists(mine: ServedSources, running: ServedSources | None) -> list[str]:
    """Return the lists for which another running service serves other sources."""
    if running is None or running.service == mine.service:
        return []
    return differing_lists(mine.digests, running.digests)


def undoes_another(current: datetime, accepted: datetime | None) -> bool:
    """Return whether replacing the current publication would undo somebody else's.

    `accepted` is the time of the publication that the service made last, or that a person let it replace;
    None if no service has published yet.
    """
    return accepted is not None and current != accepted
