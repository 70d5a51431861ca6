"""Passages: what is left of a long text if each passage that repeats an earlier one is left out.

A name that stands in a repeated passage also stands in the earlier one, in the same surroundings. So a search
of the rest finds every name, and padding (one phrase six thousand times) adds no work.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

PASSAGE = 400
"""Characters of a passage. The names of OFAC and UN have at most 325; the rest are the words beside it."""
MIN_EXAMINED_LENGTH = 1_600
"""Characters from which a text is examined, which takes 1.5 ms for 20,000."""
MAX_WORD_EXTENSION = 64
"""Characters by which a passage extends so that it does not begin or end inside a word."""
_FACTOR, _INVERSE = 0x9E3779B97F4A7C15, pow(0x9E3779B97F4A7C15, -1, 1 << 64)


class Excerpt(NamedTuple):
    """The lines that are left of a text, and of each its line and start, in characters, in the whole text."""

    lines: tuple[str, ...]
    places: tuple[tuple[int, int], ...]


def excerpt_of(lines: Sequence[str]) -> Excerpt | None:
    """Return what is left of a text without repeated passages, None if it has none or is short."""
    if sum(map(len, lines)) < MIN_EXAMINED_LENGTH:
        return None
    text = "\n".join(lines)
    repeated = _repeated_windows(text)
    if not repeated.any():
        return None
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    kept: list[str] = []
    places: list[tuple[int, int]] = []
    number = 0
    for first, last in _kept_spans(text, repeated):
        while starts[number + 1] <= first:
            number += 1
        while number < len(lines) and starts[number] < last:
            start = max(0, first - starts[number])
            if piece := lines[number][start : last - starts[number]]:
                kept.append(piece)
                places.append((number, start))
            if last <= starts[number + 1]:
                break
            number += 1
    return Excerpt(tuple(kept), tuple(places))


def _repeated_windows(text: str) -> NDArray[np.bool_]:
    """Return for each window of PASSAGE characters whether an earlier one is equal.

    Equal hashes propose it, and the characters are compared, since hashes that collide are easy to make.
    """
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    powers = np.cumprod(np.full(len(codes), _FACTOR, dtype=np.uint64))
    sums = np.concatenate((np.zeros(1, dtype=np.uint64), np.cumsum(codes * powers)))
    size = len(codes) - PASSAGE + 1
    inverse = np.cumprod(np.full(size, _INVERSE, dtype=np.uint64))
    hashes = (sums[PASSAGE:] - sums[:size]) * inverse
    order = np.argsort(hashes, kind="stable")
    is_same = hashes[order[1:]] == hashes[order[:-1]]
    distance = np.zeros(size, dtype=np.int64)  # to the previous window with the same hash
    distance[order[1:][is_same]] = (order[1:] - order[:-1])[is_same]
    edges = np.flatnonzero(np.diff(distance)) + 1
    for start, end in zip([0, *edges.tolist()], [*edges.tolist(), size], strict=True):
        back = int(distance[start])
        last = end - 1 + PASSAGE
        if back and text[start:last] != text[start - back : last - back]:
            distance[start:end] = 0
    return distance > 0


def _kept_spans(text: str, repeated: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield start and end of what the windows that are not repeated cover, whole words, without overlaps."""
    edges = np.flatnonzero(np.diff(np.concatenate(([True], repeated, [True])).astype(np.int8)))
    spans = edges.reshape(-1, 2) + np.array((0, PASSAGE - 1))
    end = 0
    pending: tuple[int, int] | None = None
    for first, last in spans.tolist():
        for _ in range(MAX_WORD_EXTENSION):
            first -= first > 0 and text[first - 1].isalnum()
            last += last < len(text) and text[last].isalnum()
        if pending is not None and first <= end:
            pending = pending[0], last
        else:
            if pending is not None:
                yield pending
            pending = first, last
        end = last
    if pending is not None:
        yield pending
