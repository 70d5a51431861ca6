"""The time from the start of a worker's process until it is ready."""

import time
from collections.abc import Iterator

from bench.figures import Figure
from bench.gate import running_gate

STARTS = 3


def measure(_: int) -> Iterator[Figure]:
    """Yield the time of each of a few starts, one after the other, with the lists in Redis."""
    with running_gate() as running:
        for number in range(1, STARTS + 1):
            started = time.monotonic()
            worker = running.rig.worker().await_ready()
            yield Figure(f"start.ready.{number}", time.monotonic() - started, "s from process start to ready")
            worker.terminate()
