"""Inputs after public reports and enforcement cases, kept beside the repository, are decided as wanted."""

from functools import cache
from pathlib import Path

import msgspec
import pytest
from msgspec import Struct, field

from holdgate.cli.console import choose_policy
from holdgate.core.engine.screener import Screener
from holdgate.core.intake import Received, reader
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.lists.building import build_lists
from tests.support.listed import payment

ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / "shared"
WANTED = ROOT / "tests" / "cases" / "reference_cases.jsonl"
LISTS = {"ofac": "data/lists/ofac/sdn-2023-12-28", "un": "data/lists/un/consolidated.2026-02.xml"}

pytestmark = pytest.mark.slow  # the index of both lists takes eight seconds of CPU time


class Wanted(Struct, frozen=True, forbid_unknown_fields=True):
    """What a case is to get: the entries of its matches (none: a release), and some of its rules and notes.

    A case that is a list is asked about a payment to `creditor`.
    """

    file: str
    entries: tuple[str, ...]
    payment: str | None = None
    lists: dict[str, str] = field(default_factory=LISTS.copy)
    creditor: str | None = None
    rules: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


CASES = [msgspec.json.decode(line, type=Wanted) for line in WANTED.read_bytes().splitlines()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file} {case.payment or ''}".strip())
def test_cases_are_decided_as_wanted(case: Wanted) -> None:
    for path in case.lists.values():
        if not (SHARED / path).exists():
            pytest.skip(f"the reference data (../shared/{path}) is not beside this repository")
    screener = screener_of(tuple(case.lists.items()))
    [decision] = screener.screen([payment_of(case)])
    found = dict.fromkeys(match.entry_id for match in decision.matches)
    assert decision.decision == ("HOLD" if case.entries else "RELEASE"), decision.detail
    assert set(case.entries) <= set(found)
    assert set(case.rules) <= {match.rule for match in decision.matches}
    assert set(case.notes) <= {note.code for note in decision.notes}


def payment_of(case: Wanted) -> Received:
    """Return the payment of a case: a line of its file, or the only payment in it."""
    if case.creditor is not None:
        return payment(creditor={"name": case.creditor})
    path = SHARED / "cases" / case.file
    if not path.exists():
        pytest.skip(f"the case ({path.name}) is not beside this repository")
    texts = path.read_bytes().splitlines() if case.payment else [path.read_bytes()]
    payments = [received for text in texts if text.strip() for received in reader.read_file(text)]
    [wanted] = [one for one in payments if case.payment in (None, one.payment.payment_id)]
    return wanted


@cache
def screener_of(lists: tuple[tuple[str, str], ...]) -> Screener:
    """Return a screener with lists of the reference data and the delivered policy."""
    paths = {name: str(SHARED / path) for name, path in lists}
    return Screener(load_snapshot(build_lists(paths, lambda _: None).data), choose_policy(None))
