"""The log line of a failure has its stack frames, but no content of the payment."""

import re

from holdgate.runtime.settings import from_environ
from holdgate.runtime.stack_frames import MAX_FRAMES, exception_frames

NAME = "Gulnara Canary"


def _fail(name: str) -> None:
    local = [name]
    raise ValueError(f"cannot compare {local}")


def _fail_again(name: str) -> None:
    try:
        _fail(name)
    except ValueError as error:
        raise RuntimeError(name) from error


def _recurse(depth: int) -> None:
    if not depth:
        _fail(NAME)
    _recurse(depth - 1)


def _frames(function: object, *arguments: object) -> list[str]:
    try:
        function(*arguments)  # type: ignore[operator]
    except Exception as error:  # noqa: BLE001 - any error
        return exception_frames(error)
    raise AssertionError("nothing was raised")


def test_frames_have_locations_and_no_values() -> None:
    frames = _frames(_fail, NAME)
    assert [frame.rpartition(" ")[2] for frame in frames] == ["_frames", "_fail"]
    assert all(re.search(r"test_stack_frames\.py:\d+ ", frame) for frame in frames)
    assert "Canary" not in repr(frames)


def test_frames_of_the_original_error_are_included() -> None:
    frames = _frames(_fail_again, NAME)
    mark = frames.index("raised from ValueError:")
    assert frames[mark - 1].endswith("_fail_again")
    assert frames[-1].endswith(" _fail")
    assert "Canary" not in repr(frames)


def test_frames_of_the_package_are_relative_to_it() -> None:
    frames = _frames(from_environ, {"HOLDGATE_NO_SUCH": "1"})
    assert re.fullmatch(r"runtime/settings\.py:\d+ from_environ", frames[-1])


def test_deep_stacks_lose_their_outer_frames() -> None:
    frames = _frames(_recurse, 3 * MAX_FRAMES)
    assert len(frames) == MAX_FRAMES
    assert frames[-1].endswith("_fail")
