"""The review process on a real Kafka and Redis: from a hold to the decision of people."""

from datetime import UTC, datetime, timedelta

import pytest

from deploy.local.stack import HOLDGATE
from holdgate.core.model.decision import Decision, from_json
from holdgate.core.records.topics import FOLLOWS, INPUT_OFFSET
from holdgate.lists.building import BuiltSnapshot
from tests.review.conftest import Desk
from tests.support.payments import payment
from tests.support.rig import Rig
from tests.support.small_list import PERSON_NAME

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

LISTED = {"name": PERSON_NAME}


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
    desk.step()
    assert len(rig.decided("clean")) == 1
    assert desk.value("cases", queue="sanctions", stage="disposed") in (0, 2)
    assert desk.value("disposals_total", outcome="release") == 1


@pytest.fixture
def held(desk: Desk) -> Desk:
    """Let a worker hold a payment, and stop it; its case is open."""
    with desk.rig.worker() as worker:
        worker.await_ready()
        desk.rig.pay(payment("a", creditor=LISTED, debtor={"name": "Quentin Canary"}))
        desk.step_until("open", "a")
        assert worker.terminate() == 0
    return desk


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


def test_a_process_that_ends_after_its_decision_writes_it_only_once(
    held: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = held.step_until("open", "a")
    held.approve(case, "RELEASE")
    held.step_until("approved", "a")
    while len(held.rig.decided("a")) == 1:
        held.service.step()
        if len(held.rig.decided("a")) > 1:
            break
    held.service.close()
    successor = Desk(held.rig)
    try:
        successor.step_until("disposed", "a")
        assert len(held.rig.decided("a")) == 2
        assert successor.value("disposals_total", outcome="release") == 0
    finally:
        successor.close()


def test_of_two_processes_one_is_active_and_the_other_takes_over(held: Desk) -> None:
    command = (str(HOLDGATE), "review")
    variables = {"review_rules": held.settings.review_rules}
    with held.rig.worker(command, **variables) as second:
        while not second.said("stands by"):
            held.step()
        held.step(20)
        assert held.value("active") == 1
        held.service.close()
        second.await_words("this review process is active")
        case = held.step_until("open", "a")
        assert held.value("active") == 0
        held.approve(case, "REJECT")
        held.step_until("disposed", "a")
        assert second.metrics()['holdgate_review_disposals_total{outcome="reject"}'] == 1
        assert PERSON_NAME not in second.text
        assert second.terminate() == 0
