"""Stop an aiokafka consumer quickly and without a stray cancellation."""

import asyncio

from aiokafka import AIOKafkaConsumer

FETCH_WAIT_MS = 10
"""How long the broker may hold a fetch at the end of the log; stopping waits for the fetch. With the default
of 500 ms, a partition with nothing to restore took 0.5 s."""


async def stop_consumer(consumer: AIOKafkaConsumer) -> None:
    """Stop a consumer.

    If its broker is gone, a fetch may be waiting for a retry. aiokafka 0.14 cancels the fetch and lets that
    cancellation escape from `stop`. A caller mistakes it for its own cancellation: it ended a replay with a
    traceback.
    """
    stopping = asyncio.ensure_future(consumer.stop())
    await asyncio.wait([stopping])
    if not stopping.cancelled() and (error := stopping.exception()) is not None:
        raise error
