"""How the pipeline bench reads a worker's metrics."""

import pytest

from bench.pipeline import stage_quantile


def _buckets(stage: str, counts: dict[str, float]) -> dict[str, float]:
    return {
        f'holdgate_stage_seconds_bucket{{le="{edge}",stage="{stage}"}}': count
        for edge, count in counts.items()
    }


@pytest.mark.parametrize(("share", "seconds"), [(0.5, 0.005), (0.9, 0.02), (0.99, 0.05), (1.0, float("inf"))])
def test_a_share_of_batches_took_at_most(share: float, seconds: float) -> None:
    """Only batches of the stage between the two readings count."""
    before = _buckets("screen", {"0.005": 7, "0.02": 7, "0.05": 7, "+Inf": 7})
    after = _buckets("screen", {"0.005": 67, "0.02": 97, "0.05": 106, "+Inf": 107})
    other = _buckets("claim", {"0.005": 500, "+Inf": 500})
    assert stage_quantile("screen", share, before | other, after | other) == seconds
