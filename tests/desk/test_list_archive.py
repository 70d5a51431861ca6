"""What the desk says of lists: an entry as of the decision, its changes, and what would release a payment."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from holdgate.adapters.files.archive import archive_of
from holdgate.adapters.files.policy_file import read_policy
from holdgate.core.engine.screener import Screener
from holdgate.core.intake.reader import read_json
from holdgate.core.lists.announcement import Announcement
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.core.model.listed_entry import Entry, ListedName
from holdgate.desk.list_archive import ListArchive, ListFindings, entry_changes
from holdgate.explain.explanation import explain_decision
from holdgate.lists.building import BuiltSnapshot
from holdgate.runtime.settings import Settings
from tests.support.payments import payment
from tests.support.rig import wait_until
from tests.support.small_list import PERSON, PERSON_NAME, SAMPLE_POLICY, small, smaller

__all__ = ["small", "smaller"]

POLICY = read_policy(SAMPLE_POLICY)
[RECEIVED] = read_json(msgspec.json.encode(payment("P-1", creditor={"name": PERSON_NAME})))


@pytest.fixture
def settings(tmp_path: Path, small: BuiltSnapshot, smaller: BuiltSnapshot) -> Settings:
    """Return settings of an archive whose newest lists lack the person."""
    settings = Settings(archive=str(tmp_path))
    archive = archive_of(settings)
    assert archive is not None
    archive.put_policy(POLICY)
    for day, built in ((1, small), (2, smaller)):
        archive.put_snapshot(built.header.version, built.data)
        header = built.header
        moment = datetime(2026, 3, day, 9, tzinfo=UTC)
        archive.put_announcement(Announcement(header.version, moment, header.built_by, 1, header.editions))
    return settings


@pytest.fixture
def lists(settings: Settings) -> Iterator[ListArchive]:
    with closing(ListArchive(settings)) as lists:
        yield lists


def test_released_if_equals_explain(lists: ListArchive, small: BuiltSnapshot) -> None:
    screener = Screener(load_snapshot(small.data), POLICY)
    [decision] = screener.screen([RECEIVED])
    found = _await(lambda: lists.findings(decision, RECEIVED))
    assert found.changes == explain_decision(RECEIVED, screener).changes
    entry_id = f"ofac:{PERSON}"
    assert found.entries[entry_id].id == entry_id
    assert entry_id not in found.entries_today
    assert entry_changes(found.entries[entry_id], None) == ["it is not listed any more"]
    assert _await(lambda: lists.entry(entry_id)).entries_today == {}


def test_what_is_missing_is_said(lists: ListArchive, small: BuiltSnapshot) -> None:
    [decision] = Screener(load_snapshot(small.data), POLICY).screen([RECEIVED])
    assert "cannot be read" in str(_await(lambda: lists.findings(decision, None)).problem)
    gone = replace(decision, decision_id="0" * 32, list_version="0" * 16)
    assert "not in the archive" in str(_await(lambda: lists.findings(gone, RECEIVED)).problem)
    with closing(ListArchive(Settings())) as nothing:
        assert "HOLDGATE_ARCHIVE is not set" in str(nothing.findings(decision, RECEIVED).problem)
        assert nothing.announcements() == []


def test_changes_of_an_entry_are_sentences() -> None:
    then = Entry("ofac:1", "ofac", "person", (ListedName("A B"),), birth_dates=("1960",))
    now = replace(then, names=(ListedName("A B"), ListedName("A C")), birth_dates=(), listed_on="2026-01-01")
    assert entry_changes(then, now) == [
        "names: new A C",
        "birth dates: removed 1960",
        "listed on: nothing became 2026-01-01",
    ]
    assert entry_changes(then, then) == []


def _await(ask: object) -> ListFindings:
    """Return the answer once the thread has it: a page would say that it is not there yet."""
    found: list[ListFindings] = []

    def answered() -> bool:
        found[:] = [ask()]  # type: ignore[operator]
        return "again" not in (found[0].problem or "")

    wait_until(answered, "the lists are loaded")
    return found[0]
