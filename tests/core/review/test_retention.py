"""Which evidence a case refers to, and from when it may be erased."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from holdgate.core.review import event as events
from holdgate.core.review.event_contents import Remark
from holdgate.core.review.retention import erasable_from
from tests.support.review import RULES, START, CaseLog, digest, facts

NAMES = {
    digest(name): name for name in ("decision", "payment", "another payment", "new decision", "note", "later")
}


def evidence_of(log: CaseLog) -> list[str]:
    """Return the names of a case's evidence."""
    assert log.case is not None
    return [NAMES[found] for found in log.case.evidence]


def test_evidence_is_what_the_events_name_until_it_is_erased() -> None:
    log = CaseLog(facts())
    log.write(events.CaseOpened, "review", log.facts)
    log.propose("ana", "REJECT")
    log.approve("ben")
    log.send_back([0.8])
    log.write(events.NoteAdded, "ana", Remark(note=digest("note")))
    log.write(events.NoteAdded, "aud", Remark(note=digest("void note")))
    assert log.case is not None
    assert evidence_of(log) == ["decision", "payment", "new decision", "note"]
    log.record_outcome(events.CaseClosed)
    assert log.erase("otto") == "closed"
    log.write(events.NoteAdded, "ana", Remark(note=digest("later")))
    assert evidence_of(log) == ["later"]
    assert log.case.is_erased
    again = replace(log.facts, decision_id=digest("another hold", 32), payment=digest("another payment"))
    log.write(events.CaseOpened, "review", again, on=again.decision_id)
    assert evidence_of(log) == ["later", "decision", "another payment"]
    assert not log.case.is_erased


def test_the_time_begins_when_the_case_ends_and_again_when_it_ends_again() -> None:
    log = CaseLog(facts())
    log.write(events.CaseOpened, "review", log.facts)
    assert log.case is not None
    assert erasable_from(log.case, RULES) is None
    log.record_outcome(events.CaseClosed)
    log.remark(events.NoteAdded, "ana")
    assert log.case.ended_at == START + timedelta(minutes=2)
    assert erasable_from(log.case, RULES) == log.case.ended_at.replace(year=START.year + 10)
    again = replace(log.facts, decision_id=digest("another hold", 32))
    log.write(events.CaseOpened, "review", again, on=again.decision_id)
    assert log.case.ended_at is None
    log.record_outcome(events.CaseClosed)
    assert log.case.ended_at == START + timedelta(minutes=5)


def test_a_leap_day_and_the_end_of_time_are_no_error() -> None:
    log = CaseLog(facts())
    log.write(events.CaseOpened, "review", log.facts)
    log.record_outcome(events.CaseClosed)
    assert log.case is not None
    ended = replace(log.case, ended_at=datetime(2024, 2, 29, 12, tzinfo=UTC))
    assert erasable_from(ended, RULES) == datetime(2034, 3, 1, 12, tzinfo=UTC)
    assert erasable_from(replace(log.case, ended_at=datetime(9990, 1, 1, tzinfo=UTC)), RULES) is None
