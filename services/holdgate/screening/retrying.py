"""Retries calls to Redis and Kafka in place until they succeed. No record is skipped meanwhile.

Waiting is visible: a log message every few seconds, a metric, and a worker that is not ready.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

log = structlog.get_logger()

FIRST_WAIT, MAX_WAIT = 0.05, 2.0
"""Seconds before the first retry, doubled with each retry up to the maximum."""

LOG_EVERY = 5.0
"""Seconds between two log messages about the same fault."""

Answer = TypeVar("Answer")


async def retry_until_done(
    call: Callable[[], Awaitable[Answer]],
    faults: tuple[type[BaseException], ...],
    what: str,
    on_retry: Callable[[BaseException], None],
) -> Answer:
    """Retry `call` until it raises none of `faults`; return its result. `what` names the system in logs."""
    wait, logged_at = FIRST_WAIT, float("-inf")
    while True:
        try:
            return await call()
        except faults as error:
            on_retry(error)
            if time.monotonic() - logged_at >= LOG_EVERY:
                logged_at = time.monotonic()
                log.warning("call failed; retrying until it succeeds", system=what, error=_brief(error))
            await asyncio.sleep(wait)
            wait = min(wait * 2, MAX_WAIT)


async def wait_until_given(
    answer: Awaitable[Answer], what: str, on_wait: Callable[[], None], every: float = LOG_EVERY
) -> Answer:
    """Wait for a call that the library retries; log, and call `on_wait`, every `every` seconds."""
    task = asyncio.ensure_future(answer)
    try:
        while not (await asyncio.wait([task], timeout=every))[0]:
            on_wait()
            log.warning("no answer yet; waiting", system=what)
        return task.result()
    finally:
        task.cancel()


def _brief(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:200]
