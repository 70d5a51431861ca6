"""Cases that ended, in an archive that fails at first, with a real Kafka and Redis."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec.structs import replace

from holdgate.adapters.files.archive_folder import FolderStore
from holdgate.adapters.files.case_archive import CaseArchive
from holdgate.core.model.decision import from_json
from holdgate.core.review.case import Case
from holdgate.core.review.event import EvidenceErased, NoteAdded
from holdgate.core.review.event_contents import Erasure, Remark
from tests.review.conftest import Desk
from tests.support.rig import wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def archiving(held: Desk, folder: Path) -> Iterator[Desk]:
    """A process with an archive takes over; a payment is held."""
    held.service.close()
    desk = Desk(held.rig, archive=str(folder))
    yield desk
    desk.close()


def step_until_archived(desk: Desk, cases: float) -> None:
    """Step until so many cases were archived, and their position is committed."""
    wait_until(
        lambda: desk.service.step() and desk.value("archived_cases_total") == cases,
        f"{cases} archived cases",
        lambda: str(desk.value("archived_cases_total")),
    )


def assert_archived(folder: Path, case: Case | None) -> None:
    """Check that the archive has a case with its evidence."""
    assert case is not None
    archive = CaseArchive(FolderStore(folder))
    found = archive.case(case.case_id)
    assert found is not None
    assert found.case == case
    assert [item.digest for item in found.evidence] == list(case.evidence)
    for item in found.evidence:
        value = archive.evidence(item.digest)
        assert value is not None
        assert (sha256(value).hexdigest(), len(value)) == (item.digest, item.size)


def test_an_ended_case_is_archived_with_its_evidence_and_again_when_it_ends_again(
    archiving: Desk, folder: Path
) -> None:
    folder.write_text("no folder")
    case = archiving.step_until("open", "a")
    archiving.approve(case, "RELEASE")
    archiving.step_until("disposed", "a")
    wait_until(
        lambda: archiving.service.step() and archiving.value("archive_failures_total") > 0,
        "a failure to archive",
    )
    assert archiving.value("unarchived_cases") == 1
    assert archiving.value("faults_total") == 0, "the rest of the process takes no notice"
    folder.unlink()
    step_until_archived(archiving, 1)
    hold = from_json(archiving.rig.decided("a")[0].value or b"")
    assert_archived(folder, archiving.find(hold))

    released = from_json(archiving.rig.decided("a")[-1].value or b"")
    again = replace(hold, decision_id="3" * 32, follows=released.decision_id)
    archiving.write_decision(again)
    case = archiving.step_until("open", "a")
    item = archiving.put_note("Asked the sender.")
    archiving.write(NoteAdded, "ana", case, Remark(note=item))
    archiving.write_decision(replace(released, decision_id="4" * 32, follows=again.decision_id))
    archiving.step_until("closed", "a")
    step_until_archived(archiving, 2)
    ended = archiving.find(hold)
    assert ended is not None
    assert item in ended.evidence
    assert_archived(folder, ended)

    wait_until(
        lambda: archiving.service.step() and archiving.committed() == archiving.cases.next_offset, "it"
    )
    archiving.service.close()
    successor = Desk(archiving.rig, archive=str(folder))
    try:
        successor.step_until("closed", "a")
        successor.step(10)
        assert successor.value("archived_cases_total") == 0, "nothing is repeated"
    finally:
        successor.close()
    other = Desk(archiving.rig, archive=str(folder.with_name("other")))
    try:
        step_until_archived(other, 1)
        assert_archived(folder.with_name("other"), ended)
        other.write(EvidenceErased, "otto", ended, Erasure(ended.evidence, "COURT_ORDER"))
        step_until_archived(other, 2)
        assert other.value("erased_values_total", outcome="erased") == len(ended.evidence)
        assert list(folder.with_name("other").glob("evidence/*/*")) == []
        assert_archived(folder.with_name("other"), other.find(hold))
    finally:
        other.close()
