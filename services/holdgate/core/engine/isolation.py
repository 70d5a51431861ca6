"""Screen a batch although one of its payments makes the engine fail."""

from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def isolate_failures(
    items: Sequence[Item],
    screen: Callable[[Sequence[Item]], Sequence[Result]],
    hold_failed: Callable[[Item, Exception], Result],
) -> list[Result]:
    """Return one result per item, in order; an item on which `screen` fails gets the result of `hold_failed`.

    A batch that fails is halved until the failing items are alone: one bad payment among 500 costs nine
    failed calls, and every other payment is still decided.
    """
    if not items:
        return []
    try:
        return list(screen(items))
    except Exception as error:  # noqa: BLE001 - whatever it is, it must neither release nor stop the others
        if len(items) == 1:
            return [hold_failed(items[0], error)]
        middle = len(items) // 2
        return isolate_failures(items[:middle], screen, hold_failed) + isolate_failures(
            items[middle:], screen, hold_failed
        )


def failure_detail(error: Exception) -> str:
    """Return the detail of the INTERNAL_ERROR hold of a payment on which the engine failed."""
    return f"the engine failed with {type(error).__name__}: the payment was not screened"
