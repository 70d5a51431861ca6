"""A cancellation inside a consumer is not mistaken for a cancellation of its caller."""

import asyncio
from typing import Any

import pytest

from holdgate.adapters.kafka.consumer_stop import stop_consumer


class Stopped:
    """A consumer that stops as a test specifies."""

    def __init__(self, error: BaseException | None) -> None:
        self._error = error

    async def stop(self) -> None:
        """End."""
        await asyncio.sleep(0)
        if self._error is not None:
            raise self._error


def _stop(error: BaseException | None) -> None:
    consumer: Any = Stopped(error)
    asyncio.run(stop_consumer(consumer))


@pytest.mark.parametrize("error", [None, asyncio.CancelledError()])
def test_a_consumer_stops_even_if_it_cancels_its_own_tasks(error: BaseException | None) -> None:
    _stop(error)


def test_other_errors_are_raised() -> None:
    with pytest.raises(OSError, match="gone"):
        _stop(OSError("gone"))


def test_the_caller_can_be_cancelled() -> None:
    class Slow(Stopped):
        async def stop(self) -> None:
            await asyncio.sleep(60)

    async def run() -> None:
        consumer: Any = Slow(None)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await stop_consumer(consumer)

    asyncio.run(run())
