"""Stack frames as text that is safe to log: file, line and function, never values, messages or locals."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType, TracebackType

import holdgate

MAX_FRAMES = 12
"""Frames reported per stack, the innermost ones: enough to cross three libraries."""

_PACKAGE_FOLDER = Path(holdgate.__file__).parent
_LIBRARY_FOLDERS = ("site-packages", "dist-packages")


def exception_frames(error: BaseException) -> list[str]:
    """Return the frames that `error` passed through, the innermost last.

    An exception's message and its frames' variables may quote the payment, so none of them appear. If the
    error was raised `from` another one, the frames of that one follow.
    """
    frames = last_frames(_traceback_frames(error.__traceback__))
    original = error.__cause__  # not __context__: the same failure in the larger batch before it was halved
    if original is not None:
        frames.append(f"raised from {type(original).__name__}:")
        frames += last_frames(_traceback_frames(original.__traceback__))
    return frames


def last_frames(frames: Iterable[tuple[CodeType, int]]) -> list[str]:
    """Return the innermost `MAX_FRAMES` of (code, line number) as `core/text/finder.py:123 find`."""
    texts = [f"{_short_path(code.co_filename)}:{line} {code.co_qualname}" for code, line in frames]
    return texts[-MAX_FRAMES:]


def _traceback_frames(traceback: TracebackType | None) -> Iterator[tuple[CodeType, int]]:
    while traceback is not None:
        yield traceback.tb_frame.f_code, traceback.tb_lineno
        traceback = traceback.tb_next


def _short_path(file: str) -> str:
    """Return the path inside this package, or inside the folder of installed libraries."""
    path = Path(file)
    if path.is_relative_to(_PACKAGE_FOLDER):
        return str(path.relative_to(_PACKAGE_FOLDER))
    for i, part in enumerate(path.parts):
        if part in _LIBRARY_FOLDERS:
            return "/".join(path.parts[i + 1 :])
    return file
