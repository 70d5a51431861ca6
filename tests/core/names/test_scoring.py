"""The bound that saves an alignment: computed for many records it is the same as for each."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.names.matching.scoring import could_reach, which_could_reach

NATS = st.floats(0.1, 60.0)
LEFT = st.floats(-10.0, 90.0)


@given(
    st.lists(st.tuples(NATS, LEFT, LEFT), min_size=1, max_size=20),
    st.sampled_from([0.5, 0.66, 0.7]),
    NATS | st.just(math.inf),
)
def test_bounds_in_arrays_equal_bounds_of_single_records(
    records: list[tuple[float, float, float]], min_score: float, max_single_word: float
) -> None:
    evidence, extra, missing = (np.array(column) for column in zip(*records, strict=True))
    in_arrays = which_could_reach(min_score, evidence, extra, missing, max_single_word).tolist()
    assert in_arrays == [could_reach(min_score, *record, max_single_word) for record in records]


@pytest.mark.parametrize(("extra", "reached"), [(0.0, True), (5.0, True), (40.0, False)])
def test_unmatched_words_bound_the_score(extra: float, reached: bool) -> None:
    assert could_reach(0.66, 9.0, extra, 0.0) is reached
