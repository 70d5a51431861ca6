"""A payment that the engine fails on is isolated by halving the batch; all others keep their decisions."""

from collections.abc import Sequence

import pytest

from holdgate.core.engine.isolation import isolate_failures


@pytest.mark.parametrize("bad", [(), (0,), (7,), (499,), (3, 4), tuple(range(500))])
def test_only_bad_items_are_held_and_order_is_kept(bad: tuple[int, ...]) -> None:
    calls = 0

    def screen(items: Sequence[int]) -> list[str]:
        nonlocal calls
        calls += 1
        if set(items) & set(bad):
            raise ArithmeticError
        return [f"screened {item}" for item in items]

    results = isolate_failures(range(500), screen, lambda item, error: f"{type(error).__name__} {item}")
    assert results == [f"{'ArithmeticError' if item in bad else 'screened'} {item}" for item in range(500)]
    assert calls <= 1 + 2 * 9 * max(len(bad), 0)


def test_an_empty_batch_calls_nothing() -> None:
    assert isolate_failures([], lambda _: pytest.fail("called"), lambda *_: None) == []
