"""The comparison of two engines: it sees what differs, and the same engine twice is the same."""

from pathlib import Path

from bench.identity import differing, digests, write_payments
from bench.lists import SAMPLE
from bench.parties import Ordinary
from deploy.local.daemon import ROOT
from tests.support.listed import snapshot


def test_payments_are_numbered_from_the_start_and_one_missing_differs() -> None:
    same, other = b"decision", b"DECISION"
    assert differing(same * 3, same * 3) == []
    assert differing(same * 3, same + other + same) == [1]
    assert differing(same * 2, same * 3) == [2]


def test_the_same_engine_decides_the_same_twice(tmp_path: Path) -> None:
    recorded = tmp_path / "payments"
    pool = [Ordinary(f"Party{at} Ordinary{at}", "person") for at in range(60)]
    write_payments(recorded, pool, snapshot().entries, 20)
    first, second = (
        digests(ROOT, {"ofac": str(SAMPLE)}, recorded, tmp_path / name) for name in ("one", "two")
    )
    assert len(first) == 20 * 8
    assert first == second
