"""A consumer that goes back goes back to the start where nothing was committed."""

import asyncio
from pathlib import Path

from faust.types import TP

from holdgate.adapters.faust import RewindingConsumer, RewindingThread, new_app, rewind
from holdgate.settings import Settings

COMMITTED = {TP("t", 0): 7, TP("t", 1): None, TP("t", 2): 0}


class _Consumer:
    """aiokafka's: it seeks nowhere where nothing, or 0, is committed."""

    def __init__(self) -> None:
        self.at = dict.fromkeys(COMMITTED, 100)

    async def seek_to_committed(self) -> dict[TP, int | None]:
        self.at |= {place: offset for place, offset in COMMITTED.items() if offset}
        return COMMITTED

    def seek(self, place: TP, offset: int) -> None:
        self.at[place] = offset


def test_every_partition_is_sought_back() -> None:
    consumer = _Consumer()
    assert asyncio.run(rewind(consumer)) == COMMITTED
    assert consumer.at == {TP("t", 0): 7, TP("t", 1): 0, TP("t", 2): 0}


def test_a_worker_has_such_a_consumer(tmp_path: Path) -> None:
    app = new_app(Settings(data=str(tmp_path)))
    assert app.transport.Consumer is RewindingConsumer
    assert RewindingConsumer._new_consumer_thread.__annotations__["return"] is RewindingThread
