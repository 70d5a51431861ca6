"""Where records stand in a topic, as a text that the audit keeps: `0:3-17,21;2:5`."""

from collections import defaultdict
from collections.abc import Iterable

Position = tuple[int, int]
"""Partition and offset of a topic."""


def pack_offsets(positions: Iterable[Position]) -> str:
    """Positions as text: offsets that follow each other become one range."""
    ranges: defaultdict[int, list[list[int]]] = defaultdict(list)
    for partition, offset in sorted(positions):
        found = ranges[partition]
        if found and found[-1][1] + 1 == offset:
            found[-1][1] = offset
        else:
            found.append([offset, offset])
    return ";".join(
        f"{partition}:" + ",".join(f"{a}-{b}" if a != b else str(a) for a, b in found)
        for partition, found in ranges.items()
    )


def unpack_offsets(text: str) -> set[Position]:
    """The positions of a text; raises ValueError for one that is none."""
    found: set[Position] = set()
    for part in filter(None, text.split(";")):
        partition, _, ranges = part.partition(":")
        for word in ranges.split(","):
            first, _, last = word.partition("-")
            found |= {(int(partition), offset) for offset in range(int(first), int(last or first) + 1)}
    return found
