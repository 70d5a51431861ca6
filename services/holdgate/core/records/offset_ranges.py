"""Positions of records in a topic as text, for audit records: `0:3-17,21;2:5`."""

from collections import defaultdict
from collections.abc import Iterable

Position = tuple[int, int]
"""Partition and offset of a topic."""


def pack_offsets(positions: Iterable[Position]) -> str:
    """Return positions as text; consecutive offsets become one range."""
    ranges: defaultdict[int, list[list[int]]] = defaultdict(list)
    for partition, offset in sorted(positions):
        of_partition = ranges[partition]
        if of_partition and of_partition[-1][1] + 1 == offset:
            of_partition[-1][1] = offset
        else:
            of_partition.append([offset, offset])
    return ";".join(
        f"{partition}:" + ",".join(f"{a}-{b}" if a != b else str(a) for a, b in of_partition)
        for partition, of_partition in ranges.items()
    )


def unpack_offsets(text: str) -> set[Position]:
    """Return the positions of a text; raise ValueError if it is malformed."""
    positions: set[Position] = set()
    for part in filter(None, text.split(";")):
        partition, _, ranges = part.partition(":")
        for word in ranges.split(","):
            first, _, last = word.partition("-")
            positions |= {(int(partition), offset) for offset in range(int(first), int(last or first) + 1)}
    return positions
