"""The bounds that spare an alignment: the one of many records is that of each."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.names.scoring import could_reach, which_could_reach

NATS = st.floats(0.1, 60.0)
LEFT = st.floats(-10.0, 90.0)


@given(
    st.lists(st.tuples(NATS, LEFT, LEFT), min_size=1, max_size=20),
    st.sampled_from([0.5, 0.66, 0.7]),
    NATS | st.just(math.inf),
)
def test_many_records_are_bounded_as_one(
    records: list[tuple[float, float, float]], wanted: float, alone: float
) -> None:
    evidence, extra, missing = (np.array(column) for column in zip(*records, strict=True))
    together = which_could_reach(wanted, evidence, extra, missing, alone).tolist()
    assert together == [could_reach(wanted, *record, alone) for record in records]


@pytest.mark.parametrize(("extra", "reached"), [(0.0, True), (5.0, True), (40.0, False)])
def test_what_is_left_over_bounds_the_score(extra: float, reached: bool) -> None:
    assert could_reach(0.66, 9.0, extra, 0.0) is reached
