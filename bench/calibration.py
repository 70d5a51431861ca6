"""A fixed piece of work, to measure figures by: a busy or slow machine takes longer for it too.

Its mixture is that of the engine: dictionaries, sets, short strings, regular expressions and small objects.
Never change it, as figures of different commits are compared in its units.
"""

import re
import time
from random import Random

_WORD = re.compile(r"[^\W\d_]{2,}")
_RNG = Random("calibration")
_NAMES = ["".join(_RNG.choices("aeioubdgklmnrst", k=_RNG.randrange(3, 11))) for _ in range(4_000)]
_TEXT = " ".join(_NAMES)


def calibration_seconds() -> float:
    """Return the CPU seconds that one unit of the work takes: some 5 ms on a quiet machine of 2026."""
    started = time.process_time()
    positions: dict[str, list[int]] = {}
    for position, word in enumerate(_WORD.findall(_TEXT)):
        positions.setdefault(word.casefold(), []).append(position)
    by_letters: dict[str, set[str]] = {}
    for word in positions:
        for start in range(len(word) - 1):
            by_letters.setdefault(word[start : start + 2], set()).add(word)
    shared = [by_letters[word[:2]] & by_letters[word[-2:]] for word in positions]
    weights = {
        word: len(known) / (1.0 + len(positions[word])) for word, known in zip(positions, shared, strict=True)
    }
    sorted(weights, key=weights.__getitem__)
    return time.process_time() - started
