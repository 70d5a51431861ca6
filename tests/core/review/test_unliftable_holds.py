"""Rescreening leaves a hold alone while people work on it, and for good once they saw the listed party."""

import pytest

from holdgate.core.review import event as events
from holdgate.core.review.unliftable_holds import UnliftableHolds
from tests.support.review import CaseLog, digest, facts

HOLD = digest("hold", 32)


def is_unliftable(log: CaseLog) -> bool:
    """Return whether the hold of a log is to be left alone."""
    holds = UnliftableHolds()
    for record in log.records:
        holds.add_record(record)
    return HOLD in holds


@pytest.fixture
def log() -> CaseLog:
    """Return a log with an open case."""
    log = CaseLog(facts())
    assert log.write(events.CaseOpened, "review", log.facts) == "open"
    return log


def test_an_open_case_protects_nothing(log: CaseLog) -> None:
    assert log.remark(events.CaseTaken, "ana") == "open"
    assert not is_unliftable(log)


def test_a_proposal_protects_until_it_is_taken_back(log: CaseLog) -> None:
    assert log.propose("ana", "RELEASE") == "proposed"
    assert is_unliftable(log)
    assert log.answer(events.ProposalReturned, "ben") == "open"
    assert not is_unliftable(log)


def test_an_approval_protects(log: CaseLog) -> None:
    log.propose("ana", "RELEASE")
    assert log.approve("ben") == "approved"
    assert is_unliftable(log)


def test_a_true_match_protects_after_its_proposal_was_returned(log: CaseLog) -> None:
    log.propose("ana", "BLOCK")
    assert log.answer(events.ProposalReturned, "ben") == "open"
    assert is_unliftable(log)


def test_void_events_and_other_bytes_change_nothing(log: CaseLog) -> None:
    assert log.propose("aud", "BLOCK") == "ROLE_MAY_NOT"
    log.records += [b"", b"{", b"[]"]
    assert not is_unliftable(log)


def test_a_closed_case_protects_nothing(log: CaseLog) -> None:
    log.propose("ana", "RELEASE")
    assert log.record_outcome(events.CaseClosed) == "closed"
    assert not is_unliftable(log)
