"""A step in a process of its own: its memory goes with it, and it ends when nobody waits for it any more."""

from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeVar

from holdgate.runtime.errors import OperatorError
from holdgate.runtime.logs import configure

POLL_SECONDS = 0.25
"""Between two looks at whether it is done."""

Result = TypeVar("Result")


def run_in_child(
    step: Callable[..., Result], *arguments: object, log_level: str, meanwhile: Callable[[], None]
) -> Result:
    """What a function of a module returns, or raises; `meanwhile` is called while it runs.

    Arguments, result and exceptions cross by pickle. Raises `NotPossibleError` where the process dies. Not a
    pool of one: its process waits for more for ever, once its parent is gone.
    """
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(sender, log_level, step, arguments))
    process.start()
    sender.close()  # so that its end is seen here
    with receiver:
        while not receiver.poll(POLL_SECONDS):
            meanwhile()
        try:
            result, error = receiver.recv()
        except (EOFError, OSError):
            process.join()
            raise OperatorError(
                f"the process that was to do it ended with {process.exitcode}: is there enough memory?"
            ) from None
    process.join()
    if error is not None:
        raise error
    found: Result = result
    return found


def _send(
    sender: Connection, log_level: str, step: Callable[..., object], arguments: tuple[object, ...]
) -> None:
    configure(log_level)
    result: object = None
    error: Exception | None = None
    try:
        result = step(*arguments)
    except Exception as raised:  # noqa: BLE001 - raised again by who waits
        error = raised
    with suppress(BrokenPipeError):  # nobody waits any more
        sender.send((result, error))
