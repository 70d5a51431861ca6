"""Too many dead letters of one sender are quarantined; if most records fail, a worker stops."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.records.kafka_record import Record
from holdgate.core.records.topics import QUARANTINED
from holdgate.lists.building import BuiltSnapshot
from holdgate.screening.dead_letter_limits import MAX_SENDERS, UNNAMED, DeadLetterLimits
from tests.support.payments import payment
from tests.support.rig import PATIENCE, Rig, wait_until

BROKEN, GOOD = 1_000, 100


def record(sender: str | None = None, key: bytes | None = b"key") -> Record:
    """Return a record that names its sender in the header of CloudEvents."""
    headers = [] if sender is None else [("ce_source", sender.encode())]
    return Record("payments.submitted", 0, 0, 0.0, key, b"{", headers)


def test_the_limit_applies_to_a_sliding_minute() -> None:
    limits = DeadLetterLimits(5, "header:ce_source")
    limits.add(3, 3, now=0)
    limits.add(1, 0, now=10)
    limits.add(2, 2, now=30)
    assert (limits.left(30), limits.left(59), limits.is_gate_broken(59)) == (0, 0, False)
    limits.add(1, 1, now=59)
    assert (limits.left(59), limits.is_gate_broken(59)) == (-1, True)
    assert (limits.left(60), limits.is_gate_broken(60)) == (2, False)
    assert limits.left(1_000) == 5


def test_a_worker_goes_on_while_most_records_can_be_decided() -> None:
    limits = DeadLetterLimits(5, "header:ce_source")
    limits.add(100, 6, now=0)
    assert (limits.left(0), limits.is_gate_broken(0)) == (-1, False)


@pytest.mark.parametrize(
    ("setting", "found", "sender"),
    [
        ("header:ce_source", record("core"), "core"),
        ("header:CE_Source", record("core"), "core"),
        ("header:ce_source", record(), UNNAMED),
        ("key:-", record(key=b"core-17-3"), "core"),
        ("key:::", record(key=b"core::17"), "core"),
        ("key:-", record(key=b"17"), UNNAMED),
        ("key:-", record(key=None), UNNAMED),
        ("key:-", record(key=b"\xff-1"), "�"),
    ],
)
def test_a_header_or_the_key_says_whose_a_record_is(setting: str, found: Record, sender: str) -> None:
    assert DeadLetterLimits(5, setting).sender_of(found) == sender


def test_a_sender_is_quarantined_for_what_exceeds_its_limit_in_a_minute() -> None:
    limits = DeadLetterLimits(2, "header:ce_source")
    first = [record("a"), record("b"), record("a"), record("a"), record(), record("b"), record("b")]
    assert limits.quarantine(first, now=0) == [False, False, False, True, False, False, True]
    assert limits.quarantine([record("a"), record("c")], now=59) == [True, False]
    assert limits.quarantine([record("a")], now=60) == [False]


def test_many_senders_are_bounded_and_those_beyond_are_not_quarantined() -> None:
    limits = DeadLetterLimits(1, "header:ce_source")
    assert not any(limits.quarantine([record(str(number)) for number in range(MAX_SENDERS + 5)], now=0))
    assert limits.quarantine([record("0"), record(str(MAX_SENDERS))] * 2, now=1) == [True, False] * 2
    assert limits.quarantine([record(str(MAX_SENDERS))] * 2, now=61) == [False, True]


@given(st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 30)), max_size=60))
def test_no_sender_has_more_dead_letters_in_a_minute_than_the_limit(
    sent: list[tuple[str | None, int]],
) -> None:
    limits, now, kept = DeadLetterLimits(3, "header:ce_source"), 0, []
    for sender, seconds in sent:
        now += seconds
        [over] = limits.quarantine([record(sender)], now)
        assert not (over and sender is None)
        if not over:
            kept.append((sender, now))
        for name in ("a", "b"):
            assert sum(one == name and at > now - 60 for one, at in kept) <= 3


@pytest.mark.kafka
@pytest.mark.redis
def test_a_worker_stops_if_most_records_fail(rig: Rig, small: BuiltSnapshot) -> None:
    """It exits with a distinct code, says what to do, and resumes after the last decided record."""
    rig.make_current(small)
    worker = rig.worker(dead_letters_a_minute="5").await_ready()
    worker.await_metric("holdgate_dead_letters_left", 5)
    rig.pay(payment("good"))
    rig.await_decided("good")
    rig.send([(f"bad-{number}".encode(), b"{") for number in range(8)])
    assert worker.process.wait(PATIENCE) == 5
    assert "HOLDGATE_DEAD_LETTERS_A_MINUTE" in worker.text
    rig.settle()
    stood = len(rig.decisions())
    assert sum(rig.committed().values()) == stood

    rig.worker()
    rig.await_input_decided(9)
    wait_until(lambda: len(rig.dead_letters()) == 8, "every dead letter, once")


@pytest.mark.kafka
@pytest.mark.redis
def test_a_broken_sender_stops_nobody_else(rig: Rig, small: BuiltSnapshot) -> None:
    """Its unreadable records beyond the limit wait in a topic of their own; redriven, they are decided."""
    rig.make_current(small)
    worker = rig.worker(dead_letters_a_minute="20").await_ready()
    sender = [("ce_source", b"core banking"), ("content-type", b"application/xml")]
    broken = [payment(f"broken-{number}") for number in range(BROKEN)]
    rig.send([(one["payment_id"].encode(), json.dumps(one).encode()) for one in broken], sender)
    good = [payment(f"good-{number}") for number in range(GOOD)]
    rig.pay(*good, ce_source=b"cards")
    decided = rig.await_decided(*(one["payment_id"] for one in good))
    assert {one.json["reason"] for one in decided} == {"NO_MATCH"}
    assert worker.process.poll() is None

    wait_until(lambda: len(rig.quarantined()) + len(rig.dead_letters()) == BROKEN, "all broken records")
    assert len(rig.quarantined()) >= BROKEN / 2
    worker.await_metric("holdgate_quarantined_records_total", len(rig.quarantined()))
    right = ("--header", "content-type=application/json", "--max", "50")
    topic = ("--topic", QUARANTINED.name)
    listed = rig.holdgate("deadletters", "list", *topic)
    assert "not_xml" in listed.stdout
    done = rig.holdgate("deadletters", "redrive", *topic, *right, "--execute", "--reason", "it says XML")
    assert done.exit_code == 0, done.output
    worker.await_metric('holdgate_redriven_total{outcome="decided"}', 50)
