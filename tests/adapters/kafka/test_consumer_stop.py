"""What a consumer cancels of its own is not taken for a cancellation of whoever stops it."""

import asyncio
from typing import Any

import pytest

from holdgate.adapters.kafka.consumer_stop import stop_consumer


class Stopped:
    """A consumer whose end is what a test says."""

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
def test_a_consumer_ends_whatever_it_cancels(error: BaseException | None) -> None:
    _stop(error)


def test_what_else_goes_wrong_is_told() -> None:
    with pytest.raises(OSError, match="gone"):
        _stop(OSError("gone"))


def test_who_stops_it_can_be_cancelled() -> None:
    class Slow(Stopped):
        async def stop(self) -> None:
            await asyncio.sleep(60)

    async def whole() -> None:
        consumer: Any = Slow(None)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await stop_consumer(consumer)

    asyncio.run(whole())
