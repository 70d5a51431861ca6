"""`kill -9` of a review process between its decision and the event that tells the case of it."""

from contextlib import closing as closes
from pathlib import Path

import pytest

from deploy.local.daemon import ROOT
from deploy.local.redis_server import Redis
from deploy.local.stack import HOLDGATE
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.adapters.kafka.review_log import EVENTS_PARTITION, ReviewLog
from holdgate.core.records.topics import REVIEW_EVENTS
from holdgate.core.review.case import Case
from holdgate.core.review.casebook import Casebook
from holdgate.core.review.digest import shown_digest
from holdgate.core.review.event import ProposalApproved, ProposalMade
from holdgate.core.review.event_contents import Approval
from holdgate.lists.building import BuiltSnapshot
from holdgate.runtime.settings import Settings
from tests.screening.conftest import small
from tests.support.payments import payment
from tests.support.review import PEOPLE, START, digest, proposal_of
from tests.support.rig import Rig, closing, wait_until
from tests.support.small_list import PERSON_NAME

__all__ = ["small"]

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

REVIEW = (str(HOLDGATE), "review")
LISTED = payment("a", creditor={"name": PERSON_NAME})


def the_case(settings: Settings) -> Case | None:
    """Return the only case of the log."""
    log, book = KafkaLog(settings), Casebook()
    first, end = log.bounds(REVIEW_EVENTS.name)[EVENTS_PARTITION]
    for chunk in log.read(REVIEW_EVENTS.name, EVENTS_PARTITION, first, end):
        for record in chunk.records:
            book.add_record(record.value or b"")
    [case] = book.cases.values() or [None]
    return case


def await_stage(settings: Settings, stage: str) -> Case:
    """Return the case once it is at a stage."""

    def reached() -> bool:
        case = the_case(settings)
        return case is not None and case.stage == stage

    wait_until(reached, f"a case that is {stage}")
    case = the_case(settings)
    assert case is not None
    return case


def reject(settings: Settings, case: Case) -> None:
    """Let one person propose to reject the payment, and two others approve it."""
    with closes(ReviewLog(settings)) as log:
        for number, who in enumerate(("ana", "ben", "cora")):
            kind = ProposalApproved if number else ProposalMade
            proposal = None if case.proposal is None else case.proposal.event_id
            what = Approval(proposal, shown_digest(case)) if proposal else proposal_of(case.facts, "REJECT")
            event = kind(
                event_id=digest(who, 32),
                at=START,
                by=PEOPLE[who],
                case_id=case.case_id,
                revision=case.revision + 1,
                on=case.in_force,
                what=what,  # type: ignore[arg-type]
            )
            log.append([event])
            case = await_stage(settings, "approved" if who == "cora" else "proposed")


def test_a_process_killed_after_its_decision_leaves_the_event_to_the_next(
    tmp_path: Path, runtime_folder: Path, kafka: str, topic_prefix: str, small: BuiltSnapshot
) -> None:
    """Redis is paused: the process writes the decision, and cannot replace the claim, which comes before the
    event. So the kill hits the time between the two."""
    rules = str(ROOT / "deploy" / "review.toml")
    with (
        Redis(runtime_folder / "redis-review-killed") as redis,
        closing(Rig(tmp_path, kafka, redis.url, topic_prefix, HOLDGATE_REVIEW_RULES=rules)) as rig,
    ):
        rig.create_topics()
        rig.make_current(small)
        worker = rig.worker().await_ready()
        killed = rig.worker(REVIEW)
        rig.pay(LISTED)
        opened = await_stage(rig.settings, "open")
        redis.pause()
        reject(rig.settings, opened)
        [rejected] = rig.await_decided("a", times=2)
        killed.kill()
        redis.resume()
        assert await_stage(rig.settings, "approved").outcome is None

        successor = rig.worker(REVIEW)
        disposed = await_stage(rig.settings, "disposed")
        assert disposed.outcome is not None
        assert disposed.in_force == rejected.json["decision_id"]
        assert (disposed.outcome.partition, disposed.outcome.offset) == (rejected.partition, rejected.offset)
        assert successor.metrics()['holdgate_review_disposals_total{outcome="reject"}'] == 0
        rig.pay(LISTED)
        [answer] = rig.await_decided("a", times=3)
        assert answer.value == rejected.value
        assert worker.terminate() == 0
