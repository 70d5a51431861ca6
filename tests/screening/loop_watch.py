"""A worker that measures its longest event-loop callbacks: `python -m tests.screening.loop_watch`.

It exports `loop_longest_seconds` on /metrics, by how the time was spent: `cpu` is the loop's own work, and
`blocked` the rest, in which it waited for something or for a processor.
"""

import asyncio
import os
import threading
import time
from functools import partial
from typing import Any

from prometheus_client import Gauge

from holdgate.runtime.settings import from_environ
from holdgate.screening.worker import run


def watch_loop() -> None:
    """Time every callback of the main thread's event loop."""
    longest = Gauge("loop_longest_seconds", "Longest callback since it was reset", ("spent",))
    most = {"cpu": 0.0, "blocked": 0.0}
    call: Any = asyncio.Handle._run
    main = threading.main_thread().ident

    def timed(handle: Any) -> None:
        if threading.get_ident() != main:
            call(handle)
            return
        wall, cpu = time.perf_counter(), time.thread_time()
        call(handle)
        cpu = time.thread_time() - cpu
        most["cpu"] = max(most["cpu"], cpu)
        most["blocked"] = max(most["blocked"], time.perf_counter() - wall - cpu)

    def told(spent: str) -> float:
        """Return the longest callback since the last call."""
        found, most[spent] = most[spent], 0.0
        return found

    for spent in most:
        longest.labels(spent).set_function(partial(told, spent))
    asyncio.Handle._run = timed  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    watch_loop()
    run(from_environ({name: value for name, value in os.environ.items() if name.startswith("HOLDGATE_")}))
