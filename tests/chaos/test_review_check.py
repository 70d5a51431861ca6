"""The checks of what people decided find each violation, and none in a sound log."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chaos.recording import Recording, StoredRecord
from chaos.review_check import check_review
from holdgate.core.review import event as events
from holdgate.core.review.event_contents import DecisionInForce, MatchFacts
from tests.support.review import CaseLog, facts

RELEASED = "d2" * 16


def stored(offset: int, value: bytes) -> StoredRecord:
    """Return a record at an offset, written so many seconds after the first."""
    return StoredRecord(0, offset, float(offset), b"", value, {})


def decisions(
    log: CaseLog,
    reason: str = "LIST_MATCH",
    status: str = "PDNG",
    follows: str | None = None,
    verdict: str = "false_positive",
    **review: Any,
) -> list[StoredRecord]:
    """Return a hold, and the release that people decided on."""
    assert log.case is not None
    content = {"payment_id": log.facts.payment_id, "content_hash": log.facts.content_hash}
    held = {"decision_id": log.facts.decision_id, **content, "decision": "HOLD", "reason": reason}
    held["next_status"] = status
    approval = json.loads(log.records[3])
    members = {
        "event_id": approval["event_id"],
        "proposed_by": "u:a1a1",
        "approved_by": ["u:b2b2"],
        **review,
    }
    released = {
        "decision_id": RELEASED,
        "follows": follows or held["decision_id"],
        **content,
        "decision": "RELEASE",
        "reason": "REVIEWED",
        "matches": [{"verdict": verdict}],
        "review": members,
    }
    return [stored(0, json.dumps(held).encode()), stored(10, json.dumps(released).encode())]


@pytest.fixture
def log() -> CaseLog:
    """A case that two people released."""
    log = CaseLog(facts())
    log.write(events.CaseOpened, "review", log.facts)
    log.propose("ana", "RELEASE")
    assert log.approve("ben") == "approved"
    log.write(events.CaseDisposed, "review", DecisionInForce(RELEASED, 0, 10))
    return log


def recording(log: CaseLog, decided: list[StoredRecord]) -> Recording:
    """Return a recording of these topics alone."""
    logged = [stored(offset, value) for offset, value in enumerate(log.records)]
    return Recording([], decided, [], {}, [], {}, review_events=logged)


def test_a_sound_log_has_no_violation(log: CaseLog) -> None:
    assert not list(check_review(recording(log, decisions(log))))


def second_decision(log: CaseLog) -> Recording:
    """Return a recording in which the case was decided twice."""
    decided = decisions(log)
    again = json.loads(decided[-1].value or b"") | {"decision_id": "d3" * 16, "follows": RELEASED}
    return recording(log, [*decided, stored(11, json.dumps(again).encode())])


def one_approver(_log: CaseLog) -> Recording:
    """Return a recording in which one person approved where two are needed."""
    log = CaseLog(facts(matches=(MatchFacts("ofac:1", "name", 0.99),)))
    log.write(events.CaseOpened, "review", log.facts)
    log.propose("ana", "RELEASE")
    assert log.approve("ben") == "proposed"
    return recording(log, decisions(log))


def old_page(log: CaseLog) -> Recording:
    """Return a recording in which the approver had seen something else."""
    approval = json.loads(log.records[3])
    approval["what"]["saw"] = "0" * 64
    log.records[3] = json.dumps(approval).encode()
    return recording(log, decisions(log))


def without_event(kind: str) -> Callable[[Recording], Recording]:
    """Return a change that removes the events of a type."""

    def change(run: Recording) -> Recording:
        kept = [one for one in run.review_events if json.loads(one.value or b"")["type"] != kind]
        return replace(run, review_events=kept)

    return change


VIOLATIONS: list[tuple[str, str, Callable[[CaseLog], Recording]]] = [
    (
        "approved by the proposer",
        "four_eyes",
        lambda log: recording(log, decisions(log, approved_by=["u:a1a1"])),
    ),
    (
        "approved by nobody of the log",
        "four_eyes",
        lambda log: recording(log, decisions(log, approved_by=["u:f00d"])),
    ),
    ("proposed by another", "four_eyes", lambda log: recording(log, decisions(log, proposed_by="u:f00d"))),
    ("no such approval", "four_eyes", lambda log: recording(log, decisions(log, event_id="0" * 32))),
    ("no approval", "four_eyes", lambda log: without_event("approved")(recording(log, decisions(log)))),
    (
        "written before its approval",
        "four_eyes",
        lambda log: recording(log, [one._replace(timestamp=0.0) for one in decisions(log)]),
    ),
    ("approved by one of two", "four_eyes", one_approver),
    ("approved on an old page", "four_eyes", old_page),
    ("decided twice", "wrong_disposals", second_decision),
    (
        "decided after another decision",
        "wrong_disposals",
        lambda log: recording(log, decisions(log, follows="d9" * 16)),
    ),
    (
        "a release of a true match",
        "unscreened_releases",
        lambda log: recording(log, decisions(log, verdict="true_match")),
    ),
    (
        "a release of what was rejected",
        "unscreened_releases",
        lambda log: recording(log, decisions(log, status="RJCT")),
    ),
    (
        "a case that was not told",
        "unopened",
        lambda log: without_event("disposed")(recording(log, decisions(log))),
    ),
    (
        "a release of what was not screened",
        "unscreened_releases",
        lambda log: recording(log, decisions(log, reason="NOT_SCREENED")),
    ),
    (
        "approved and not decided",
        "undisposed",
        lambda log: without_event("disposed")(recording(log, decisions(log)[:1])),
    ),
    (
        "a hold without a case",
        "unopened",
        lambda log: without_event("opened")(recording(log, decisions(log)[:1])),
    ),
]


@pytest.mark.parametrize(
    ("invariant", "change"),
    [pytest.param(invariant, change, id=name) for name, invariant, change in VIOLATIONS],
)
def test_each_violation_of_review_is_found(
    log: CaseLog, invariant: str, change: Callable[[CaseLog], Recording]
) -> None:
    assert invariant in {found for found, _ in check_review(change(log))}
