"""Ends a worker that hangs: one whose loop stands still, one that was told to end and does not, and one whose
consumer gives nothing any more.

All were seen in the libraries beneath (aiokafka issue 1037: a consumer that fetches nothing after a
rebalance while its heartbeats go on). Waiting for Redis or Kafka is no hanging: it is said and counted.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping

import structlog
from aiokafka.errors import KafkaError

from holdgate.screening import exit_codes, stack_dump

log = structlog.get_logger()

LOOP_SECONDS = 60.0
"""A loop that does not come round for so long hangs: the longest work in it takes a second or so."""

LOOP_LOOK = 5.0
"""Seconds between two looks at the loop."""

STOP_SECONDS = 20.0
"""From being told to end: a consumer that was stopped while its group rebalanced was seen to lose its
coordinator and to send heartbeats for ever. Orchestrators kill after 30 seconds, without a word said."""

LOOK_SECONDS = 30.0
"""Between two looks at an idle consumer; it hangs if at both the same records wait and none was taken."""

LOOKS_LEFT_OUT = 4
"""Looks after which a consumer that gives records of other partitions, and of one none, hangs in that one. A
backlog is fetched 256 kB a partition in turn: seconds, even of a busy worker."""

End = Callable[[int, str], object]
Places = Mapping[int, int]
OffsetsFault = (KafkaError, TimeoutError, OSError)


class LoopWatch(threading.Thread):
    """Ends the process when `beat` was not called for `LOOP_SECONDS`, twice looked at.

    Twice, since a process that was frozen as a whole wakes with an old beat and is well. Ends it as well when
    it is `stopping` for `STOP_SECONDS`. What threads and the tasks of its `loops` wait for is said before.
    """

    def __init__(
        self,
        stopping: Callable[[], bool] = lambda: False,
        end: End = exit_codes.exit_process,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        loops: Callable[[], Iterable[asyncio.AbstractEventLoop]] = tuple,
    ) -> None:
        super().__init__(name="loop watch", daemon=True)
        self._loops = loops
        self._stopping = stopping
        self._end = end
        self._clock = clock
        self._sleep = sleep
        self._beat = clock()

    def beat(self) -> None:
        """Say that the loop came round."""
        self._beat = self._clock()

    def run(self) -> None:
        """Look until the process ends."""
        told = 0
        while told * LOOP_LOOK < STOP_SECONDS:
            if not told and self.hangs():
                return self._hung(f"the event loop did not come round for {LOOP_SECONDS:.0f} s")
            self._sleep(LOOP_LOOK)
            told = told + 1 if self._stopping() else 0
        return self._hung(f"told to end, and did not within {STOP_SECONDS:.0f} s")

    def _hung(self, why: str) -> None:
        try:
            tasks = [task for loop in self._loops() for task in stack_dump.tasks(loop)]
            log.critical("what the worker waits for", threads=stack_dump.threads(), tasks=tasks)
        finally:  # whatever telling it raises: a loop that closes meanwhile, tasks that come and go
            self._end(exit_codes.HUNG, why)

    def hangs(self) -> bool:
        """Whether the beat is too old, and still the same a moment later."""
        before = self._beat
        if self._clock() - before < LOOP_SECONDS:
            return False
        self._sleep(LOOP_LOOK)
        return self._beat == before


class ConsumerWatch:
    """Looks whether records wait that the consumer does not fetch.

    `positions` gives where the consumer stands in each of its partitions, `ends` where these end;
    `taken` how many records it gave out so far.
    """

    def __init__(
        self,
        positions: Callable[[], Awaitable[Places]],
        ends: Callable[[Places], Awaitable[Places]],
        taken: Callable[[], int],
        end: End = exit_codes.exit_process,
    ) -> None:
        self._positions = positions
        self._ends = ends
        self._taken = taken
        self._end = end
        self._stuck: tuple[int, Places] | None = None
        self._unmoved: dict[int, tuple[int, int]] = {}
        """By partition where records wait: where it stands, and at how many looks it stood there."""

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except OffsetsFault as error:
                self._stuck = None
                log.warning("cannot see whether records wait", error=type(error).__name__)

    async def look(self) -> None:
        """Compare with the looks before; ends the process if the last saw the same records wait, or several
        the same of one partition."""
        taken, places = self._taken(), await self._positions()
        ends = await self._ends(places) if places else {}
        waiting = {place: at for place, at in places.items() if at < ends.get(place, at)}
        stuck = (taken, waiting) if waiting and taken == self._taken() else None
        if stuck is not None and stuck == self._stuck:
            self._end(exit_codes.HUNG, f"the consumer gives nothing of partitions {sorted(waiting)}")
        self._stuck = stuck
        self._unmoved = {place: (at, self._looks(place, at) + 1) for place, at in waiting.items()}
        if left_out := [place for place, (_, looks) in self._unmoved.items() if looks > LOOKS_LEFT_OUT]:
            self._end(exit_codes.HUNG, f"the consumer leaves out partitions {sorted(left_out)}")

    def _looks(self, place: int, at: int) -> int:
        """At how many looks until now a partition stood there."""
        before, looks = self._unmoved.get(place, (at, 0))
        return looks if before == at else 0
