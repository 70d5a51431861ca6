"""Faults outside: the same call again, in place, until it succeeds. Nothing is skipped meanwhile.

Waiting shows: a message every few seconds, a metric, and a health check that sees no progress.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

log = structlog.get_logger()

FIRST_WAIT, MAX_WAIT = 0.05, 2.0
"""Seconds between tries: doubled from the first to the longest."""

LOG_EVERY = 5.0
"""Seconds between two messages about the same fault."""

Answer = TypeVar("Answer")


async def retry_until_done(
    call: Callable[[], Awaitable[Answer]],
    faults: tuple[type[BaseException], ...],
    what: str,
    on_retry: Callable[[BaseException], None],
) -> Answer:
    """Repeat `call` until it does not raise one of `faults`; `what` names it in the messages."""
    wait, said = FIRST_WAIT, float("-inf")
    while True:
        try:
            return await call()
        except faults as error:
            on_retry(error)
            if time.monotonic() - said >= LOG_EVERY:
                said = time.monotonic()
                log.warning("no answer; trying again until there is one", system=what, error=_brief(error))
            await asyncio.sleep(wait)
            wait = min(wait * 2, MAX_WAIT)


async def wait_until_given(
    answer: Awaitable[Answer], what: str, on_wait: Callable[[], None], every: float = LOG_EVERY
) -> Answer:
    """Wait for what the library repeats by itself; `every` so many seconds without an answer are said."""
    task = asyncio.ensure_future(answer)
    try:
        while not (await asyncio.wait([task], timeout=every))[0]:
            on_wait()
            log.warning("no answer yet; waiting until there is one", system=what)
        return task.result()
    finally:
        task.cancel()


def _brief(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:200]
