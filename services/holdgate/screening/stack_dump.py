"""Where the threads and tasks of a hanging worker wait, for its last log line."""

import asyncio
import sys
import threading
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

from holdgate.runtime.stack_frames import last_frames


def threads() -> dict[str, list[str]]:
    """Return each thread's stack by the thread's name, innermost call last."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return {
        names.get(ident, str(ident)): last_frames(reversed(list(_callers(frame))))
        for ident, frame in sys._current_frames().items()
    }


def tasks(loop: asyncio.AbstractEventLoop) -> list[list[str]]:
    """Return the stack of each unfinished task of a loop. May be called from any thread."""
    return sorted(last_frames(_awaited(task.get_coro())) for task in asyncio.all_tasks(loop))


def _callers(frame: FrameType | None) -> Iterator[tuple[CodeType, int]]:
    while frame is not None:
        yield frame.f_code, frame.f_lineno
        frame = frame.f_back


def _awaited(awaitable: object) -> Iterator[tuple[CodeType, int]]:
    """Yield the frames of a coroutine and of all it awaits, down to the future, which has no frame."""
    while frame := _first_attribute(awaitable, "cr_frame", "gi_frame"):
        yield frame.f_code, frame.f_lineno
        awaitable = _first_attribute(awaitable, "cr_await", "gi_yieldfrom")


def _first_attribute(awaitable: object, of_coroutine: str, of_generator: str) -> Any:
    return getattr(awaitable, of_coroutine, None) or getattr(awaitable, of_generator, None)
