"""Which names the probe pays, and which answers are right."""

from datetime import UTC, datetime

import msgspec
import pytest

from holdgate.core.engine.screener import Screener
from holdgate.core.intake import reader
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.core.model.listed_entry import Entry, EntryType, ListedName, NameKind
from holdgate.core.policy import policy as policies
from holdgate.lists.building import BuiltSnapshot
from holdgate.probe.questions import KnownEntry, ProbeKind, is_right, known_of, payment
from tests.support.small_list import SAMPLE_POLICY

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def entry(number: int, name: str, type: EntryType = "person", kind: NameKind = "primary") -> Entry:
    return Entry(f"own:{number}", "own", type, (ListedName(name, kind),))


def test_the_probe_chooses_a_person_with_a_distinctive_name() -> None:
    entries = [
        entry(1, "SILVERADO CANARY HOLDINGS", "entity"),
        entry(4, "CANARY, Gulnara Almatova"),
        entry(3, "CANARY, Ulrike Sommerfeld"),
        entry(2, "LI, Wei An"),
        entry(0, "CANARY, Bogdana Weakname", kind="weak"),
    ]
    assert known_of(entries) == [KnownEntry("own", "own:3", "CANARY, Ulrike Sommerfeld")]
    assert known_of(entries[:1]) == [KnownEntry("own", "own:1", "SILVERADO CANARY HOLDINGS")]
    assert known_of(entries[3:]) == []


@pytest.mark.parametrize(("kind", "held"), [("listed", True), ("clean", False)])
def test_only_the_answer_expected_for_each_payment_is_right(
    small: BuiltSnapshot, kind: ProbeKind, held: bool
) -> None:
    snapshot = load_snapshot(small.data)
    [known] = known_of(snapshot.entries)
    screener = Screener(snapshot, policies.from_toml(SAMPLE_POLICY.read_bytes()))
    sent = msgspec.json.encode(payment(kind, "probe-1", known, NOW))
    [decision] = screener.screen(reader.read(sent, b"probe-1", "application/json", None), now=NOW)
    assert (decision.decision == "HOLD") == held
    assert is_right(kind, decision, known)
    assert not is_right("clean" if kind == "listed" else "listed", decision, known)


def test_a_hold_for_another_reason_is_a_wrong_answer_for_a_listed_name(small: BuiltSnapshot) -> None:
    """Otherwise a gate without lists, which holds everything, would look healthy."""
    snapshot = load_snapshot(small.data)
    [known] = known_of(snapshot.entries)
    screener = Screener(snapshot, policies.from_toml(SAMPLE_POLICY.read_bytes()))
    sent = msgspec.json.encode(payment("clean", "probe-1", known, NOW))
    received = reader.read(sent, b"probe-1", "application/json", None)
    [decision] = screener.screen(received, now=NOW, stale=lambda _: "list own is old")
    assert decision.reason == "LIST_STALE"
    assert not is_right("listed", decision, known)
    assert not is_right("clean", decision, known)
