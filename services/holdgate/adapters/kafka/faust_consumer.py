"""faust's consumer, made to pass nothing over and to commit nothing that was not acknowledged.

faust drops what it fetched while its flow stands, and goes back to what is committed. Three steps of that
lose records; `tests/adapters/kafka/test_passing_over.py` shows the first two on a real broker, where the
stock consumer loses them and this one does not, and that this one does not take the third:

- where nothing is committed, aiokafka seeks nowhere and goes on behind what was dropped;
- what was dropped is taken for a hole of the log, and a hole for acknowledged;
- where nothing is committed, the first acknowledged record is taken for the partition's first.

In a fault run that restarted the workers of a new topic at once, 3,102 records at the start of partitions
were passed over. Here it is known of every partition which offset is due. What is dropped is fetched again
from there; what a batch that follows on lacks is a hole: transaction markers, compaction, expiry.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from sys import maxsize
from types import CoroutineType
from typing import Any

from aiokafka.errors import KafkaError
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer
from faust.types import TP

LEAVE_SECONDS = 5.0
"""For leaving the group, which takes milliseconds; acknowledged work is committed by then. A consumer that
its group is taking in waits for the group first: 9 and 17 s were seen, and twice no end within 20. The group
misses one that just goes after `SESSION_SECONDS`."""


class RewindingThread(AIOKafkaConsumerThread):
    """Goes back to what is committed, or to the start where nothing is; goes soon whatever its group does."""

    async def on_thread_stop(self) -> None:
        """Leave the group, or just go where that takes longer than `LEAVE_SECONDS`."""
        try:
            async with asyncio.timeout(LEAVE_SECONDS):
                await super().on_thread_stop()
        except TimeoutError:
            self.log.warning("did not leave the group within %.0f s: going all the same", LEAVE_SECONDS)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek every assigned partition to the offset that it goes on from; returns these offsets."""
        found: Mapping[TP, int] = await self.call_thread(self._rewind)
        return found

    async def _rewind(self) -> Mapping[TP, int]:
        return await rewind(self._ensure_consumer())

    async def go_back(self, due: Mapping[TP, int]) -> None:
        """Fetch partitions from these offsets on; those that are another's by now are left out."""
        await self.call_thread(self._go_back, due)

    async def _go_back(self, due: Mapping[TP, int]) -> None:
        consumer = self._ensure_consumer()
        for place in consumer.assignment() & due.keys():
            consumer.seek(place, due[TP(*place)])


async def rewind(consumer: Any) -> Mapping[TP, int]:
    """Seek a consumer to what is committed, or to 0; returns where it is then.

    Where 0 is gone, `earliest` finds the first record: what lies before it is a hole. Asking the broker for
    it would fail where that has just died, and end the worker.
    """
    found = {
        TP(*place): max(offset or 0, 0) for place, offset in (await consumer.seek_to_committed()).items()
    }
    for place, offset in found.items():
        if not offset:  # aiokafka seeks nowhere where nothing, or 0, is committed
            consumer.seek(place, 0)
    return found


class CarefulConsumer(Consumer):
    """Hands records over without a gap, and commits up to the first that is not acknowledged."""

    _thread: RewindingThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._due: dict[TP, int] = {}
        """The offset that is to be handed over next."""
        self._undone: dict[TP, int] = {}
        """The first offset that is not acknowledged."""
        self._holes: dict[TP, dict[int, int]] = {}
        """Where the log holds nothing: from an offset to the next that is there."""
        self._fetched: dict[TP, int] = {}
        """The last offset that was fetched. Where it is not behind what is due, records were dropped."""
        self._seeks = 0
        super().__init__(*args, **kwargs)

    def _new_consumer_thread(self) -> RewindingThread:
        return RewindingThread(self, loop=self.loop, beacon=self.beacon)

    async def perform_seek(self) -> None:
        """Go back to what is committed in every partition that is assigned."""
        starts = await self.seek_to_committed()
        self._seeks += 1
        for place, start in starts.items():
            self._begin(place, start)
            self._committed_offset[place] = start or None

    def _begin(self, place: TP, start: int) -> None:
        self._read_offset[place] = self._due[place] = self._undone[place] = start
        self._holes[place] = {}
        self._acked_index[place] = {offset for offset in self._acked_index[place] if offset >= start}

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Forget partitions that are another's now."""
        for place in revoked:
            for known in (self._due, self._undone, self._holes, self._fetched):
                known.pop(place, None)
        await super().on_partitions_revoked(revoked)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:  # noqa: ASYNC109
        """Fetch, from where records were dropped; only while the flow is on, so that nobody else goes back.

        Where it is stopped meanwhile and gone back to what is committed, what comes is of before or after
        that: it is dropped.
        """
        dropped = {
            place: self._due[place] for place, last in self._fetched.items() if self._is_due(place, last)
        }
        self._fetched.clear()
        seeks = self._seeks
        if dropped:
            await self._thread.go_back(dropped)
        records = await super()._getmany(active_partitions, timeout)
        if seeks != self._seeks:
            self._fetched = dict.fromkeys(self._due, maxsize)  # each may stand anywhere: go back in all
            return {}
        for place, found in records.items():
            self._fetched[TP(*place)] = found[-1].offset
        return records

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:  # noqa: ASYNC109 - faust's own
        """Give out records, of each partition in order and none left out."""
        async for place, message in super().getmany(timeout):
            due, offset = self._due.get(place), message.offset
            if due is None:
                # Assigned, and nobody went back in it: what was given of it by now could not be committed.
                await self._go_back_to_committed()
                return
            if offset < due:
                self.log.warning("%r goes on at %s, before %s: cut, or made anew", place, offset, due)
                self._begin(place, offset)
                self._committed_offset[place] = None
            elif offset > due:
                self._holes[place][due] = offset
            self._due[place] = offset + 1
            yield place, message

    async def _go_back_to_committed(self) -> None:
        try:
            await self.perform_seek()
        except (KafkaError, AssertionError) as error:  # another's by now: a rebalance goes back in all
            self.log.warning("cannot go back to what is committed: %r", error)

    def _is_due(self, place: TP, last: int) -> bool:
        return self._due.get(place, last + 1) <= last

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Holes are told by `getmany`, which knows them from what was dropped."""

    def _new_offset(self, tp: TP) -> int | None:
        """The offset up to which everything is acknowledged or a hole; None if that is not new."""
        self._acked[tp].clear()  # in order of acknowledgement, for faust's own way of telling this
        acknowledged, holes = self._acked_index[tp], self._holes.get(tp, {})
        first = upto = self._undone.get(tp)
        while upto is not None:
            if upto in acknowledged:
                acknowledged.discard(upto)
                upto += 1
            elif upto in holes:
                upto = holes.pop(upto)
            else:
                break
        if upto is None or upto == first:
            return None
        self._undone[tp] = upto
        return upto

    async def wait_first(self, *waited: Any, timeout: Any = None) -> Any:  # noqa: ASYNC109 - faust's own
        """Wait for the first of some; handing a record over while nothing stops it is not waited for.

        faust hands every record over in two tasks, one of which waits for the flow to be stopped meanwhile.
        What cannot wait needs neither, and more of what waits is decided together: 20,000 payments that
        waited took 129 us of CPU each instead of 217, screening aside.
        """
        if len(waited) == 2 and _hands_over(waited[0]) and self._is_free():
            waited[1].close()
            return await waited[0]
        return await super().wait_first(*waited, timeout=timeout)

    def _is_free(self) -> bool:
        """Whether handing over ends at once: no stopped flow, no full queue, no producer that lags."""
        app = self.app
        return (
            app.flow_control.is_active()
            and not self.suspend_flow.is_set()
            and not app.producer.buffer.size
            and not any(topic.queue.full() for topic in app.topics)
        )


def _hands_over(waited: object) -> bool:
    """Whether it is the conductor's handling of a record."""
    return isinstance(waited, CoroutineType) and waited.cr_code.co_name == "on_message"
