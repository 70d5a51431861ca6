"""Offsets without a record: deleted by retention before or during a replay, or transaction markers."""

from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from holdgate.adapters.kafka.clients import open_client
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.core.records import topics
from holdgate.lists.building import BuiltSnapshot
from holdgate.replay.journal import Checkpoint, End, read_journal
from tests.replay.test_publishing import incident
from tests.support.rig import Rig

__all__ = ["incident"]

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


def expire(rig: Rig, partition: int, upto: int) -> None:
    """Delete the first records of a partition, as Kafka's retention does."""
    admin = open_client(KafkaAdminClient, bootstrap_servers=rig.settings.kafka)
    admin.delete_records({TopicPartition(rig.settings.topic(topics.SUBMITTED.name), partition): upto})
    admin.close()


def fullest(rig: Rig) -> tuple[int, int]:
    """Return the partition with the most payments, and their number."""
    bounds = KafkaLog(rig.settings).bounds(topics.SUBMITTED.name)
    partition = max(bounds, key=lambda one: bounds[one].end)
    return partition, bounds[partition].end


def test_the_error_for_an_expired_offset_has_the_first_offset_of_the_log(incident: Rig) -> None:
    partition, _ = fullest(incident)
    expire(incident, partition, 1)
    done = incident.holdgate("replay", "--from", f"{partition}:0")
    assert done.exit_code == 3, done.output
    assert f":{partition}:0 is gone by retention or compaction: the partition starts at 1" in done.stderr
    assert f"use --from {partition}:1, or earliest" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_records_that_expire_before_a_run_is_resumed_are_reported(incident: Rig, tmp_path: Path) -> None:
    """The journal is left unchanged, and a new run begins at the first offset of the log."""
    partition, end = fullest(incident)
    journal = tmp_path / "journal.jsonl"
    asked = ("replay", "--from", f"{partition}:0", "--journal")
    assert incident.holdgate(*asked, str(journal)).exit_code in (0, 1)
    text = journal.read_bytes().splitlines(keepends=True)
    first = next(at for at, line in enumerate(text) if line.startswith(b'{"line":"checkpoint"')) + 1
    journal.write_bytes(b"".join(text[:first]))
    before = journal.read_bytes()
    expire(incident, partition, 1)

    done = incident.holdgate("replay", "--resume", str(journal))
    assert done.exit_code == 3, done.output
    assert "no longer has the next offset to read: its retention has passed" in done.stderr
    assert len(done.stderr.splitlines()) == 2, "the journal's name, and this"
    assert journal.read_bytes() == before

    anew = tmp_path / "anew.jsonl"
    done = incident.holdgate("replay", "--from", "earliest", "--journal", str(anew))
    assert done.exit_code in (0, 1), done.output
    run, *_, whole = read_journal(anew)
    assert isinstance(whole, End)
    assert run.span[partition] == (1, end)  # type: ignore[union-attr]


def test_transaction_markers_are_counted_and_do_not_end_the_replay(
    rig: Rig, small: BuiltSnapshot, tmp_path: Path
) -> None:
    """Like compacted records they are offsets without a record, here including the last of the range."""
    rig.make_current(small)
    producer = open_client(
        KafkaProducer, bootstrap_servers=rig.settings.kafka, transactional_id=f"{rig.settings.group}-t"
    )
    producer.init_transactions()
    topic = rig.settings.topic(topics.SUBMITTED.name)
    for number in range(3):
        producer.begin_transaction()
        value = f'{{"payment_id": "in-{number}", "debtor": {{"name": "Gulnara Canary"}}}}'.encode()
        producer.send(topic, value, f"in-{number}".encode(), partition=0)
        producer.commit_transaction()
    producer.close()

    journal = tmp_path / "journal.jsonl"
    done = rig.holdgate("replay", "--from", "0:0", "--journal", str(journal))
    assert done.exit_code == 0, done.output
    *_, checkpoint, end = read_journal(journal)
    assert isinstance(end, End)
    assert (end.counted.payments, end.counted.gone) == (3, 3)
    assert isinstance(checkpoint, Checkpoint)
    assert checkpoint.next == {0: 6}
    assert "3  offsets without a record" in done.stdout
