"""What a worker that hangs waits for, for whoever reads its last words."""

import asyncio
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

MAX_FRAMES = 12
"""Calls told of each thread or task, the innermost last: enough to cross three libraries."""


def threads() -> dict[str, list[str]]:
    """Where each thread stands."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return {
        names.get(ident, str(ident)): _told(reversed(list(_callers(frame))))
        for ident, frame in sys._current_frames().items()
    }


def tasks(loop: asyncio.AbstractEventLoop) -> list[list[str]]:
    """Where each unfinished task of a loop waits; asked for from any thread."""
    return sorted(_told(_awaited(task.get_coro())) for task in asyncio.all_tasks(loop))


def _told(frames: Iterator[FrameType]) -> list[str]:
    told = [f"{frame.f_code.co_qualname} ({frame.f_code.co_filename}:{frame.f_lineno})" for frame in frames]
    return told[-MAX_FRAMES:]


def _callers(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _awaited(waiting: object) -> Iterator[FrameType]:
    """The frames of a coroutine and of what it awaits, down to what has none: a future."""
    while frame := _either(waiting, "cr_frame", "gi_frame"):
        yield frame
        waiting = _either(waiting, "cr_await", "gi_yieldfrom")


def _either(waiting: object, of_coroutine: str, of_generator: str) -> Any:
    return getattr(waiting, of_coroutine, None) or getattr(waiting, of_generator, None)
