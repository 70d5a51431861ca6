"""`holdgate replay --mode publish` and `reissue` write each record once, and an audit record of the run."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from holdgate.adapters import snapshot_lookup
from holdgate.adapters.files.policy_file import read_policy
from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.kafka.log import KafkaLog
from holdgate.adapters.kafka.writer import KafkaWriter
from holdgate.core.engine.screener import Screener
from holdgate.core.model.decision import from_json
from holdgate.core.policy.timeliness import all_fresh
from holdgate.core.records import topics
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.probe_mark import sign_probe
from holdgate.lists.building import BuiltSnapshot
from holdgate.replay import reissue
from holdgate.replay.journal import End, read_journal
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import probe_key
from tests.replay.conftest import PAYMENTS, decide
from tests.replay.test_diff import HELD
from tests.support.payments import payment
from tests.support.rig import Rig
from tests.support.small_list import PERSON_NAME, SAMPLE_POLICY

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

WHY = ("--reason", "incident 1288")


@pytest.fixture
def incident(rig: Rig, small: BuiltSnapshot, smaller: BuiltSnapshot) -> Rig:
    """Decide payments with a list that lacks a person, then make the complete list current."""
    decide(rig, smaller)
    rig.make_current(small)
    return rig


def standing(rig: Rig, topic: str) -> list[Record]:
    """Return all records of a topic."""
    log = KafkaLog(rig.settings)
    return [
        record
        for partition, bounds in log.bounds(topic).items()
        for chunk in log.read(topic, partition, *bounds)
        for record in chunk.records
    ]


def plan(rig: Rig, path: Path) -> Path:
    """Return a plan for all payments."""
    made = rig.holdgate("replay", "--from", "earliest", "--mode", "reissue", "--journal", str(path), *WHY)
    assert made.exit_code == 0, made.output
    return path


def audited(rig: Rig) -> list[tuple[str, str, dict[str, int]]]:
    """Return the records of the audit log."""
    return [(found.action, found.state, found.counts) for found in AuditLog(rig.settings).read()]


def test_decisions_are_published_once_to_a_separate_topic(incident: Rig, tmp_path: Path) -> None:
    """If a run dies after a checkpoint, the records it wrote are found and not written again."""
    journal = tmp_path / "journal.jsonl"
    what = ("--from", "earliest", "--mode", "publish", "--journal", str(journal), *WHY)
    done = incident.holdgate("replay", *what)
    assert done.exit_code == 0, done.output
    assert f"{PAYMENTS}  decisions published" in done.stdout
    first = standing(incident, "screening.replays")
    assert len(first) == PAYMENTS
    assert {record.header(topics.REPLAY) for record in first} == {lines_run_id(journal)}
    changed = [from_json(record.value or b"") for record in first]
    assert {found.payment_id for found in changed if found.decision == "HOLD"} == HELD | {"bank"}
    assert audited(incident) == [
        ("replay.publish", "started", {}),
        ("replay.publish", "ended", {"published": PAYMENTS}),
    ]

    text = journal.read_bytes().splitlines(keepends=True)
    died = next(place for place, line in enumerate(text) if line.startswith(b'{"line":"checkpoint"')) + 1
    journal.write_bytes(b"".join(text[:died]))
    assert incident.holdgate("replay", "--resume", str(journal)).exit_code == 0
    assert len(standing(incident, "screening.replays")) == PAYMENTS
    assert len(standing(incident, topics.DECISIONS.name)) == PAYMENTS


def test_a_plan_refused_for_its_size_can_be_executed_with_a_higher_limit(
    incident: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The audit log records the refusal as an end, so --again is not needed."""

    def refuse(*_: Any) -> list[int]:
        raise OperatorError("no permission to write screening.decisions")

    path = plan(incident, tmp_path / "plan.jsonl")
    with monkeypatch.context() as patched:
        patched.setattr(KafkaWriter, "publish", refuse)
        done = incident.holdgate("replay", "--execute", str(path))
    assert done.exit_code == 3, done.output
    said = [(one.state, one.outcome) for one in AuditLog(incident.settings).read()]
    assert said == [("started", "done"), ("ended", "refused")]
    assert len(standing(incident, topics.DECISIONS.name)) == PAYMENTS
    done = incident.holdgate("replay", "--execute", str(path))
    assert done.exit_code == 0, done.output
    assert len(standing(incident, topics.DECISIONS.name)) == PAYMENTS + len(HELD)
    assert incident.holdgate("replay", "--execute", str(path)).exit_code == 3


def lines_run_id(path: Path) -> str:
    """Return the run of a journal."""
    first: Any = next(read_journal(path))
    return str(first.run_id)


def test_decisions_are_reissued_once(incident: Rig, tmp_path: Path) -> None:
    """Each decision of the plan names the one it supersedes; a second run is refused."""
    path = plan(incident, tmp_path / "plan.jsonl")
    assert len(standing(incident, topics.DECISIONS.name)) == PAYMENTS
    assert audited(incident) == []

    done = incident.holdgate("replay", "--execute", str(path))
    assert done.exit_code == 0, done.output
    stands = standing(incident, topics.DECISIONS.name)
    before = {
        from_json(one.value or b"").decision_id: one for one in stands if not one.header(topics.FOLLOWS)
    }
    again = [one for one in stands if one.header(topics.FOLLOWS)]
    assert {str(one.key, "utf-8") for one in again if one.key} == HELD
    for one in again:
        decision = from_json(one.value or b"")
        assert decision.follows == one.header(topics.FOLLOWS)
        assert decision.decision == "HOLD"
        followed = before[decision.follows or ""]
        assert (followed.key, followed.partition) == (one.key, one.partition)
        assert one.header(topics.INPUT_OFFSET) == followed.header(topics.INPUT_OFFSET)
    assert audited(incident)[-1] == ("replay.reissue", "ended", {"held": 3})

    for words in (("--execute", str(path)), ("--execute", str(path), "--again")):
        second = incident.holdgate("replay", *words)
        assert second.exit_code == 3
        assert "this plan was executed at" in second.stderr
    assert len(standing(incident, topics.DECISIONS.name)) == PAYMENTS + 3

    now = incident.holdgate("replay", "--from", "earliest", "--journal", str(tmp_path / "now.jsonl"))
    assert now.exit_code == 0
    assert f"{PAYMENTS}  decided as before" in now.stdout


def test_a_stale_plan_is_refused(incident: Rig, smaller: BuiltSnapshot, tmp_path: Path) -> None:
    """A plan is stale after another reissue or a list update. An incomplete plan is refused too."""
    first, second = (plan(incident, tmp_path / name) for name in ("first.jsonl", "second.jsonl"))
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes(b"".join(second.read_bytes().splitlines(keepends=True)[:-1]))
    assert incident.holdgate("replay", "--execute", str(first)).exit_code == 0
    stands = len(standing(incident, topics.DECISIONS.name))
    for path, words in ((second, "was superseded since"), (cut, "is incomplete")):
        refused = incident.holdgate("replay", "--execute", str(path))
        assert refused.exit_code == 3
        assert words in refused.stderr
    incident.make_current(smaller)
    refused = incident.holdgate("replay", "--execute", str(second))
    assert refused.exit_code == 3
    assert "began with lists" in refused.stderr
    refused = incident.holdgate("replay", "--execute", str(SAMPLE_POLICY))
    assert refused.exit_code == 3
    assert len(standing(incident, topics.DECISIONS.name)) == stands


def test_a_decision_is_reissued_only_from_the_record_that_the_plan_names(
    incident: Rig, tmp_path: Path
) -> None:
    """A payment that was sent again may be released by one record and held, as too late, by another."""
    path = plan(incident, tmp_path / "plan.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if line.startswith(b'{"line":"change"'))
    change = json.loads(lines[place])

    def with_line(**members: Any) -> list[bytes]:
        return [*lines[:place], json.dumps(change | members).encode() + b"\n", *lines[place:]]

    path.write_bytes(b"".join(with_line(offset=change["offset"] + 1, needs_review=True)))
    planned = reissue.read_plan(path, datetime.now(UTC))
    assert len(planned.follows) == len(HELD) - 1
    assert change["before"]["decision_id"] not in planned.follows

    path.write_bytes(b"".join(with_line(offset=change["offset"] + 1)))
    refused = incident.holdgate("replay", "--execute", str(path))
    assert refused.exit_code == 3
    assert "1 of its payments or decisions are gone" in refused.stderr
    assert len(standing(incident, topics.DECISIONS.name)) == PAYMENTS


def test_a_run_that_died_can_be_continued(
    incident: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It died after the first record. It is refused without --again, and then writes each record once."""

    def die(_: int) -> None:
        raise KeyboardInterrupt

    path = plan(incident, tmp_path / "plan.jsonl")
    monkeypatch.setattr(reissue, "BATCH_RECORDS", 1)
    settings = incident.settings
    screener = Screener(snapshot_lookup.snapshot(settings), read_policy(SAMPLE_POLICY))
    planned = reissue.read_plan(path, datetime.now(UTC))
    with pytest.raises(KeyboardInterrupt):
        reissue.reissue(settings, planned, screener, all_fresh, progress=die)
    assert len(standing(incident, topics.DECISIONS.name)) == PAYMENTS + 1

    refused = incident.holdgate("replay", "--execute", str(path))
    assert refused.exit_code == 3
    assert "if that run is dead, add --again" in refused.stderr
    done = incident.holdgate("replay", "--execute", str(path), "--again")
    assert done.exit_code == 0, done.output
    stands = standing(incident, topics.DECISIONS.name)
    assert len(stands) == PAYMENTS + 3
    assert len({one.header("ce_id") for one in stands}) == PAYMENTS + 3


def test_the_probes_header_does_not_keep_a_released_payment_from_being_screened_again(
    rig: Rig, small: BuiltSnapshot, smaller: BuiltSnapshot, tmp_path: Path
) -> None:
    """Any sender can set it."""
    rig.make_current(smaller)
    with rig.worker() as worker:
        worker.await_ready()
        rig.pay(payment("hidden", creditor={"name": PERSON_NAME}), **{topics.PROBE: b"1"})
        rig.await_decided("hidden")
        assert worker.terminate() == 0
    rig.make_current(small)
    assert rig.holdgate("replay", "--execute", str(plan(rig, tmp_path / "plan.jsonl"))).exit_code == 0
    assert [one.json["reason"] for one in rig.await_decided("hidden", times=2)] == ["LIST_MATCH"]


def test_payments_of_the_probe_are_excluded(incident: Rig, tmp_path: Path) -> None:
    """They are not counted and not reissued, unless one is selected by its id.

    A header that the probe did not sign excludes nothing.
    """
    with incident.worker() as worker:
        worker.await_ready()
        for name, sign in (("probe-1", sign_probe), ("foreign", lambda *_: b"1")):
            value = json.dumps(payment(name, creditor={"name": PERSON_NAME})).encode()
            mark = sign(probe_key(incident.settings) or b"", value)
            incident.send([(name.encode(), value)], [(topics.PROBE, mark)])
        decided = incident.await_decided("probe-1", "foreign")
        assert [topics.PROBE in one.about for one in decided] == [True, False]
        worker.await_metric("holdgate_foreign_probe_marks_total", 1)
        assert worker.terminate() == 0
    journal = tmp_path / "all.jsonl"
    done = incident.holdgate("replay", "--from", "earliest", "--journal", str(journal))
    assert done.exit_code == 1, done.output
    *_, end = read_journal(journal)
    assert isinstance(end, End)
    assert (end.counted.payments, end.counted.undecided, end.counted.passed_over) == (PAYMENTS + 1, 0, 1)
    journal = tmp_path / "one.jsonl"
    named = ("--from", "earliest", "--payment-id", "probe-1", "--journal", str(journal))
    assert incident.holdgate("replay", *named).exit_code == 0
    *_, end = read_journal(journal)
    assert isinstance(end, End)
    assert (end.counted.payments, end.counted.undecided) == (1, 0)
