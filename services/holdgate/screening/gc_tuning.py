"""The interpreter, told what a worker does: lists stay for hours, batches for milliseconds.

Its collector looks for cycles among all that lives, a million objects of a list each time: 91 ms in which no
payment moves. So it looks at nothing while a list is loaded, never at what was loaded, and seldom at the
rest. Lists hold no cycles: an old one is freed when nobody uses it, collector or not.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

GC_THRESHOLDS = (20_000, 20, 20)
"""New objects between two looks at the young ones, and so on: a batch of 500 payments makes some 50,000."""

SWITCH_SECONDS = 0.0005
"""Seconds that a loading thread keeps the interpreter when the loop wants it; the default of 0.005 is lost
anew with every call of the loop that waits for a socket."""


def collect_rarely() -> None:
    """What exists now stays; look less often at what comes."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


@contextmanager
def while_loading() -> Iterator[None]:
    """Load in another thread inside the block: the loop keeps its turn, and what was loaded stays."""
    turn = sys.getswitchinterval()
    gc.collect(1)
    gc.disable()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
        gc.freeze()
    finally:
        sys.setswitchinterval(turn)
        gc.enable()
