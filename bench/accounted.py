"""A worker that measures its CPU time per stage: `python -m bench.accounted [nothing]`.

With `nothing`, its screener releases every payment without screening it: the minimum cost of any engine.
/metrics has the seconds as `bench_cpu_seconds_total`. CPU outside all stages is the framework's (faust,
aiokafka, threads).
"""

import os
import sys
import time
from collections.abc import Callable, Generator, Sequence
from typing import Any, Generic, ParamSpec, TypeVar

from prometheus_client import Counter

from holdgate.adapters.kafka.faust_app import FaustPublisher
from holdgate.core.engine.screener import Screener
from holdgate.core.intake import Received
from holdgate.core.model.decision import Decision, decide
from holdgate.runtime.settings import from_environ
from holdgate.screening.gate import Gate
from holdgate.screening.judge import Judge
from holdgate.screening.worker import run

STAGES = ("judge", "screen", "claim", "encode", "publish", "count")
"""The stages of a batch: `judge` reads and screens, `encode` is everything between claim and producer."""

CPU = "bench_cpu_seconds"

Params = ParamSpec("Params")
Result = TypeVar("Result")


class _TimedCoroutine(Generic[Result]):
    """A coroutine that times its own steps; time spent waiting is not counted."""

    def __init__(self, inner: Any, spent: Callable[[float], None]) -> None:
        self._inner = inner
        self._spent = spent

    def __await__(self) -> Generator[Any, Any, Result]:
        steps, value, error = self._inner.__await__(), None, None
        while True:
            started = time.thread_time()
            try:
                waited_for = steps.throw(error) if error is not None else steps.send(value)
            except StopIteration as stop:
                answer: Result = stop.value
                return answer
            finally:
                self._spent(time.thread_time() - started)
            value, error = None, None
            try:
                value = yield waited_for
            except BaseException as thrown:  # noqa: BLE001 - passed to the coroutine, including cancellation
                error = thrown


def instrument_stages() -> None:
    """Time the stages of every gate in this process."""
    counter = Counter(CPU, "CPU by stage", ("stage",))
    stages = {stage: counter.labels(stage) for stage in STAGES}

    def timed_coroutine(method: Callable[..., Any], stage: str) -> Any:
        async def timed(*args: Any, **kwargs: Any) -> Any:
            return await _TimedCoroutine(method(*args, **kwargs), stages[stage].inc)

        return timed

    def timed_function(method: Callable[Params, Result], stage: str) -> Callable[Params, Result]:
        def timed(*args: Params.args, **kwargs: Params.kwargs) -> Result:
            started = time.thread_time()
            try:
                return method(*args, **kwargs)
            finally:
                stages[stage].inc(time.thread_time() - started)

        return timed

    Screener.screen = timed_function(Screener.screen, "screen")  # type: ignore[method-assign]
    Judge.judge = timed_coroutine(Judge.judge, "judge")  # type: ignore[method-assign]
    Gate._first_decisions = timed_coroutine(Gate._first_decisions, "claim")  # type: ignore[method-assign]
    Gate._publish = timed_coroutine(Gate._publish, "encode")  # type: ignore[method-assign]
    FaustPublisher.publish = timed_coroutine(FaustPublisher.publish, "publish")  # type: ignore[method-assign]
    Gate._count = timed_function(Gate._count, "count")  # type: ignore[method-assign]


def release_everything() -> None:
    """Make every screener release all payments without screening them."""

    def released(self: Screener, batch: Sequence[Received], **_: Any) -> list[Decision]:
        return [
            decide(
                payment_id=received.payment.payment_id,
                uetr=received.payment.uetr,
                content_hash=received.content_hash,
                versions=self.versions,
                reason="NO_MATCH",
                status="ACCP",
            )
            for received in batch
        ]

    Screener.screen = released  # type: ignore[method-assign]


if __name__ == "__main__":
    if "nothing" in sys.argv[1:]:
        release_everything()
    instrument_stages()
    run(from_environ({name: value for name, value in os.environ.items() if name.startswith("HOLDGATE_")}))
