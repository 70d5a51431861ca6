"""Run a function in a child process, whose memory is freed when it ends."""

from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeVar

from holdgate.runtime.errors import OperatorError
from holdgate.runtime.logs import configure

POLL_SECONDS = 0.25
"""Seconds between two checks whether the child has finished."""

Result = TypeVar("Result")


def run_in_child(
    step: Callable[..., Result], *arguments: object, log_level: str, meanwhile: Callable[[], None]
) -> Result:
    """Return or raise what `step` returns or raises; call `meanwhile` while it runs.

    `step` is a function of a module; arguments, result and exceptions are pickled. Raise `OperatorError` if
    the child process dies. A process pool is not used because its process would outlive a killed parent.
    """
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(sender, log_level, step, arguments))
    process.start()
    sender.close()  # so that recv() fails when the child dies
    with receiver:
        while not receiver.poll(POLL_SECONDS):
            meanwhile()
        try:
            result, error = receiver.recv()
        except (EOFError, OSError):
            process.join()
            raise OperatorError(
                f"the child process ended with exit code {process.exitcode}; is there enough memory?"
            ) from None
    process.join()
    if error is not None:
        raise error
    value: Result = result
    return value


def _send(
    sender: Connection, log_level: str, step: Callable[..., object], arguments: tuple[object, ...]
) -> None:
    configure(log_level)
    result: object = None
    error: Exception | None = None
    try:
        result = step(*arguments)
    except Exception as raised:  # noqa: BLE001 - raised again in the parent
        error = raised
    with suppress(BrokenPipeError):  # the parent is gone
        sender.send((result, error))
