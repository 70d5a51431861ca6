"""The keys of listed identifiers, by which a snapshot looks them up."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from holdgate.core.identifiers.id_readings import listed_readings
from holdgate.core.model.listed_entry import Entry


class KeyedIdentifier(Struct, frozen=True, array_like=True, gc=False):
    """A listed identifier: its key, the position of its entry, and its own position within the entry."""

    key: str
    entry: int
    position: int


def key_identifiers(entries: Iterable[Entry]) -> Iterator[KeyedIdentifier]:
    """Yield the keys of identifiers that can be compared, in the order of the entries."""
    for entry_position, entry in enumerate(entries):
        for position, listed in enumerate(entry.ids):
            for key in dict.fromkeys(reading.key for reading in listed_readings(listed)):
                yield KeyedIdentifier(key, entry_position, position)
