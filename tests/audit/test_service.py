"""The audit service and `holdgate audit verify`, with a real broker whose disk is tampered with."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner, Result
from prometheus_client import CollectorRegistry

from deploy.local.kafka_broker import Kafka
from holdgate.adapters.files.archive_folder import FolderStore
from holdgate.adapters.kafka import topic_admin
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.adapters.kafka.writer import KafkaWriter
from holdgate.audit.metrics import AuditMetrics
from holdgate.audit.service import AuditService
from holdgate.cli.main import main
from holdgate.core.records.kafka_record import Outgoing
from holdgate.core.records.topics import AUDIT, CHECKPOINTS, DECISIONS, PUBLISHED, REVIEW_EVENTS
from holdgate.runtime.settings import SettingsError, from_environ
from tests.support.list_keys import ANOTHER, signing_file, verify_file
from tests.support.segments import edit, replaced_text

pytestmark = pytest.mark.kafka

TOPICS = (AUDIT, REVIEW_EVENTS, PUBLISHED, DECISIONS)
RELEASE = b'{"decision":"RELEASE","reason":"NO_MATCH"}'


class Gate(NamedTuple):
    """The environment of the audit's programs."""

    environment: dict[str, str]

    def service(self) -> AuditService:
        """Return a service that starts now."""
        return AuditService(from_environ(self.environment), AuditMetrics(3600, CollectorRegistry()))

    def write(self, topic: str, *values: bytes) -> None:
        """Write records, each in a batch of its own."""
        with KafkaWriter(from_environ(self.environment)) as writer:
            for value in values:
                writer.publish([Outgoing(topic, b"current", value, 0, [("ce_id", b"1")])])

    def verify(self, *arguments: str, **variables: str) -> Result:
        """Run `holdgate audit verify`."""
        return CliRunner(env=self.environment | variables).invoke(main, ["audit", "verify", *arguments])

    def checkpoints(self) -> list[tuple[bytes | None, bytes | None]]:
        """Return all published checkpoints with their keys."""
        log = KafkaLog(from_environ(self.environment))
        bounds = log.bounds(CHECKPOINTS.name)[0]
        chunks = log.read(CHECKPOINTS.name, 0, *bounds)
        return [(record.key, record.value) for chunk in chunks for record in chunk.records]


def gate_at(bootstrap: str, folder: Path, prefix: str = "") -> Gate:
    """Return a gate with topics, keys and an archive."""
    gate = Gate(
        {
            "HOLDGATE_KAFKA": bootstrap,
            "HOLDGATE_TOPIC_PREFIX": prefix,
            "HOLDGATE_PARTITIONS": "1",
            "HOLDGATE_ARCHIVE": str(folder / "archive"),
            "HOLDGATE_AUDIT_SIGNING_KEY_FILE": signing_file(folder),
            "HOLDGATE_AUDIT_VERIFY_KEY_FILE": verify_file(folder),
        }
    )
    topic_admin.create_topics(from_environ(gate.environment))
    return gate


@pytest.fixture
def gate(kafka: str, topic_prefix: str, tmp_path: Path) -> Gate:
    return gate_at(kafka, tmp_path, topic_prefix)


def findings(done: Result) -> list[tuple[str, str, int, int | None]]:
    report: Mapping[str, Any] = json.loads(done.stdout)
    return [(one["kind"], one["topic"], one["partition"], one.get("offset")) for one in report["findings"]]


def test_one_byte_one_record_and_the_tail_are_named(runtime_folder: Path, tmp_path: Path) -> None:
    """Changed on the broker's disk, with valid checksums, so that Kafka itself notices nothing."""
    with Kafka(runtime_folder / "kafka-audit") as broker:
        gate = gate_at(broker.bootstrap, tmp_path)
        for topic in TOPICS[:3]:
            gate.write(topic.name, *(b"value %d of topic" % i for i in range(6)))
        gate.write(DECISIONS.name, RELEASE, b'{"decision":"HOLD"}', RELEASE, b'{"decision":"BLOCK"}')
        assert gate.service().round() == 3600
        intact = gate.verify()
        assert (intact.exit_code, intact.stderr) == (0, "everything is as it was signed\n")
        broker.stop()
        data = broker.folder / "data"
        edit(data / "operations.audit-0", lambda all: [*all[:2], _changed(all[2]), *all[3:]])
        edit(data / "review.events-0", lambda all: [*all[:3], *all[4:]])
        edit(data / "lists.published-0", lambda all: all[:-2])
        edit(data / "screening.decisions-0", lambda all: all[:3])
        broker.start()
        done = gate.verify("--json", HOLDGATE_KAFKA=broker.bootstrap)
        assert done.exit_code == 1, done.output
        assert findings(done) == [
            ("removed", "review.events", 0, 3),
            ("altered", "operations.audit", 0, 2),
            ("truncated", "lists.published", 0, 4),
            ("truncated", "screening.decisions", 0, 3),
        ]
        text = gate.verify(HOLDGATE_KAFKA=broker.bootstrap).stdout
        assert "ALTERED: record operations.audit:0:2 is not the one that was signed" in text
        assert "REMOVED: record review.events:0:3 is gone" in text
        service = Gate(gate.environment | {"HOLDGATE_KAFKA": broker.bootstrap}).service()
        service.round()
        registry = service.metrics.registry
        assert registry.get_sample_value("holdgate_audit_findings", {"topic": "review.events"}) == 1
        assert registry.get_sample_value("holdgate_audit_rounds_total", {"outcome": "broken"}) == 1


def _changed(batch: bytes) -> bytes:
    return replaced_text(batch, b"value 2", b"value 3")


def test_a_round_adds_what_is_new_and_repeats_nothing(gate: Gate) -> None:
    service = gate.service()
    gate.write(AUDIT.name, b"1", b"2")
    service.round()
    first = gate.checkpoints()
    service.round()
    gate.service().round()
    assert gate.checkpoints() == first
    gate.write(AUDIT.name, b"3")
    service.round()
    added = gate.checkpoints()
    assert added[: len(first)] == first
    [(key, note)] = added[len(first) :]
    assert key == b"holdgate/operations.audit/0"
    assert note is not None
    assert note.startswith(b"holdgate/operations.audit/0\n3\n")
    assert gate.verify().exit_code == 0


class Killed(BaseException):
    """The process ended here."""


@pytest.mark.parametrize("step", range(4))
def test_a_crash_loses_nothing_and_signs_nothing_twice(
    gate: Gate, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before or after the leaves, the checkpoint's archival, or its publication."""
    gate.write(AUDIT.name, b"1", b"2")
    calls = iter(range(100))

    def die_at(number: int) -> None:
        if number == step:
            raise Killed

    with monkeypatch.context() as patch:
        put, publish = FolderStore.put, KafkaWriter.publish

        def killed_put(self: FolderStore, name: str, data: bytes) -> None:
            die_at(next(calls))
            put(self, name, data)

        def killed_publish(self: KafkaWriter, records: Any, timestamps: Any = ()) -> Any:
            die_at(2)
            done = publish(self, records, timestamps)
            die_at(3)
            return done

        patch.setattr(FolderStore, "put", killed_put)
        patch.setattr(KafkaWriter, "publish", killed_publish)
        with pytest.raises(Killed):
            gate.service().round()
    gate.write(AUDIT.name, b"3")
    gate.service().round()
    notes = [note or b"" for _, note in gate.checkpoints()]
    sizes = [int(note.split(b"\n")[1]) for note in notes]
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == 3
    assert gate.verify().exit_code == 0


def test_a_changed_archive_and_lost_leaves_are_found(gate: Gate) -> None:
    gate.write(AUDIT.name, b"1", b"2")
    gate.service().round()
    [file] = Path(gate.environment["HOLDGATE_ARCHIVE"]).glob("audit/leaves/operations.audit/0/*")
    whole = file.read_bytes()
    for damaged in (whole.replace(b'"leaves":[[0', b'"leaves":[[1'), whole[:40], b""):
        file.write_bytes(damaged)
        done = gate.verify("--json")
        assert done.exit_code == 1
        assert [one[:2] for one in findings(done)] == [("archive", "operations.audit")]
    file.unlink()
    done = gate.verify("--json")
    assert [one[:2] for one in findings(done)] == [("archive", "operations.audit")]
    service = gate.service()
    assert service.round() < 60, "it does not start another tree, and tries again"
    assert service.metrics.registry.get_sample_value("holdgate_audit_rounds_total", {"outcome": "failed"})
    file.write_bytes(whole)
    assert gate.verify().exit_code == 0


def test_a_forged_checkpoint_and_one_kept_elsewhere(gate: Gate, tmp_path: Path) -> None:
    gate.write(AUDIT.name, b"1")
    gate.service().round()
    kept = tmp_path / "kept"
    kept.write_bytes(gate.checkpoints()[0][1] or b"")
    assert gate.verify("--checkpoint", str(kept)).exit_code == 0
    gate.write(CHECKPOINTS.name, b"holdgate/operations.audit/0\n1\nAAAA\n")
    done = gate.verify("--json")
    assert done.exit_code == 1
    assert findings(done) == [("checkpoint", "audit.checkpoints", 0, 1)]
    kept.write_text("x")
    assert gate.verify("--checkpoint", str(kept)).exit_code == 3


def test_what_is_missing_is_said(gate: Gate, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    nothing = gate.verify()
    assert (nothing.exit_code, "no checkpoint of holdgate was found" in nothing.stderr) == (3, True)
    for variable in ("HOLDGATE_ARCHIVE", "HOLDGATE_AUDIT_VERIFY_KEY_FILE"):
        done = gate.verify(**{variable: ""})
        assert (done.exit_code, variable in done.stderr) == (2, True)
    for variable in ("HOLDGATE_ARCHIVE", "HOLDGATE_AUDIT_SIGNING_KEY_FILE"):
        with pytest.raises(SettingsError, match=variable):
            Gate(gate.environment | {variable: ""}).service()
    gate.write(AUDIT.name, b"1")
    gate.service().round()
    wrong = gate.verify("--json", HOLDGATE_AUDIT_VERIFY_KEY_FILE=verify_file(other, ANOTHER))
    assert wrong.exit_code == 1
    assert {one[0] for one in findings(wrong)} == {"checkpoint"}
