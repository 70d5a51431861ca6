"""Events of review for tests: people with their roles, and a case that they act on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from holdgate.core.model.review_outcome import Disposition
from holdgate.core.review import event as events
from holdgate.core.review.case import Case
from holdgate.core.review.casebook import Casebook
from holdgate.core.review.digest import shown_digest
from holdgate.core.review.event import AnyCaseEvent, CaseEvent, RulesPublished
from holdgate.core.review.event_contents import (
    Actor,
    Answer,
    Approval,
    CaseFacts,
    DecisionInForce,
    Erasure,
    MatchFacts,
    MatchVerdict,
    NewMatches,
    Proposal,
    Remark,
)
from holdgate.core.review.review_rules import ReviewRules, parse_rules

ROOT = Path(__file__).parents[2]
RULES: ReviewRules = parse_rules((ROOT / "deploy" / "review.toml").read_bytes(), "deploy/review.toml")
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

REVIEW = Actor("service:review", ("review",), "service")
PEOPLE = {
    "ana": Actor("u:a1a1", ("analyst",), "demo"),
    "ben": Actor("u:b2b2", ("approver",), "demo"),
    "cora": Actor("u:c3c3", ("approver", "analyst"), "demo"),
    "otto": Actor("u:0440", ("operator",), "demo"),
    "ada": Actor("u:ada0", ("admin",), "demo"),
    "aud": Actor("u:a0d0", ("auditor",), "demo"),
    "review": REVIEW,
}

CODES: dict[Disposition, str] = {
    "RELEASE": "FALSE_POSITIVE",
    "REJECT": "NOT_ACCEPTED",
    "BLOCK": "LISTED_PARTY",
}


def digest(text: str, length: int = 64) -> str:
    """Return a digest of a text, which stands for a decision, an event or a value of evidence."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def facts(**changes: Any) -> CaseFacts:
    """Return the facts of a hold with one match by name, with some of them changed."""
    given: dict[str, Any] = {
        "decision_id": digest("hold", 32),
        "payment_id": "P-1",
        "content_hash": digest("content"),
        "reason": "LIST_MATCH",
        "status": "PDNG",
        "decision": digest("decision"),
        "payment": digest("payment"),
        "partition": 0,
        "offset": 7,
        "matches": (MatchFacts("ofac:1", "name", 0.8),),
        "amount": "100.00",
        "currency": "EUR",
        "queue": "sanctions",
    }
    return CaseFacts(**given | changes)


def proposal_of(
    held: CaseFacts, disposition: Disposition, verdicts: str | None = None, code: str | None = None
) -> Proposal:
    """Return a proposal; `verdicts` has a letter per match: t, f, or - for none."""
    if verdicts is None:
        verdicts = ("t" if disposition == "BLOCK" else "f") * len(held.matches)
    judged = {
        "t": MatchVerdict("true_match", "SAME_PARTY"),
        "f": MatchVerdict("false_positive", "OTHER_NAME"),
        "-": None,
    }
    return Proposal(disposition, code or CODES[disposition], tuple(judged[letter] for letter in verdicts))


@dataclass
class CaseLog:
    """A log with one case: writes the event that a fresh page would write, and tells what it came to."""

    facts: CaseFacts
    book: Casebook = field(default_factory=Casebook)
    records: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.case_id = events.make_case_id(self.facts.payment_id, self.facts.content_hash)
        self.add(RulesPublished(event_id=digest("rules", 32), at=START, by=REVIEW, what=RULES))

    @property
    def case(self) -> Case | None:
        """The case, None before it is opened."""
        return self.book.cases.get(self.case_id)

    def add(self, event: events.ReviewEvent) -> str:
        """Write an event; return the stage of the case after it, or why it is void."""
        self.records.append(events.encode_event(event))
        void = self.book.add_record(self.records[-1])
        return void or (self.case.stage if self.case else "none")

    def write(self, kind: type[CaseEvent], who: str, what: Any, **changes: Any) -> str:
        """Write an event of a person or of the review process."""
        return self.add(self.event(kind, who, what, **changes))

    def event(self, kind: type[CaseEvent], who: str, what: Any, **changes: Any) -> AnyCaseEvent:
        """Return an event as a fresh page would write it, with some members changed."""
        case, number = self.case, len(self.records)
        common: dict[str, Any] = {
            "event_id": digest(f"event {number}", 32),
            "at": START + timedelta(minutes=number),
            "by": PEOPLE[who],
            "case_id": self.case_id,
            "revision": (case.revision if case else 0) + 1,
            "on": case.in_force if case else self.facts.decision_id,
            "what": what,
        }
        event: AnyCaseEvent = kind(**common | changes)  # type: ignore[assignment]
        return event

    def propose(
        self,
        who: str,
        disposition: Disposition,
        verdicts: str | None = None,
        code: str | None = None,
        **changes: Any,
    ) -> str:
        """Propose a disposition."""
        held = self.case.facts if self.case else self.facts
        return self.write(events.ProposalMade, who, proposal_of(held, disposition, verdicts, code), **changes)

    def approve(self, who: str, proposal: str | None = None, saw: str | None = None, **changes: Any) -> str:
        """Approve the proposal in force, as it is shown, unless told otherwise."""
        case = self.case
        standing = case.proposal.event_id if case and case.proposal else digest("none", 32)
        shown = shown_digest(case) if case else digest("none")
        return self.write(
            events.ProposalApproved, who, Approval(proposal or standing, saw or shown), **changes
        )

    def answer(self, kind: type[CaseEvent], who: str) -> str:
        """Withdraw or return the proposal in force."""
        case = self.case
        standing = case.proposal.event_id if case and case.proposal else digest("none", 32)
        return self.write(kind, who, Answer(standing))

    def record_outcome(self, kind: type[CaseEvent], who: str = "review") -> str:
        """Record that another decision is in force."""
        return self.write(kind, who, DecisionInForce(digest(f"decision {len(self.records)}", 32), 0, 8))

    def send_back(self, scores: Sequence[float]) -> str:
        """Record the matches of the last screening."""
        matches = tuple(MatchFacts(f"ofac:{n}", "name", score) for n, score in enumerate(scores))
        return self.write(events.CaseSentBack, "review", NewMatches(digest("new decision"), matches))

    def erase(self, who: str, code: str = "RETENTION_ENDED", years: float = 10) -> str:
        """Have the evidence erased, so many years after the case was opened."""
        at = START + timedelta(days=years * 366)
        erased = tuple(self.case.evidence if self.case else ()) or (self.facts.decision,)
        return self.write(events.EvidenceErased, who, Erasure(erased, code), at=at)

    def remark(self, kind: type[CaseEvent], who: str, code: str | None = None) -> str:
        """Write an event that carries a remark."""
        return self.write(kind, who, Remark(code=code))
