"""The end of an aiokafka consumer, whatever its broker does meanwhile."""

import asyncio

from aiokafka import AIOKafkaConsumer


async def stop_consumer(consumer: AIOKafkaConsumer) -> None:
    """Stop a consumer.

    Where its broker is gone, a fetch may be waiting to be repeated. aiokafka 0.14 cancels it and lets that
    cancellation out of `stop`: to whoever waits it looks like one of their own, and ended a replay with a
    traceback.
    """
    stopping = asyncio.ensure_future(consumer.stop())
    await asyncio.wait([stopping])
    if not stopping.cancelled() and (error := stopping.exception()) is not None:
        raise error
