"""From the start of a worker's process to its being ready for payments."""

import time
from collections.abc import Iterator

from bench.figures import Figure
from bench.gate import gate

STARTS = 3


def start(_: int) -> Iterator[Figure]:
    """Each of a few starts in turn, with the lists current; the one before has ended as it should."""
    with gate() as running:
        for at in range(1, STARTS + 1):
            started = time.monotonic()
            worker = running.rig.worker().await_ready()
            yield Figure(f"start.ready.{at}", time.monotonic() - started, "s from process start to ready")
            worker.terminate()
