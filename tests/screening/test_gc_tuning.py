"""A loaded list is frozen for the garbage collector, and collector settings are restored."""

import gc
import sys

import pytest

from holdgate.screening import gc_tuning


def test_the_collector_is_off_while_a_list_loads_and_then_ignores_the_list() -> None:
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
