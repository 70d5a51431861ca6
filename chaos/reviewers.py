"""People who decide on held payments during a run: most as they should, some against the rules.

They read the cases as any reader does, and write events alone. What they try in vain is part of the run: an
approval of their own proposal, of a page that has changed, or with an old revision.
"""

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from chaos.recording import REVIEW_EVENTS
from holdgate.adapters.kafka.clients import open_client
from holdgate.core.model.review_outcome import Disposition
from holdgate.core.review import event as events
from holdgate.core.review.case import Case
from holdgate.core.review.casebook import Casebook
from holdgate.core.review.digest import shown_digest
from holdgate.core.review.event import CaseEvent
from holdgate.core.review.event_contents import Actor, Answer, Approval, MatchVerdict, Proposal
from holdgate.core.review.permissions import RELEASABLE

ANALYSTS = tuple(Actor(f"u:a{number}a{number}", ("analyst",), "demo") for number in range(3))
APPROVERS = tuple(Actor(f"u:b{number}b{number}", ("approver",), "demo") for number in range(3))

EVENTS_A_SECOND = 15
"""Events that people write, more than ten analysts do. At 150 a review process that shares two cores with
everything else fell behind for minutes."""

WRONG = 0.15
"""The share of actions that the rules forbid."""

AGAIN = 0.02
"""The share of waiting cases, per round, on which people act again after an event that did not count."""

CODES: dict[Disposition, str] = {
    "RELEASE": "FALSE_POSITIVE",
    "REJECT": "NOT_ACCEPTED",
    "BLOCK": "LISTED_PARTY",
}


class Reviewers(threading.Thread):
    """Proposes and approves until `finish` is called."""

    def __init__(
        self, bootstrap: str, prefix: str, seed: int, wrong: float = WRONG, again: float = AGAIN
    ) -> None:
        super().__init__(name="reviewers", daemon=True)
        self._servers = bootstrap
        self._topic = prefix + REVIEW_EVENTS
        self._chance = random.Random(f"reviewers {seed}")
        self._wrong = wrong
        self._again = again
        self._finishing = threading.Event()
        self._book = Casebook()
        self._offset = 0
        self._acted_at: dict[str, int] = {}
        self._numbers = 0
        self.tried: Counter[str] = Counter()

    @property
    def approved(self) -> int:
        """How many cases are approved and wait for their decision, as of the last read."""
        return sum(case.stage == "approved" for case in list(self._book.cases.values()))

    @property
    def stages(self) -> Counter[str]:
        """The number of cases by stage."""
        return Counter(case.stage for case in list(self._book.cases.values()))

    def run(self) -> None:
        """Read and act; after a fault of Kafka, open new connections."""
        while not self._finishing.is_set():
            with contextlib.suppress(KafkaError, OSError, ValueError), self._connected() as act:
                while not self._finishing.wait(0.1):
                    act()
            self._finishing.wait(0.5)

    def finish(self) -> None:
        """Stop acting."""
        self._finishing.set()
        if self.is_alive():
            self.join(60)

    @contextlib.contextmanager
    def _connected(self) -> Any:
        with contextlib.ExitStack() as exits:
            consumer = open_client(KafkaConsumer, bootstrap_servers=self._servers, enable_auto_commit=False)
            exits.callback(consumer.close)
            place = TopicPartition(self._topic, 0)
            consumer.assign([place])
            consumer.seek(place, self._offset)
            producer = open_client(KafkaProducer, bootstrap_servers=self._servers, acks="all", linger_ms=5)
            exits.callback(producer.close, timeout=5)
            yield lambda: self._round(consumer, producer)

    def _round(self, consumer: Any, producer: Any) -> None:
        for records in consumer.poll(timeout_ms=100, max_records=5_000).values():
            for record in records:
                self._book.add_record(record.value)
                self._offset = record.offset + 1
        if self._book.rules is None:
            return
        ready = [case for case in self._book.cases.values() if self._waits_for_people(case)]
        chosen = self._chance.sample(ready, min(len(ready), EVENTS_A_SECOND // 5))
        for case in chosen:
            self._acted_at[case.case_id] = case.revision
            event = self._next_event(case)
            producer.send(self._topic, events.encode_event(event), case.case_id.encode())
        if chosen:
            producer.flush(timeout=20)
            time.sleep(0.1)

    def _waits_for_people(self, case: Case) -> bool:
        if case.stage not in ("open", "proposed"):
            return False
        return self._acted_at.get(case.case_id, 0) < case.revision or self._chance.random() < self._again

    def _next_event(self, case: Case) -> events.AnyCaseEvent:
        if case.stage == "open":
            return self._propose(case)
        wrong: list[Callable[[Case], events.AnyCaseEvent]] = [
            self._approve_own,
            self._approve_old_page,
            self._approve_late,
            self._return,
        ]
        if self._chance.random() < self._wrong:
            return self._chance.choice(wrong)(case)
        return self._approve(case)

    def _propose(self, case: Case) -> events.AnyCaseEvent:
        facts = case.facts
        can_release = facts.reason in RELEASABLE and facts.payment is not None and not facts.look_back
        choices: list[Disposition] = ["REJECT"]
        if can_release:
            choices += ["RELEASE", "RELEASE", "RELEASE"]
        if facts.matches:
            choices.append("BLOCK")
        if self._chance.random() < self._wrong:
            choices = ["RELEASE", "BLOCK"]
        disposition = self._chance.choice(choices)
        verdict = (
            MatchVerdict("true_match", "SAME_PARTY")
            if disposition == "BLOCK"
            else MatchVerdict("false_positive", "OTHER_NAME")
        )
        proposal = Proposal(disposition, CODES[disposition], (verdict,) * len(facts.matches))
        return self._event(events.ProposalMade, case, self._chance.choice(ANALYSTS + APPROVERS), proposal)

    def _approve(self, case: Case) -> events.AnyCaseEvent:
        assert case.proposal is not None, "the case is proposed"
        given = {approval.by.user for approval in case.approvals} | set(case.proposal.authors)
        others = [actor for actor in APPROVERS if actor.user not in given]
        approval = Approval(case.proposal.event_id, shown_digest(case))
        return self._event(events.ProposalApproved, case, self._chance.choice(others or APPROVERS), approval)

    def _approve_own(self, case: Case) -> events.AnyCaseEvent:
        assert case.proposal is not None, "the case is proposed"
        own = Actor(case.proposal.by, ("approver",), "demo")
        self.tried["own proposal"] += 1
        return self._event(
            events.ProposalApproved, case, own, Approval(case.proposal.event_id, shown_digest(case))
        )

    def _approve_old_page(self, case: Case) -> events.AnyCaseEvent:
        assert case.proposal is not None, "the case is proposed"
        self.tried["changed page"] += 1
        approval = Approval(case.proposal.event_id, "0" * 64)
        return self._event(events.ProposalApproved, case, self._chance.choice(APPROVERS), approval)

    def _approve_late(self, case: Case) -> events.AnyCaseEvent:
        assert case.proposal is not None, "the case is proposed"
        self.tried["old revision"] += 1
        approval = Approval(case.proposal.event_id, shown_digest(case))
        approver = self._chance.choice(APPROVERS)
        return self._event(events.ProposalApproved, case, approver, approval, revision=case.revision)

    def _return(self, case: Case) -> events.AnyCaseEvent:
        assert case.proposal is not None, "the case is proposed"
        self.tried["returned"] += 1
        answer = Answer(case.proposal.event_id)
        return self._event(events.ProposalReturned, case, self._chance.choice(APPROVERS), answer)

    def _event(
        self, kind: type[CaseEvent], case: Case, by: Actor, what: Any, **changes: Any
    ) -> events.AnyCaseEvent:
        self._numbers += 1
        members: dict[str, Any] = {
            "event_id": f"{self._numbers:032x}",
            "at": datetime.now(UTC),
            "by": by,
            "case_id": case.case_id,
            "revision": case.revision + 1,
            "on": case.in_force,
            "what": what,
        }
        event: events.AnyCaseEvent = kind(**members | changes)  # type: ignore[assignment]
        return event
