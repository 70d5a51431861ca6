"""Tells cases of the decisions that came into force, one event per decision, whoever writes at the same time.

An event of this process may be void, because a person's came first: then it is written again with the next
revision. Its event_id is the same whichever process writes it, and only one of two equal events counts.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog

from holdgate.adapters.kafka.review_log import ReviewLog
from holdgate.adapters.redis.claim_update import ClaimUpdate
from holdgate.core.model.decision import Decision
from holdgate.core.review.case import Case
from holdgate.core.review.event import (
    RULES_KEY,
    AnyCaseEvent,
    CaseClosed,
    CaseDisposed,
    CaseOpened,
    CaseSentBack,
    RulesPublished,
    is_readable,
    service_event_id,
)
from holdgate.core.review.event_contents import REVIEW_USER, Actor, CaseFacts, DecisionInForce, NewMatches
from holdgate.core.review.reducer import apply
from holdgate.core.review.review_rules import ReviewRules
from holdgate.review.case_records import CaseRecords
from holdgate.review.decision_changes import DecisionChange
from holdgate.review.evidence_copy import gather_facts
from holdgate.review.metrics import ReviewMetrics

log = structlog.get_logger()

REVIEW_ACTOR = Actor(REVIEW_USER, ("review",), "service")


class CaseWriter:
    """Appends the events of this process; `read_on` reads the log up to an offset."""

    def __init__(
        self,
        cases: CaseRecords,
        review_log: ReviewLog,
        claims: ClaimUpdate,
        read_on: Callable[[int], None],
        metrics: ReviewMetrics,
    ) -> None:
        self._cases = cases
        self._log = review_log
        self._claims = claims
        self._read_on = read_on
        self._metrics = metrics

    def publish_rules(self, rules: ReviewRules) -> None:
        """Put rules into force, if others are."""
        before = self._cases.rules
        if before is not None and before.version == rules.version:
            return
        number = self._cases.rules_published + 1
        event_id = service_event_id(RULES_KEY, rules.version, number, "")
        event = RulesPublished(event_id=event_id, at=datetime.now(UTC), by=REVIEW_ACTOR, what=rules)
        self._read_on(self._log.append([event])[-1] + 1)
        log.info("rules of review published", version=rules.version)

    def tell(self, changes: Sequence[DecisionChange]) -> None:
        """Tell the cases of these decisions; return once each case knows the last of its own."""
        rules = self._cases.rules
        assert rules is not None, "rules are published before a case is opened"
        holds = [change for change in changes if change.decision.decision == "HOLD"]
        facts = gather_facts(holds, self._log, rules, self._metrics, datetime.now(UTC)) if holds else {}
        pending: defaultdict[str, list[DecisionChange]] = defaultdict(list)
        for change in changes:
            pending[change.case_id].append(change)
        while pending:
            events = self._next_events(pending, facts)
            if not events:
                return
            self._read_on(self._log.append(events)[-1] + 1)

    def send_back(self, case: Case, found: NewMatches) -> None:
        """Send an approved case back to the people, unless it changed since."""
        event = CaseSentBack(
            event_id=service_event_id(case.case_id, "sent_back", case.revision + 1, case.in_force),
            at=datetime.now(UTC),
            by=REVIEW_ACTOR,
            case_id=case.case_id,
            revision=case.revision + 1,
            on=case.in_force,
            what=found,
        )
        self._read_on(self._log.append([event])[-1] + 1)

    def _next_events(
        self, pending: defaultdict[str, list[DecisionChange]], facts: Mapping[str, CaseFacts]
    ) -> list[AnyCaseEvent]:
        """Return the next event of each case that has to be told of one; drop what cases know already."""
        events: list[AnyCaseEvent] = []
        disposed: list[Decision] = []
        now = datetime.now(UTC)
        for case_id in list(pending):
            case = self._cases.find(case_id)
            changes = _still_new(pending.pop(case_id), case)
            if not changes:
                continue
            event = _event_for(changes[0], case, facts, now)
            # An event that no reader can read would be written again for ever.
            void = apply(case, event, self._cases.rules).void if is_readable(event) else "UNREADABLE"
            if void is not None:
                self._metrics.untold.inc()
                log.error("a case cannot be told of its decision", case_id=case_id, reason=void)
                continue
            pending[case_id] = changes
            events.append(event)
            if isinstance(event, CaseDisposed):
                disposed.append(changes[0].decision)
        # Before the event: a process that ends here does both again.
        self._claims.replace(disposed)
        return events


def _still_new(changes: list[DecisionChange], case: Case | None) -> list[DecisionChange]:
    """Return the changes of which a case knows nothing yet; another process may have told it."""
    if case is None:
        return changes
    for position, change in enumerate(changes):
        if change.decision.follows == case.in_force:
            return changes[position:]
    return []


def _event_for(
    change: DecisionChange, case: Case | None, facts: Mapping[str, CaseFacts], now: datetime
) -> AnyCaseEvent:
    decision, record = change.decision, change.record
    revision = 1 if case is None else case.revision + 1
    on = decision.decision_id if case is None or decision.decision == "HOLD" else case.in_force
    if decision.decision == "HOLD":
        return CaseOpened(
            **_common(change.case_id, "opened", revision, on, now), what=facts[decision.decision_id]
        )
    assert case is not None, "only a HOLD opens a case"
    in_force = DecisionInForce(decision.decision_id, record.partition, record.offset)
    if _is_disposal(decision, case):
        return CaseDisposed(**_common(change.case_id, "disposed", revision, on, now), what=in_force)
    return CaseClosed(**_common(change.case_id, "closed", revision, on, now), what=in_force)


def _is_disposal(decision: Decision, case: Case) -> bool:
    """Return whether a decision is the one that the case's approvals ask for."""
    return (
        decision.review is not None
        and case.stage == "approved"
        and bool(case.approvals)
        and decision.review.event_id == case.approvals[-1].event_id
    )


def _common(case_id: str, kind: str, revision: int, on: str, now: datetime) -> dict[str, Any]:
    return {
        "event_id": service_event_id(case_id, kind, revision, on),
        "at": now,
        "by": REVIEW_ACTOR,
        "case_id": case_id,
        "revision": revision,
        "on": on,
    }
