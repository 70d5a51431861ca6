"""Ends a worker that hangs: its event loop is blocked, it does not stop after SIGTERM, or its consumer
delivers no more records.

All three were seen in the libraries below (aiokafka issue 1037: after a rebalance a consumer fetches nothing
while its heartbeats continue). Waiting for Redis or Kafka does not count as hanging; it is logged and
counted. A worker that stops does not wait for them: its unacknowledged records are redelivered.
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
"""An event loop without a heartbeat for this long hangs; its longest step takes about a second."""

LOOP_CHECK_SECONDS = 5.0
"""Seconds between two checks of the loop."""

STOP_SECONDS = 20.0
"""Maximum duration of a shutdown. A consumer stopped during a rebalance was seen to lose its coordinator and
to send heartbeats forever. Orchestrators kill after 30 seconds, which would leave no log."""

CONSUMER_CHECK_SECONDS = 30.0
"""Seconds between two checks of the consumer. It hangs if the same records wait at both and none was read."""

MAX_STALLED_CHECKS = 4
"""Checks after which a consumer that reads other partitions, but never this one, counts as hanging. A backlog
is fetched in turns of 256 kB per partition, which take seconds even on a busy worker."""

OUTAGE_SECONDS = 5.0
"""Duration of a shutdown after which the worker asks whether Redis and Kafka answer. A worker with a
backlog was measured to stop in 1.1 s."""

End = Callable[[int, str], object]
Offsets = Mapping[int, int]
OffsetsFault = (KafkaError, TimeoutError, OSError)


class LoopWatch(threading.Thread):
    """Ends the process if `beat` was not called for `LOOP_SECONDS`, confirmed by a second check.

    The second check is there because a process that was suspended (SIGSTOP) wakes up with an old heartbeat
    and is healthy. The process is also ended if `stopping` has been true for `STOP_SECONDS`. Before the end,
    the stacks of all threads and of the tasks of `loops` are logged.
    """

    def __init__(
        self,
        stopping: Callable[[], bool] = lambda: False,
        end: End = exit_codes.exit_process,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        loops: Callable[[], Iterable[asyncio.AbstractEventLoop]] = tuple,
        outage: Callable[[], str | None] = lambda: None,
    ) -> None:
        super().__init__(name="loop watch", daemon=True)
        self._outage = outage
        self._loops = loops
        self._stopping = stopping
        self._end = end
        self._clock = clock
        self._sleep = sleep
        self._beat = clock()

    def beat(self) -> None:
        """Record a heartbeat."""
        self._beat = self._clock()

    def run(self) -> None:
        """Check until the process ends."""
        stopping_checks = 0
        while stopping_checks * LOOP_CHECK_SECONDS < STOP_SECONDS:
            if not stopping_checks and self.hangs():
                return self._hung(f"the event loop had no heartbeat for {LOOP_SECONDS:.0f} s")
            self._sleep(LOOP_CHECK_SECONDS)
            stopping_checks = stopping_checks + 1 if self._stopping() else 0
            if stopping_checks * LOOP_CHECK_SECONDS > OUTAGE_SECONDS and (outage := self._outage()):
                self._end(exit_codes.STOPPED, f"not waiting any longer: {outage}")
                return None
        return self._hung(f"shutdown did not finish within {STOP_SECONDS:.0f} s")

    def _hung(self, why: str) -> None:
        try:
            tasks = [task for loop in self._loops() for task in stack_dump.tasks(loop)]
            log.critical(
                "worker hangs: stacks of its threads and tasks", threads=stack_dump.threads(), tasks=tasks
            )
        finally:  # even if the dump fails: the loop may close, and tasks may end meanwhile
            self._end(exit_codes.HUNG, why)

    def hangs(self) -> bool:
        """Return whether the heartbeat is too old, and still the same at a second check."""
        before = self._beat
        if self._clock() - before < LOOP_SECONDS:
            return False
        self._sleep(LOOP_CHECK_SECONDS)
        return self._beat == before


class ConsumerWatch:
    """Ends the process if records wait that the consumer does not fetch.

    `positions` returns the consumer's offset in each of its partitions, `ends` their end offsets, and `taken`
    the number of records delivered so far.
    """

    def __init__(
        self,
        positions: Callable[[], Awaitable[Offsets]],
        ends: Callable[[Offsets], Awaitable[Offsets]],
        taken: Callable[[], int],
        end: End = exit_codes.exit_process,
    ) -> None:
        self._positions = positions
        self._ends = ends
        self._taken = taken
        self._end = end
        self._stuck: tuple[int, Offsets] | None = None
        self._unmoved: dict[int, tuple[int, int]] = {}
        """By partition with waiting records: the offset, and the number of checks at which it was the
        same."""

    async def run(self) -> None:
        """Check forever."""
        while True:
            await asyncio.sleep(CONSUMER_CHECK_SECONDS)
            try:
                await self.look()
            except OffsetsFault as error:
                self._stuck = None
                log.warning("cannot check whether records wait", error=type(error).__name__)

    async def look(self) -> None:
        """Compare with earlier checks; end the process if the same records still wait, in all partitions at
        the last check or in one partition for several checks."""
        taken, positions = self._taken(), await self._positions()
        ends = await self._ends(positions) if positions else {}
        waiting = {
            partition: offset
            for partition, offset in positions.items()
            if offset < ends.get(partition, offset)
        }
        stuck = (taken, waiting) if waiting and taken == self._taken() else None
        if stuck is not None and stuck == self._stuck:
            self._end(exit_codes.HUNG, f"the consumer delivers no records of partitions {sorted(waiting)}")
        self._stuck = stuck
        self._unmoved = {
            partition: (offset, self._checks(partition, offset) + 1) for partition, offset in waiting.items()
        }
        if skipped := [
            partition for partition, (_, checks) in self._unmoved.items() if checks > MAX_STALLED_CHECKS
        ]:
            self._end(exit_codes.HUNG, f"the consumer skips partitions {sorted(skipped)}")

    def _checks(self, partition: int, offset: int) -> int:
        """Return at how many checks in a row this partition has been at this offset."""
        before, checks = self._unmoved.get(partition, (offset, 0))
        return checks if before == offset else 0
