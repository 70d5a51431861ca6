"""The cache of core: bounded, and the oldest entry is dropped first."""

from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.names.bounded_cache import BoundedCache

STEPS = st.lists(st.tuples(st.sampled_from(["store", "touch"]), st.integers(0, 9)))


@given(st.integers(0, 5), STEPS)
def test_it_holds_the_newest_entries_up_to_its_bound(bound: int, steps: list[tuple[str, int]]) -> None:
    cache: BoundedCache[int, int] = BoundedCache(bound)
    expected: list[int] = []
    for step, key in steps:
        if step == "store":
            cache[key] = -key
            expected = (expected if key in expected else [*expected, key])[-bound:] if bound else []
        elif key in cache:
            cache.move_to_end(key)
            expected = [*(other for other in expected if other != key), key]
        assert list(cache) == expected
        assert len(cache) <= bound
        assert all(cache.get(other) == -other for other in expected)


def test_entries_are_dropped_in_steps_oldest_first() -> None:
    cache: BoundedCache[str, int] = BoundedCache(9)
    for number, key in enumerate("abcde"):
        cache[key] = number
    assert cache.drop(2)
    assert list(cache) == ["c", "d", "e"]
    assert not cache.drop(4)
    assert not cache.drop(1)
