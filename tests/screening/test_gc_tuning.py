"""What is loaded stays out of the collector's sight, and the interpreter is as it was afterwards."""

import gc
import sys

import pytest

from holdgate.screening import gc_tuning


def test_while_a_list_is_loaded_nothing_is_collected_and_afterwards_it_is_not_looked_at() -> None:
    turn = sys.getswitchinterval()
    before = gc.get_freeze_count()
    try:
        with gc_tuning.while_loading():
            assert not gc.isenabled()
            assert sys.getswitchinterval() < turn
            loaded = [[at] for at in range(1_000)]
        assert gc.get_freeze_count() >= before + len(loaded)
    finally:
        gc.unfreeze()
    assert gc.isenabled()
    assert sys.getswitchinterval() == turn


def test_a_list_that_cannot_be_loaded_leaves_the_collector_on() -> None:
    turn = sys.getswitchinterval()
    with pytest.raises(ValueError, match="cut"), gc_tuning.while_loading():
        raise ValueError("cut")
    assert gc.isenabled()
    assert sys.getswitchinterval() == turn
