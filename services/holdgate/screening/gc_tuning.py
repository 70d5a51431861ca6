"""Tune the garbage collector and thread switching for a screening worker.

A full collection scans the million objects of a list, 91 ms in which no payment is decided. So the collector
is off while a list is loaded, never scans a loaded list (gc.freeze), and runs rarely on everything else.
Lists have no reference cycles: reference counting frees an old one.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

GC_THRESHOLDS = (20_000, 20, 20)
"""Thresholds of the three generations. A batch of 500 payments creates about 50,000 objects."""

SWITCH_SECONDS = 0.0005
"""Seconds for which a loading thread keeps the interpreter lock while the event loop waits for it. The
default of 0.005 delays the loop that long after every socket call."""


def collect_rarely() -> None:
    """Exclude all current objects from collection, and collect new ones less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


@contextmanager
def while_loading() -> Iterator[None]:
    """Use around loading a list in another thread: keeps the loop responsive and freezes what was loaded."""
    switch_interval = sys.getswitchinterval()
    gc.collect(1)
    gc.disable()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
        gc.freeze()
    finally:
        sys.setswitchinterval(switch_interval)
        gc.enable()
