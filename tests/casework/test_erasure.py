"""The erasure of evidence on a real broker: by whom, when, and what is left in Kafka, archive and audit."""

import json
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from prometheus_client import CollectorRegistry

from holdgate.adapters.files.archive_folder import FolderStore
from holdgate.adapters.files.case_archive import CaseArchive
from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.audit.metrics import AuditMetrics
from holdgate.audit.service import AuditService
from holdgate.cli.main import main
from holdgate.core.records.audit import Audit
from holdgate.core.records.topics import REVIEW_EVENTS, REVIEW_EVIDENCE
from holdgate.core.review import event as events
from holdgate.core.review.event_contents import Erasure
from holdgate.core.review.review_rules import RetentionRules
from holdgate.review.case_archiver import CaseArchiver
from holdgate.review.case_records import CaseRecords
from holdgate.review.metrics import ReviewMetrics
from holdgate.runtime.settings import Settings
from tests.casework.test_cases_command import DECISION, PAYMENT, Cluster
from tests.support.list_keys import signing_file, verify_file
from tests.support.review import REVIEW, RULES, START, CaseLog, digest

SHARED, FIRST = sha256(PAYMENT).hexdigest(), sha256(DECISION).hexdigest()
OTHER_DECISION = DECISION.replace(b"P-1", b"P-2")
SECOND = sha256(OTHER_DECISION).hexdigest()


class Office(Cluster):
    """Two ended cases of one payment record, people who have evidence erased, and who carries it out."""

    def __init__(self, kafka: str, prefix: str, folder: Path) -> None:
        super().__init__(kafka, prefix, folder)
        self.other = CaseLog(
            replace(self.log.facts, payment_id="P-2", decision=SECOND, decision_id=digest("other", 32))
        )
        self.other.write(events.CaseOpened, "review", self.other.facts)
        self.write(REVIEW_EVIDENCE.name, {SECOND: OTHER_DECISION})
        self.write_events(self.other.records[1:])
        for log in (self.log, self.other):
            log.record_outcome(events.CaseClosed)
            self.write_events(log.records[-1:])
        self.archive = CaseArchive(FolderStore(folder / "archive"))
        self.metrics = ReviewMetrics(CollectorRegistry())
        self.settings: Settings = replace(
            self.settings,
            archive=str(folder / "archive"),
            audit_signing_key_file=signing_file(folder),
            audit_verify_key_file=verify_file(folder),
        )
        self.variables |= {
            "HOLDGATE_ARCHIVE": str(folder / "archive"),
            "HOLDGATE_AUDIT_VERIFY_KEY_FILE": verify_file(folder),
        }

    def publish_rules(self, years: int) -> None:
        """Put rules into force with another legal time."""
        rules = replace(RULES, retention=RetentionRules(evidence_years=years))
        event = events.RulesPublished(event_id=digest(f"rules {years}", 32), at=START, by=REVIEW, what=rules)
        self.write_events([events.encode_event(event)])

    def carry_out(self, start: int = 0) -> int:
        """Archive and erase what changed from an offset on, as the review process does; return the end."""
        cases = CaseRecords(self.metrics)
        log = KafkaLog(self.settings)
        for chunk in log.read(REVIEW_EVENTS.name, 0, *log.bounds(REVIEW_EVENTS.name)[0]):
            cases.add(chunk.records)
        cases.ended.begin(cases.all(), start, start)
        with closing(CaseArchiver(self.settings, cases.find_needed, self.metrics)) as archiver:
            batch = cases.ended.next_cases(10)
            result = archiver.work(batch, lambda: False) if batch else None
        assert result is None or result.failed is None
        return cases.next_offset

    def sign(self) -> None:
        """Sign what is in the topics, and verify all."""
        AuditService(self.settings, AuditMetrics(3600, CollectorRegistry())).round()

    def values(self) -> set[str]:
        """Return the digests of the evidence that Kafka has, newest record per key."""
        log, found = KafkaLog(self.settings), dict[str, bytes | None]()
        for partition, bounds in log.bounds(REVIEW_EVIDENCE.name).items():
            for chunk in log.read(REVIEW_EVIDENCE.name, partition, *bounds):
                found |= {(record.key or b"").decode(): record.value for record in chunk.records}
        return {name for name, value in found.items() if value is not None}

    def audits(self) -> list[Audit]:
        """Return the audit records of erasures."""
        return [audit for audit in AuditLog(self.settings).read() if audit.action == "cases.erase"]

    def archived(self) -> set[str]:
        """Return the digests of the evidence in the archive."""
        return {path.name for path in (self.folder / "archive" / "evidence").glob("*/*")}


@pytest.fixture
def office(kafka: str, topic_prefix: str, tmp_path: Path) -> Office:
    return Office(kafka, topic_prefix, tmp_path)


def test_evidence_is_erased_after_its_time_and_never_what_another_case_needs(office: Office) -> None:
    office.run("note", "P-1", "Spoke to Иван Петров.", "--as", "ana")
    note = sha256("Spoke to Иван Петров.".encode()).hexdigest()
    seen = office.carry_out()
    office.sign()
    assert office.archived() == office.values() == {SHARED, FIRST, SECOND, note}

    assert "(NOT_DUE); nothing was written" in office.run("erase", "P-1", "--as", "otto", code=3).stderr
    court = ("erase", "P-1", "--code", "COURT_ORDER", "--as")
    assert "ROLE_MAY_NOT" in office.run(*court, "ben", code=3).stderr
    assert "erases the evidence of 0 cases" in office.run("erase", "--due", "--yes", "--as", "otto").stdout
    assert "give either" in office.run("erase", code=2).stderr
    office.run(*court, "otto")
    seen = office.carry_out(seen)
    assert office.archived() == office.values() == {SHARED, SECOND}, "the other case needs the payment"
    [audit] = office.audits()
    assert (audit.reason, audit.outcome, audit.counts) == ("COURT_ORDER", "done", {"erased": 2, "kept": 1})
    assert audit.what["case"] == office.log.case_id
    assert audit.by.startswith("u:")
    page = office.run("show", "P-1").stdout
    assert "Петров" not in page
    assert "The decision with the names is missing or was erased." in page
    assert "(the note was erased)" in page
    exported = json.loads(office.run("export", "P-1", "--reason", "to look", "--as", "ben").stdout)
    assert exported["evidence"] == dict.fromkeys((FIRST, SHARED, note))

    office.publish_rules(years=0)
    office.run("erase", "--due", "--as", "otto", code=1, answer="n\n")
    done = office.run("erase", "--due", "--as", "otto", answer="y\n")
    assert "Erase the evidence of 1 cases for ever?" in done.stderr
    office.carry_out(seen)
    assert office.archived() == office.values() == set()
    assert office.audits()[-1].counts == {"erased": 2, "kept": 0}
    found = office.archive.case(office.other.case_id)
    assert found is not None
    assert (found.case.is_erased, found.evidence) == (True, ())

    office.carry_out()
    assert office.archived() == office.values() == set(), "a repetition brings nothing back"
    assert [audit.run_id for audit in office.audits()][-2:] == [audit.run_id for audit in office.audits()][:2]
    office.sign()
    verified = CliRunner(env=office.variables).invoke(main, ["audit", "verify"])
    assert (verified.exit_code, verified.stderr) == (0, "everything is as it was signed\n")


def test_an_event_with_a_false_time_or_anothers_evidence_erases_nothing(office: Office) -> None:
    later = START + timedelta(days=11 * 366)
    named = Erasure((SHARED, FIRST), "RETENTION_ENDED")
    assert office.log.write(events.EvidenceErased, "otto", named, at=later) == "closed"
    others = Erasure((FIRST,), "COURT_ORDER")
    assert office.other.write(events.EvidenceErased, "otto", others, at=START) == "closed"
    office.write_events([office.log.records[-1], office.other.records[-1]])
    office.carry_out()
    assert office.values() == {SHARED, FIRST, SECOND}
    refused, foreign = office.audits()
    assert (refused.outcome, refused.counts) == ("refused", {})
    assert foreign.counts == {"erased": 0, "kept": 0}
    registry, outcome = office.metrics.registry, {"outcome": "refused"}
    assert registry.get_sample_value("holdgate_review_erased_values_total", outcome) == 2
