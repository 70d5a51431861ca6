"""A gate with a review process that the test steps, and two people who decide."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry

from deploy.local.daemon import ROOT
from holdgate.adapters.kafka.review_log import EvidenceItem, ReviewLog
from holdgate.core.model.decision import Decision, from_json, to_json
from holdgate.core.model.review_outcome import Disposition
from holdgate.core.records.kafka_record import Outgoing
from holdgate.core.records.topics import DECISIONS, INPUT_OFFSET, REVIEW_EVENTS
from holdgate.core.review.case import Case, Stage
from holdgate.core.review.digest import shown_digest
from holdgate.core.review.event import ProposalApproved, ProposalMade, make_case_id
from holdgate.core.review.event_contents import Approval
from holdgate.review.case_records import CaseRecords
from holdgate.review.metrics import ReviewMetrics
from holdgate.review.service import ReviewService
from holdgate.runtime.settings import Settings
from tests.screening.conftest import rig, small, smaller
from tests.support.payments import payment
from tests.support.review import PEOPLE, START, digest, proposal_of
from tests.support.rig import Rig, wait_until
from tests.support.small_list import PERSON_NAME

__all__ = ["rig", "small", "smaller"]

LISTED = {"name": PERSON_NAME}
REVIEW_RULES = ROOT / "deploy" / "review.toml"


class Desk:
    """A review process in this process, and the people at their desks."""

    def __init__(self, rig: Rig, **settings: Any) -> None:
        self.rig = rig
        given = {"data": str(rig.folder / "review"), "review_rules": str(REVIEW_RULES)}
        self.settings: Settings = replace(rig.settings, **given | settings)
        self.metrics = ReviewMetrics(CollectorRegistry())
        self.service = ReviewService(self.settings, self.metrics)
        self.log = ReviewLog(self.settings)
        self._numbers = 0

    def close(self) -> None:
        """Close both."""
        self.service.close()
        self.log.close()

    @property
    def cases(self) -> CaseRecords:
        """Return the cases as the process knows them."""
        return self.service._cases

    def find(self, decision: Decision) -> Case | None:
        """Return the case of a decision."""
        return self.cases.find(make_case_id(decision.payment_id, decision.content_hash))

    def step_until(self, stage: Stage, payment_id: str) -> Case:
        """Step the process until the case of a payment is at a stage; return it."""
        [held, *_] = self.rig.await_decided(payment_id)
        decision = from_json(held.value or b"")

        def reached() -> bool:
            self.service.step()
            case = self.find(decision)
            return case is not None and case.stage == stage

        wait_until(reached, f"a case that is {stage}", lambda: str(self.find(decision)))
        case = self.find(decision)
        assert case is not None
        return case

    def step(self, times: int = 5) -> None:
        """Step the process some times."""
        for _ in range(times):
            assert self.service.step()

    def propose(self, case: Case, disposition: Disposition) -> None:
        """Let one person propose a disposition."""
        self.write(ProposalMade, "ana", case, proposal_of(case.facts, disposition))

    def approve(self, case: Case, disposition: Disposition) -> None:
        """Let one person propose a disposition and two others approve it."""
        self.propose(case, disposition)
        for who in ("ben", "cora"):
            proposed = self._await_revision(case.case_id, case.revision + 1)
            if proposed.stage == "approved":
                return
            assert proposed.proposal is not None
            saw = Approval(proposed.proposal.event_id, shown_digest(proposed))
            self.write(ProposalApproved, who, proposed, saw)
            case = proposed

    def write_decision(self, decision: Decision, input_offset: int | None = None) -> None:
        """Write a decision to the partition of the last one on payment `a`, with its headers."""
        last = self.rig.decided("a")[-1]
        headers = dict(last.headers)
        if input_offset is not None:
            headers[INPUT_OFFSET] = str(input_offset).encode()
        record = Outgoing(
            DECISIONS.name,
            decision.payment_id.encode(),
            to_json(decision),
            last.partition,
            list(headers.items()),
        )
        self.log.publish([record])

    def value(self, name: str, **labels: str) -> float:
        """Return a metric's value."""
        return self.metrics.registry.get_sample_value(f"holdgate_review_{name}", labels) or 0.0

    def put_note(self, text: str) -> str:
        """Write a note, and return its digest."""
        item = EvidenceItem(text.encode(), "text/plain")
        self.log.put_evidence([item])
        return item.digest

    def committed(self) -> int | None:
        """Return the position below which everything is archived, as it was committed."""
        member = self.service._member
        assert member is not None
        noted = member._leadership.read_noted(REVIEW_EVENTS.name, 0)
        return None if noted is None else noted.offset

    def write(self, kind: Any, who: str, case: Case, what: Any) -> None:
        """Append an event of a person who sees the case as it is given."""
        self._numbers += 1
        event = kind(
            event_id=digest(f"{case.case_id} {self._numbers}", 32),
            at=START,
            by=PEOPLE[who],
            case_id=case.case_id,
            revision=case.revision + 1,
            on=case.in_force,
            what=what,
        )
        self.log.append([event])

    def _await_revision(self, case_id: str, revision: int) -> Case:
        def read() -> bool:
            member = self.service._member
            assert member is not None
            member._read_events(0.05)
            case = self.cases.find(case_id)
            return case is not None and case.revision >= revision

        wait_until(read, f"revision {revision}", lambda: str(self.cases.find(case_id)))
        case = self.cases.find(case_id)
        assert case is not None
        return case


@pytest.fixture
def desk(rig: Rig, small: Any) -> Iterator[Desk]:
    """Yield a gate with a current list, and a review process that was not stepped yet."""
    rig.make_current(small)
    desk = Desk(rig)
    yield desk
    desk.close()


@pytest.fixture
def held(desk: Desk) -> Desk:
    """Let a worker hold a payment, and stop it; its case is open."""
    with desk.rig.worker() as worker:
        worker.await_ready()
        desk.rig.pay(payment("a", creditor=LISTED, debtor={"name": "Quentin Canary"}))
        desk.step_until("open", "a")
        assert worker.terminate() == 0
    return desk
