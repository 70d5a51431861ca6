"""`holdgate cases` on a real broker: a hold from its opening to two approvals, and what is refused."""

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from holdgate.adapters.case_follower import CASES_FILE
from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.kafka.topic_admin import create_topics
from holdgate.adapters.kafka.writer import KafkaWriter
from holdgate.adapters.sqlite.schema import delete_projection
from holdgate.cli.main import main
from holdgate.core.model.decision import Match, Versions, decide, to_json
from holdgate.core.model.evidence import Evidence
from holdgate.core.records.kafka_record import Outgoing
from holdgate.core.records.topics import REVIEW_EVENTS, REVIEW_EVIDENCE
from holdgate.core.review import event as events
from holdgate.core.review.event import encode_event
from holdgate.core.review.event_contents import MatchFacts
from holdgate.runtime.settings import Settings
from tests.support.review import CaseLog, digest, facts

PAYMENT = msgspec.json.encode({"payment_id": "P-1", "creditor": {"name": "Иван Петров"}})
MATCH = Match(
    field="creditor.name",
    value="Иван Петров",
    entry_id="ofac:1",
    entry_name="PETROV, Ivan",
    matched_name="Ivan Petrov",
    list="ofac",
    programs=("SDGT",),
    rule="name",
    score=0.96,
    evidence=(Evidence("иван", "ivan", "translit", 5.5), Evidence("петров", "petrov", "translit", 7.25)),
)
DECISION = to_json(
    decide(
        payment_id="P-1",
        content_hash=digest("content"),
        versions=Versions("lists", "policy", "engine"),
        reason="LIST_MATCH",
        status="PDNG",
        matches=(MATCH,),
    )
)


class Cluster:
    """Topics with one open case, and the command line of people who work on it."""

    def __init__(self, kafka: str, prefix: str, folder: Path) -> None:
        self.settings = Settings(kafka=kafka, topic_prefix=prefix, partitions=2)
        self.variables = {
            "HOLDGATE_KAFKA": kafka,
            "HOLDGATE_TOPIC_PREFIX": prefix,
            "HOLDGATE_DATA": str(folder),
            "HOLDGATE_REVIEW_SIGN_IN": "demo",
        }
        self.folder = folder
        held = facts(
            decision=sha256(DECISION).hexdigest(),
            payment=sha256(PAYMENT).hexdigest(),
            matches=(MatchFacts("ofac:1", "name", 0.96),),
        )
        self.log = CaseLog(held)
        self.log.write(events.CaseOpened, "review", held)
        create_topics(self.settings)
        self.write_events(self.log.records)
        self.write(REVIEW_EVIDENCE.name, {sha256(value).hexdigest(): value for value in (DECISION, PAYMENT)})

    def write_events(self, values: Sequence[bytes]) -> None:
        with KafkaWriter(self.settings) as writer:
            key = self.log.case_id.encode()
            writer.publish([Outgoing(REVIEW_EVENTS.name, key, value, 0, []) for value in values])

    def write(self, topic: str, values: Mapping[str, bytes | None]) -> None:
        with KafkaWriter(self.settings) as writer:
            writer.publish([Outgoing(topic, key.encode(), value, None, []) for key, value in values.items()])

    def run(self, *arguments: str, code: int = 0, answer: str | None = None) -> Result:
        """Run a command of `holdgate cases` and check its exit code."""
        result = CliRunner().invoke(main, ["cases", *arguments], env=self.variables, input=answer)
        assert result.exit_code == code, result.output
        return result

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json").stdout)


@pytest.fixture
def cluster(kafka: str, topic_prefix: str, tmp_path: Path) -> Cluster:
    return Cluster(kafka, topic_prefix, tmp_path)


def test_a_hold_is_proposed_by_one_person_and_approved_by_two_others(cluster: Cluster) -> None:
    case_id = cluster.log.case_id
    assert case_id[:12] in cluster.run("list").stdout
    assert cluster.json("search", "petrov iv")["case_id"] == case_id
    assert cluster.run("search", "nobody").stdout == ""
    page = cluster.run("show", "P-1").stdout
    assert page.startswith(
        "P-1 is held: creditor.name 'Иван Петров' matches ofac:1 'Ivan Petrov' with 0.9600;"
    )
    assert re.search(r"петров +translit +petrov +7\.25", page)
    assert "Next: a proposal by somebody with the role analyst or approver: RELEASE" in page

    cluster.run("take", case_id[:8], "--as", "ana")
    release = ("propose", case_id, "release", "--code", "FALSE_POSITIVE")
    refused = cluster.run(*release, "--as", "ana", code=3)
    assert "a release needs a verdict on every match (NOT_JUDGED); nothing was written" in refused.stderr
    verdict = ("--false-positive", "1=OTHER_BIRTH_DATE")
    proposed = cluster.run(*release, *verdict, "--note", "Born in 1990.", "--as", "ana").stdout
    assert "proposed counts, at offset 3" in proposed
    assert "2 approvals by somebody with the role approver, other than" in proposed
    assert "two approve because the best match has a high score" in proposed

    assert "ROLE_MAY_NOT" in cluster.run("approve", "P-1", "--as", "ana", code=3, answer="y\n").stderr
    declined = cluster.run("approve", "P-1", "--as", "ben", code=3, answer="n\n")
    assert "nothing was written" in declined.stderr
    assert (
        "1 approval by somebody with the role approver, other than"
        in cluster.run("approve", "P-1", "--as", "ben", answer="y\n").stdout
    )
    page = cluster.run("show", case_id).stdout
    assert "Born in 1990." in page
    assert "Proposed: RELEASE (FALSE_POSITIVE)" in page
    assert "Match 1, judged false_positive: OTHER_BIRTH_DATE" in page
    [saw] = re.findall(r"--saw ([0-9a-f]{16})", page)
    assert (
        "not as it was shown"
        in cluster.run("approve", "P-1", "--saw", "0" * 16, "--as", "cora", code=3).stderr
    )
    assert "is approved" in cluster.run("approve", "P-1", "--saw", saw, "--as", "cora").stdout
    assert cluster.json("show", case_id)["case"]["stage"] == "approved"

    delete_projection(cluster.folder / CASES_FILE)
    export = ("export", case_id, "--reason", "a request of the auditors")
    before = cluster.run(*export).stdout
    delete_projection(cluster.folder / CASES_FILE)
    assert cluster.run(*export).stdout == before


def test_an_export_is_audited_before_it_is_printed(cluster: Cluster) -> None:
    case_id = cluster.log.case_id
    cluster.run("export", case_id, code=2)
    for reason, who, problem in (
        ("asked for", "ana", "none of the person's roles may do this; not exported"),
        ("\u202etxt", "ben", "--reason: character 1 of the note is U+202E"),
        ("x" * 501, "ben", "--reason has 501 characters, 500 are allowed"),
    ):
        refused = cluster.run("export", case_id, "--reason", reason, "--as", who, code=3)
        assert problem in refused.stderr
        assert refused.stdout == ""
    assert list(AuditLog(cluster.settings).read()) == []
    cluster.run("export", "P-1", "--reason", "asked for by the auditors", "--as", "ben")
    [audit] = AuditLog(cluster.settings).read()
    assert (audit.action, audit.reason, audit.what) == (
        "cases.export",
        "asked for by the auditors",
        {"case": case_id},
    )
    assert audit.by.startswith("u:")


def test_bad_input_is_void_or_refused_and_visible(cluster: Cluster) -> None:
    case_id = cluster.log.case_id
    cluster.write_events(
        [
            b'{"type":"unheard_of"}',
            b"x" * (events.MAX_EVENT_BYTES + 1),
            encode_event(cluster.log.event(events.CaseTaken, "ana", cluster.log.facts, revision=9))[:-1],
        ]
    )
    cluster.log.remark(events.CaseTaken, "aud")
    cluster.write_events(cluster.log.records[-1:])
    page = cluster.run("show", case_id).stdout
    assert page.count("void, UNREADABLE") == 3
    assert f"{events.MAX_EVENT_BYTES + 1:,} bytes, {events.MAX_EVENT_BYTES:,} are allowed" in page
    assert "void, ROLE_MAY_NOT: none of the person's roles may do this" in page

    assert "U+202E" in cluster.run("note", "P-1", "abc\u202edef", "--as", "ana", code=3).stderr
    large = cluster.folder / "large"
    large.write_bytes(b"0" * (5 * 1024 * 1024 + 1))
    assert (
        "5,242,880 are allowed"
        in cluster.run("note", "P-1", "--attach", str(large), "--as", "ana", code=3).stderr
    )
    large.write_bytes(b"\xff\x00file")
    cluster.run("note", "P-1", "--attach", str(large), "--as", "ana")
    assert "(a file of 6 bytes" in cluster.run("show", "P-1").stdout
    for unknown in ("ffffffff", "P-2", "", "\u202e", "0"):
        assert "there is no such case" in cluster.run("show", unknown, code=3).stderr
    release = ("propose", case_id, "RELEASE", "--code", "FALSE_POSITIVE", "--as", "ana")
    for verdict in ("2=OTHER_NAME", "1", "0=OTHER_NAME", "x=OTHER_NAME", "\u0661=OTHER_NAME"):
        cluster.run(*release, "--false-positive", verdict, code=2)
    unknown = cluster.run(*release, "--false-positive", "1=no code", code=3).stderr
    assert "(UNKNOWN_CODE); nothing was written; known codes: release FALSE_POSITIVE" in unknown
    assert "there is no proposal" in cluster.run("approve", "P-1", "--as", "ben", code=3).stderr
    assert "people of the demo" in cluster.run("take", "P-1", "--as", "eve", code=3).stderr

    cluster.write(REVIEW_EVIDENCE.name, {sha256(value).hexdigest(): None for value in (DECISION, PAYMENT)})
    page = cluster.run("show", case_id).stdout
    assert "The decision with the names is missing or was erased." in page
    assert "Петров" not in page
    assert cluster.run("search", "petrov").stdout == ""
    exported = json.loads(cluster.run("export", case_id, "--reason", "to look at it").stdout)
    assert exported["evidence"][sha256(PAYMENT).hexdigest()] is None
