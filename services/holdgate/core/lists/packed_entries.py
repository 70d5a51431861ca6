"""The entries of a snapshot, kept packed and decoded on access."""

from collections.abc import Iterator, Sequence
from typing import overload

import msgspec

from holdgate.core.model.listed_entry import Entry
from holdgate.core.names.bounded_cache import BoundedCache

CACHED_ENTRIES = 2_000
"""Decoded entries to keep; only a few entries of a list are ever compared with names."""


class PackedEntries(Sequence[Entry]):
    """The entries in order. The 14,824 of OFAC and UN take 25 MB decoded and 8 MB packed.

    Iteration decodes each entry once without keeping it, and raises `msgspec.DecodeError` at an invalid one.
    """

    def __init__(self, packed: bytes) -> None:
        self._packed = msgspec.msgpack.decode(packed, type=list[msgspec.Raw])
        self._decode = msgspec.msgpack.Decoder(Entry).decode
        self._cache: BoundedCache[int, Entry] = BoundedCache(CACHED_ENTRIES)

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self._packed)

    def __iter__(self) -> Iterator[Entry]:
        """Decode the entries one by one."""
        return map(self._decode, self._packed)

    @overload
    def __getitem__(self, position: int) -> Entry: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[Entry]: ...
    def __getitem__(self, position: int | slice) -> Entry | Sequence[Entry]:
        """Return the entry at a position, or the entries of a slice."""
        if isinstance(position, slice):
            return [self._decode(packed) for packed in self._packed[position]]
        entry = self._cache.get(position)
        if entry is None:
            entry = self._cache[position] = self._decode(self._packed[position])
        return entry
