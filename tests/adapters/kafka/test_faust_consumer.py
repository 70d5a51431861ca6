"""A record is delivered directly if nothing can stop the delivery, and otherwise races the flow's stop."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from holdgate.adapters.kafka import faust_consumer
from holdgate.adapters.kafka.faust_consumer import CarefulConsumer, RewindingThread


class Queue:
    def __init__(self, full: bool) -> None:
        self._full = full

    def full(self) -> bool:
        return self._full


def consumer(*, active: bool = True, stopped: bool = False, buffered: int = 0, full: bool = False) -> Any:
    made: Any = object.__new__(CarefulConsumer)
    made.suspend_flow = asyncio.Event()
    if stopped:
        made.suspend_flow.set()
    made.app = SimpleNamespace(
        flow_control=SimpleNamespace(is_active=lambda: active),
        producer=SimpleNamespace(buffer=SimpleNamespace(size=buffered)),
        topics=[SimpleNamespace(queue=Queue(full))],
    )
    return made


@pytest.mark.parametrize(
    ("given", "at_once"),
    [
        ({}, True),
        ({"active": False}, False),
        ({"stopped": True}, False),
        ({"buffered": 1}, False),
        ({"full": True}, False),
    ],
)
def test_a_record_is_delivered_directly_only_if_nothing_can_stop_the_delivery(
    given: dict[str, Any], at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered: list[str] = []

    async def on_message(message: str) -> None:
        delivered.append(message)

    async def beside(_self: object, *waited: Any, **given: Any) -> str:
        for coroutine in waited:
            coroutine.close()
        return f"beside the flow's stop, {given['timeout']}"

    monkeypatch.setattr("mode.services.Service.wait_first", beside)

    async def drained() -> Any:
        receiver = consumer(**given)
        return await receiver.wait_first(on_message("a payment"), receiver.suspend_flow.wait())

    found = asyncio.run(drained())
    assert delivered == (["a payment"] if at_once else [])
    assert found == (None if at_once else "beside the flow's stop, None")


def test_other_waiting_is_left_to_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    async def beside(_self: object, *waited: Any, **_: Any) -> int:
        for coroutine in waited:
            coroutine.close()
        return len(waited)

    monkeypatch.setattr("mode.services.Service.wait_first", beside)

    async def something() -> None:
        await asyncio.sleep(0)

    async def waited() -> Any:
        return await consumer().wait_first(something(), something())

    assert asyncio.run(waited()) == 2


def test_the_library_delivers_with_a_coroutine_of_the_expected_name() -> None:
    import inspect

    from faust.transport.conductor import ConductorCompiler
    from faust.transport.consumer import Consumer

    assert "async def on_message(message: Message)" in inspect.getsource(ConductorCompiler.build)
    assert "callback(message), self.suspend_flow.wait()" in inspect.getsource(Consumer._drain_messages)


@pytest.mark.parametrize(("takes", "leaves"), [(0.0, True), (600.0, False)])
def test_a_consumer_stops_even_if_it_cannot_leave_its_group(
    takes: float, leaves: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aiokafka's consumer waits in `stop` until it has joined the group, which may never happen."""
    monkeypatch.setattr(faust_consumer, "LEAVE_SECONDS", 0.05)
    warnings: list[str] = []
    ended: list[bool] = []

    async def stop() -> None:
        await asyncio.sleep(takes)
        ended.append(True)

    thread: Any = object.__new__(RewindingThread)
    thread._method_queue, thread._consumer = None, SimpleNamespace(stop=stop)
    thread.log = SimpleNamespace(warning=lambda text, *_: warnings.append(text))

    async def run() -> None:
        async with asyncio.timeout(60):
            await thread.on_thread_stop()

    asyncio.run(run())
    assert (bool(ended), not warnings) == (leaves, leaves)
