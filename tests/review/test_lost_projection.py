"""Deleting the projection and emptying Redis changes no page and no decision."""

import pytest
from redis import Redis

from holdgate.adapters.case_follower import CASES_FILE
from holdgate.adapters.sqlite.schema import delete_projection
from holdgate.core.model.decision import from_json
from holdgate.lists.building import BuiltSnapshot
from tests.review.conftest import Desk
from tests.support.payments import payment
from tests.support.rig import Rig
from tests.support.small_list import PERSON_NAME

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

PAYMENTS = {name: payment(name, creditor={"name": PERSON_NAME}) for name in "abcd"}


def pages(rig: Rig) -> list[str]:
    """Return what the command line shows of all cases, in lists and one by one."""
    stages = ("open", "proposed", "approved", "disposed", "closed")
    commands = [
        *(("list", "--stage", stage) for stage in stages),
        *(("show", name) for name in PAYMENTS),
        ("search", PERSON_NAME),
    ]
    shown = []
    for command in commands:
        done = rig.holdgate("cases", *command, "--json", data=str(rig.folder / "desk"), review_sign_in="demo")
        assert done.exit_code == 0, done.output
        shown.append(done.stdout)
    return shown


def test_deleting_the_projection_and_emptying_redis_changes_no_page_and_no_decision(
    desk: Desk, small: BuiltSnapshot
) -> None:
    rig = desk.rig
    worker = rig.worker().await_ready()
    rig.pay(*PAYMENTS.values())
    opened = {name: desk.step_until("open", name) for name in PAYMENTS}
    desk.propose(opened["b"], "RELEASE")
    desk.step_until("proposed", "b")
    desk.approve(opened["c"], "RELEASE")
    desk.approve(opened["d"], "BLOCK")
    desk.step_until("disposed", "c")
    desk.step_until("disposed", "d")
    decisions, before = len(rig.decisions()), pages(rig)
    in_force = {name: rig.decided(name)[-1].value for name in PAYMENTS}
    assert len(set(before)) > len(PAYMENTS)

    delete_projection(rig.folder / "desk" / CASES_FILE)
    with Redis.from_url(rig.settings.redis) as redis:
        redis.flushdb()
    rig.make_current(small)
    assert pages(rig) == before
    rig.pay(*PAYMENTS.values())
    rig.await_decisions(decisions + len(PAYMENTS))
    desk.step()
    assert {name: rig.decided(name)[-1].value for name in PAYMENTS} == in_force
    delete_projection(rig.folder / "desk" / CASES_FILE)
    assert pages(rig) == before

    desk.approve(desk.step_until("proposed", "b"), "REJECT")
    desk.step_until("disposed", "b")
    rejected = from_json(rig.decided("b")[-1].value or b"")
    assert (rejected.decision, rejected.follows) == ("REJECT", opened["b"].in_force)
    assert worker.terminate() == 0
