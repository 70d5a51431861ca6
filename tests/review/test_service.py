"""The review process on a real Kafka and Redis: from a hold to the decision of people."""

import time
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from msgspec.structs import replace

from deploy.local.stack import HOLDGATE
from holdgate.core.model.decision import Decision, from_json
from holdgate.core.records.kafka_record import Outgoing
from holdgate.core.records.topics import DECISIONS, FOLLOWS, INPUT_OFFSET, REVIEW_EVENTS
from holdgate.lists.building import BuiltSnapshot
from holdgate.review.disposal import MAX_STALL_SECONDS
from tests.review.conftest import LISTED, Desk
from tests.support.payments import payment
from tests.support.rig import Rig, wait_until
from tests.support.small_list import PERSON_NAME

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


def decided(rig: Rig, payment_id: str, times: int = 1) -> Decision:
    """Return the last decision on a payment, once it has so many."""
    [last] = rig.await_decided(payment_id, times=times)
    return from_json(last.value or b"")


def test_people_release_and_block_what_was_held(desk: Desk) -> None:
    rig = desk.rig
    with rig.worker() as worker:
        worker.await_ready()
        rig.pay(payment("a", creditor=LISTED), payment("b", creditor=LISTED), payment("clean"))
        opened = desk.step_until("open", "a")
        held = decided(rig, "a")
        assert opened.facts.payment is not None
        assert (opened.in_force, opened.facts.amount) == (held.decision_id, "1250.00")
        desk.approve(opened, "RELEASE")
        desk.approve(desk.step_until("open", "b"), "BLOCK")
        ended = desk.step_until("disposed", "a")
        desk.step_until("disposed", "b")
        released, blocked = decided(rig, "a", 2), decided(rig, "b", 2)
        assert (released.decision, released.reason, released.follows) == (
            "RELEASE",
            "REVIEWED",
            held.decision_id,
        )
        assert {match.verdict for match in released.matches} == {"false_positive"}
        assert released.review is not None
        assert {released.review.proposed_by, *released.review.approved_by} == {"u:a1a1", "u:b2b2", "u:c3c3"}
        assert (blocked.decision, blocked.next_status) == ("BLOCK", "BLCK")
        assert ended.in_force == released.decision_id
        first, second = rig.decided("a")
        assert first.partition == second.partition
        assert second.about[FOLLOWS] == held.decision_id
        assert second.about[INPUT_OFFSET] == first.about[INPUT_OFFSET]
        rig.pay(payment("a", creditor=LISTED))
        assert decided(rig, "a", 3) == released, "a payment that is sent again"
        assert worker.terminate() == 0
    wait_until(
        lambda: desk.service.step() and desk.value("cases", queue="sanctions", stage="disposed") == 2,
        "the metric of disposed cases, which is set every few seconds",
    )
    assert len(rig.decided("clean")) == 1
    assert desk.value("disposals_total", outcome="release") == 1


def test_new_matches_at_the_last_screening_send_a_case_back(
    desk: Desk, small: BuiltSnapshot, smaller: BuiltSnapshot
) -> None:
    rig = desk.rig
    rig.make_current(smaller)
    with rig.worker() as worker:
        worker.await_ready()
        rig.pay(payment("a", creditor=LISTED, creditor_agent={"bic": "BOELKPPY"}))
        opened = desk.step_until("open", "a")
        assert worker.terminate() == 0
    rig.make_current(small)
    desk.approve(opened, "RELEASE")
    back = desk.step_until("open", "a")
    assert back.sent_back == 1
    assert len(back.facts.matches) > len(opened.facts.matches)
    assert len(rig.decided("a")) == 1
    desk.approve(back, "REJECT")
    desk.step_until("disposed", "a")
    rejected = decided(rig, "a", 2)
    assert (rejected.decision, rejected.next_status) == ("REJECT", "RJCT")
    assert len(rejected.matches) == len(back.facts.matches)


def test_a_release_waits_for_fresh_lists(held: Desk, small: BuiltSnapshot) -> None:
    stale = Desk(held.rig, policy="deploy/policy.toml")
    held.rig.make_current(small, ofac=datetime.now(UTC) - timedelta(days=30))
    try:
        held.service.close()
        case = stale.step_until("open", "a")
        stale.approve(case, "RELEASE")
        stale.step(10)
        assert stale.value("waiting_for_lists_cases") == 1
        assert len(held.rig.decided("a")) == 1
        held.rig.make_current(small, ofac=datetime.now(UTC))
        stale.step_until("disposed", "a")
        assert stale.value("waiting_for_lists_cases") == 0
    finally:
        stale.close()


def test_a_process_that_was_frozen_while_it_screened_decides_again(held: Desk) -> None:
    """Another process may have been active meanwhile, with other lists."""
    case = held.step_until("open", "a")
    held.approve(case, "RELEASE")
    member = held.service._member
    assert member is not None
    assert member._active is not None
    disposal = member._active._disposal
    frozen = count(step=MAX_STALL_SECONDS + 1)
    disposal.clock = lambda: float(next(frozen))
    held.step(5)
    assert len(held.rig.decided("a")) == 1
    disposal.clock = time.monotonic
    held.step_until("disposed", "a")
    assert len(held.rig.decided("a")) == 2


def test_of_two_processes_one_is_active_and_the_other_takes_over(held: Desk) -> None:
    command = (str(HOLDGATE), "review")
    variables = {"review_rules": held.settings.review_rules}
    with held.rig.worker(command, **variables) as second:
        while not second.said("stands by"):
            held.step()
        wait_until(
            lambda: (
                held.service.step() and held.value("active") + second.metrics()["holdgate_review_active"] == 1
            ),
            "one active process",
        )
        held.service.close()
        second.await_words("this review process is active")
        case = held.step_until("open", "a")
        assert held.value("active") == 0
        held.approve(case, "REJECT")
        held.step_until("disposed", "a")
        second.await_metric('holdgate_review_disposals_total{outcome="reject"}', 1)
        assert PERSON_NAME not in second.text
        assert second.terminate() == 0


def test_another_decision_closes_an_approved_case_and_another_hold_opens_it_again(held: Desk) -> None:
    """As rescreening writes them; the first comes between the approval and its decision."""
    case = held.step_until("open", "a")
    hold = decided(held.rig, "a")
    held.approve(case, "RELEASE")
    released = replace(
        hold,
        decision_id="1" * 32,
        follows=hold.decision_id,
        decision="RELEASE",
        reason="NO_MATCH",
        next_status="ACCP",
        matches=(),
    )
    held.write_decision(released)
    closed = held.step_until("closed", "a")
    assert closed.in_force == released.decision_id
    held.write_decision(replace(hold, decision_id="2" * 32, follows=hold.decision_id))  # void
    held.write_decision(replace(hold, decision_id="3" * 32, follows=released.decision_id))
    again = held.step_until("open", "a")
    assert (again.in_force, again.case_id) == ("3" * 32, case.case_id)
    assert len(held.rig.decided("a")) == 4, "the approval got no decision"
    assert held.value("cases", queue="sanctions", stage="open") in (0, 1)


def test_a_hold_whose_payment_is_gone_is_rejected_but_never_released(held: Desk) -> None:
    gone = replace(decided(held.rig, "a"), payment_id="gone", decision_id="4" * 32)
    held.write_decision(gone, input_offset=999_999)
    case = held.step_until("open", "gone")
    assert case.facts.payment is None
    assert held.value("evidence_missing_total") == 1
    held.propose(case, "RELEASE")
    held.step()
    assert held.value("void_events_total", reason="EVIDENCE_MISSING") == 1
    held.approve(case, "REJECT")
    held.step_until("disposed", "gone")


def test_a_case_that_no_event_can_describe_is_counted_and_stops_nothing(held: Desk) -> None:
    """The event would be void for every reader, and would be written again for ever."""
    hold = decided(held.rig, "a")
    matches = tuple(replace(match, entry_id="ofac:" + "1" * 2_000) for match in hold.matches)
    held.write_decision(replace(hold, payment_id="long", decision_id="5" * 32, matches=matches))
    # It is read again, and counted again, if the group chooses its members anew before the commit.
    wait_until(lambda: held.service.step() and held.value("untold_decisions_total") >= 1, "a count")
    assert held.value("void_events_total", reason="UNREADABLE") == 0
    assert held.value("faults_total") == 0


def test_what_is_no_decision_and_no_event_is_counted_and_stops_nothing(held: Desk) -> None:
    last = held.rig.decided("a")[-1]
    held.log.publish(
        [
            Outgoing(DECISIONS.name, b"x", b"no decision", last.partition, []),
            Outgoing(REVIEW_EVENTS.name, b"x", b"{}", 0, []),
            Outgoing(REVIEW_EVENTS.name, b"x", None, 0, []),
        ]
    )
    held.step()
    assert held.value("unreadable_decisions_total") == 1
    assert held.value("void_events_total", reason="UNREADABLE") == 2
    assert held.value("faults_total") == 0
