"""Disposes of approved cases: the last screening, and the decision that follows.

Only the decision is written here. Its event is written when the decision is read back from the log as the one
in force (`case_writer.py`), so a process that ends in between loses nothing: the next one reads the decision
before it disposes of anything.
"""

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
import structlog

from holdgate.adapters.kafka.review_log import ReviewLog
from holdgate.core.model.decision import Decision, from_json, to_json, versions_of
from holdgate.core.records.kafka_record import Outgoing, Record, decision_headers
from holdgate.core.records.topics import DECISIONS, SUBMITTED
from holdgate.core.review.case import Case
from holdgate.core.review.case_facts import match_facts, read_payment
from holdgate.core.review.disposition import decide_case, find_unjudged
from holdgate.core.review.event_contents import NewMatches
from holdgate.review.case_records import CaseRecords
from holdgate.review.case_writer import CaseWriter
from holdgate.review.evidence_copy import decision_evidence, input_position, kept_headers
from holdgate.review.last_screening import LastScreening, ListsNotReadyError
from holdgate.review.metrics import ReviewMetrics
from holdgate.runtime.settings import Settings

log = structlog.get_logger()

RETRY_SECONDS = 5.0
"""Time until a case is looked at again that waits for lists or evidence."""

MAX_ROUND_CASES = 50
"""Cases of a round; the others wait for the next one. In a fault run with thousands of approved cases, new
holds had no case for minutes while one round disposed of all of them."""

MAX_STALL_SECONDS = 5.0
"""A process that did nothing for so long, between two cases or before it writes, writes nothing in its round:
another one may be active by then (`leadership.SESSION_MS` after the last heartbeat, one of which comes every
2.5 s). In a fault run a process that woke after 11 s wrote five decisions by the lists of before."""

RELEASING_AGAIN = frozenset({"NO_MATCH", "LIST_MATCH", "GEOGRAPHY", "GOODS"})
"""What the last screening may find in a payment that is released: nothing, or matches that were judged."""


class JudgedDecision(NamedTuple):
    """The decision whose matches people judged, and its record, which has the headers."""

    decision: Decision
    record: Record


class DecidedCase(NamedTuple):
    """The decision of a case, and the record of the decision that people judged."""

    decision: Decision
    case: Case
    judged: Record


class Disposal:
    """Disposes of cases, one decision per approval."""

    def __init__(
        self,
        settings: Settings,
        cases: CaseRecords,
        review_log: ReviewLog,
        writer: CaseWriter,
        screening: LastScreening,
        metrics: ReviewMetrics,
    ) -> None:
        self._settings = settings
        self._cases = cases
        self._log = review_log
        self._writer = writer
        self._screening = screening
        self._metrics = metrics
        self._written: set[str] = set()
        """Approvals whose decision this process has written; it was not read back yet."""
        self._next_try: dict[str, float] = {}
        """By approval, when a case that waits is looked at again."""
        self._waiting: set[str] = set()
        """Approvals that wait for lists."""
        self.clock: Callable[[], float] = time.monotonic
        """Seconds that go on while the process is frozen."""

    def dispose(self, keep_going: Callable[[], None]) -> None:
        """Dispose of every approved case, at most MAX_ROUND_CASES.

        The decisions topic has to be read to its end before. Raises one of `KafkaFault`.
        """
        now = awake = self.clock()
        approved = {case.approvals[-1].event_id: case for case in self._cases.find_approved()}
        self._written &= approved.keys()
        self._waiting &= approved.keys()
        self._next_try = {key: at for key, at in self._next_try.items() if key in approved}
        due = [
            (approval, case)
            for approval, case in approved.items()
            if approval not in self._written and now >= self._next_try.get(approval, now)
        ]
        decided: list[DecidedCase] = []
        is_stalled = False
        for approval, case in due[:MAX_ROUND_CASES]:
            keep_going()
            self._waiting.discard(approval)
            self._next_try[approval] = now + RETRY_SECONDS
            try:
                found = self._decide(case)
                decided += [] if found is None else [found]
            except ListsNotReadyError as error:
                self._waiting.add(approval)
                log.warning("a release waits for lists", case_id=case.case_id, reason=str(error))
            before, awake = awake, self.clock()
            is_stalled = is_stalled or awake - before > MAX_STALL_SECONDS
        self._metrics.waiting.set(len(self._waiting))
        if is_stalled or self.clock() - awake > MAX_STALL_SECONDS:
            log.warning("the process was frozen: decides again", cases=len(decided))
            self._next_try.clear()
        else:
            self._write(decided)

    def _write(self, decided: list[DecidedCase]) -> None:
        """Write decisions; return once all are in the log."""
        if not decided:
            return
        self._log.publish([_outgoing(*one) for one in decided])
        for decision, case, _ in decided:
            self._written.add(case.approvals[-1].event_id)
            self._metrics.disposals.labels(decision.decision.lower()).inc()
            log.info(
                "decision of an approved case written",
                case_id=case.case_id,
                decision_id=decision.decision_id,
                decision=decision.decision,
            )

    def _decide(self, case: Case) -> DecidedCase | None:
        """Return the decision of a case; None if it was sent back or waits."""
        found = self._find_judged(case)
        if found is None:
            log.error("the decision that people judged is gone: the case waits", case_id=case.case_id)
            self._metrics.evidence_missing.inc()
            return None
        judged, record = found
        versions = versions_of(judged)
        assert case.proposal is not None, "the case is approved"
        if case.proposal.content.disposition == "RELEASE":
            again = self._screen(case, judged, record)
            if again is None:
                return None
            versions = versions_of(again)
        try:
            decision = decide_case(case, judged, versions, self._cases.rules)
        except ValueError as error:
            log.error("an approved case contradicts itself: it waits", case_id=case.case_id, error=str(error))
            return None
        return DecidedCase(decision, case, record)

    def _screen(self, case: Case, judged: Decision, record: Record) -> Decision | None:
        """Return the last screening of a payment; None if the case was sent back."""
        facts = case.facts
        payment = None
        if facts.payment is not None:
            payment = self._log.find_evidence(facts.payment, facts.payment_at)
        received = None
        if payment is not None:
            received = read_payment(
                payment.value or b"",
                facts.payment_id,
                facts.content_hash,
                payment.header("content-type"),
                facts.rail,
            )
        if received is None:
            self._metrics.evidence_missing.inc()
            self._metrics.disposals.labels("unreadable").inc()
            log.error("the payment of an approved release cannot be read: sent back", case_id=case.case_id)
            self._writer.send_back(case, NewMatches(facts.decision, facts.matches, facts.decision_at))
            return None
        again = self._screening.screen(received)
        unjudged = find_unjudged(judged, again)
        if again.reason in RELEASING_AGAIN and not unjudged:
            return again
        item = decision_evidence(again, kept_headers(record))
        position = self._log.put_evidence([item])[item.digest]
        self._writer.send_back(case, NewMatches(item.digest, match_facts(again.matches), position))
        outcome = "sent_back" if unjudged else "unreadable"
        self._metrics.disposals.labels(outcome).inc()
        log.info(
            "the last screening sends a case back",
            case_id=case.case_id,
            reason=again.reason,
            new_matches=len(unjudged),
        )
        return None

    def _find_judged(self, case: Case) -> JudgedDecision | None:
        """Return the decision whose matches people judged, from the evidence or else from its own topic."""
        facts = case.facts
        record = self._log.find_evidence(facts.decision, facts.decision_at)
        if record is None:
            name = self._settings.topic(DECISIONS.name)
            record = self._log.fetch(name, facts.partition, (facts.offset,)).get(facts.offset)
        if record is None or hashlib.sha256(record.value or b"").hexdigest() != facts.decision:
            return None
        try:
            return JudgedDecision(from_json(record.value or b""), record)
        except (msgspec.MsgspecError, ValueError):
            return None


def _outgoing(decision: Decision, case: Case, judged: Record) -> Outgoing:
    """Return the record of a decision, with the headers of the one that people judged."""
    position = input_position(judged)
    topic, partition, offset = position or (SUBMITTED.name, case.facts.partition, -1)
    source = Record(topic, partition, offset, judged.timestamp, None, None, kept_headers(judged))
    headers = decision_headers(source, decision.decision_id, datetime.now(UTC), decision.follows)
    return Outgoing(
        DECISIONS.name, decision.payment_id.encode(), to_json(decision), case.facts.partition, headers
    )
