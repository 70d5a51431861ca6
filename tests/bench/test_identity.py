"""The comparison of two checkouts: identical ones agree, and a changed decision is noticed."""

import shutil
from itertools import islice, pairwise, product
from pathlib import Path

import pytest

from bench.identity import POLICY_FILES, RUNNERS, differing, digests, runner, share_policy, write_payments
from bench.lists import SAMPLE
from bench.parties import OrdinaryParty
from deploy.local.daemon import ROOT
from tests.support.listed import snapshot

pytestmark = pytest.mark.slow  # builds the full list in two checkouts

PAYMENTS = 20
CHANGE = """
_decide = decide
def decide(**members):
    changes = {"detail": "changed"} if members["content_hash"] < "8" else {}
    return _decide(**{**members, **changes})
"""
"""Appended to a copy of `core/model/decision.py`: about half of the decisions get another detail."""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with twenty payments."""
    path = tmp_path_factory.mktemp("identity") / "payments"
    words = map("".join, product("bor lam tig ves dul fen".split(), repeat=3))
    pool = [OrdinaryParty(f"{first} {last}", "person") for first, last in islice(pairwise(words), 60)]
    write_payments(path, pool, snapshot().entries, PAYMENTS)
    return path


@pytest.fixture(scope="module")
def ours(recorded: Path) -> bytes:
    """The digests of this checkout's decisions."""
    return _digests(ROOT, recorded, "ours")


def _copy(into: Path, place: str) -> Path:
    """Copy the product, its policy and its runner, the runner to the given place."""
    shutil.copytree(ROOT / "services", into / "services", symlinks=True)
    for name in (RUNNERS[0], *POLICY_FILES):
        target = into / (place if name == RUNNERS[0] else name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    return into


def _digests(checkout: Path, recorded: Path, name: str) -> bytes:
    return digests(checkout, {"ofac": str(SAMPLE)}, recorded, recorded.parent / name)


def test_payments_are_numbered_from_0_and_a_missing_one_differs() -> None:
    same, other = b"decision", b"DECISION"
    assert differing(same * 3, same * 3) == []
    assert differing(same * 3, same + other + same) == [1]
    assert differing(same * 2, same * 3) == [2]


def test_an_identical_checkout_with_its_runner_at_any_path_agrees(
    tmp_path: Path, recorded: Path, ours: bytes
) -> None:
    assert len(ours) == PAYMENTS * 8
    assert _digests(_copy(tmp_path / "other", RUNNERS[1]), recorded, "same") == ours


def test_a_changed_decision_is_noticed(tmp_path: Path, recorded: Path, ours: bytes) -> None:
    other = _copy(tmp_path / "other", RUNNERS[0])
    with (other / "services/holdgate/core/model/decision.py").open("a", encoding="utf-8") as module:
        module.write(CHANGE)
    theirs = _digests(other, recorded, "changed")
    assert len(theirs) == len(ours)
    assert 0 < len(differing(ours, theirs)) < PAYMENTS


def test_both_use_the_policy_of_this_checkout(tmp_path: Path) -> None:
    other = _copy(tmp_path / "other", RUNNERS[0])
    (other / POLICY_FILES[0]).write_text("[thresholds]\n", encoding="utf-8")
    share_policy(other)
    assert (other / POLICY_FILES[0]).read_bytes() == (ROOT / POLICY_FILES[0]).read_bytes()


def test_a_checkout_without_runner_or_policy_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no runner"):
        runner(tmp_path)
    with pytest.raises(FileNotFoundError, match="policy"):
        share_policy(tmp_path)
