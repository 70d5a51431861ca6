"""The entries of a snapshot: kept packed, each read when it is asked for."""

from collections.abc import Iterator, Sequence
from typing import overload

import msgspec

from holdgate.core.model.listed_entry import Entry
from holdgate.core.names.bounded_cache import BoundedCache

CACHED_ENTRIES = 2_000
"""Entries that are kept read: those that names come near to, which are a few of a list's."""


class PackedEntries(Sequence[Entry]):
    """Entries in their order. Of OFAC and UN, 14,824, they take 25 MB read and 8 MB packed.

    Going through all of them reads each once, and raises `msgspec.DecodeError` at one that is none.
    """

    def __init__(self, packed: bytes) -> None:
        self._packed = msgspec.msgpack.decode(packed, type=list[msgspec.Raw])
        self._read = msgspec.msgpack.Decoder(Entry).decode
        self._cache: BoundedCache[int, Entry] = BoundedCache(CACHED_ENTRIES)

    def __len__(self) -> int:
        """How many."""
        return len(self._packed)

    def __iter__(self) -> Iterator[Entry]:
        """Each of them, none kept."""
        return map(self._read, self._packed)

    @overload
    def __getitem__(self, at: int) -> Entry: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Entry]: ...
    def __getitem__(self, at: int | slice) -> Entry | Sequence[Entry]:
        """The one at a position, or several."""
        if isinstance(at, slice):
            return [self._read(packed) for packed in self._packed[at]]
        entry = self._cache.get(at)
        if entry is None:
            entry = self._cache[at] = self._read(self._packed[at])
        return entry
