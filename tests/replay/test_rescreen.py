"""`holdgate rescreen` supersedes each decision that differs with the current lists, once."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis as Client

from holdgate.adapters import snapshot_lookup
from holdgate.adapters.files.policy_file import read_policy
from holdgate.adapters.kafka.writer import KafkaWriter
from holdgate.core.engine.screener import Screener
from holdgate.core.intake import reader as intake
from holdgate.core.model.decision import from_json, to_json
from holdgate.core.policy.timeliness import all_fresh
from holdgate.core.records import topics
from holdgate.core.records.kafka_record import Outgoing, Record, decision_headers
from holdgate.lists.building import BuiltSnapshot
from holdgate.replay import reissue
from tests.replay.conftest import PAYMENTS
from tests.replay.test_diff import HELD
from tests.replay.test_publishing import audited, incident, plan, standing
from tests.support.payments import payment
from tests.support.rig import Rig
from tests.support.small_list import PERSON_NAME, SAMPLE_POLICY

__all__ = ["incident"]

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


def rescreen(rig: Rig, *arguments: str, code: int = 0) -> str:
    """Run the command and return its stderr."""
    done = rig.holdgate("rescreen", "--reason", "new lists", *arguments, data=str(rig.folder / "data"))
    assert done.exit_code == code, done.output
    return done.stderr


def test_decisions_of_older_lists_are_superseded_once(incident: Rig, smaller: BuiltSnapshot) -> None:
    """They are superseded by decisions with the current lists; if the former return, no hold is lifted."""
    rescreen(incident, "--last", "1h")
    new = [from_json(one.value or b"") for one in standing(incident, topics.DECISIONS.name)]
    following = [one for one in new if one.follows]
    assert {one.payment_id for one in following} == HELD
    assert {(one.decision, one.reason) for one in following} == {("HOLD", "LIST_MATCH")}
    assert {one.follows for one in following} <= {one.decision_id for one in new}
    assert audited(incident)[-1] == ("replay.reissue", "ended", {"held": len(HELD)})

    assert "nothing to reissue" in rescreen(incident)
    assert len(standing(incident, topics.DECISIONS.name)) == PAYMENTS + len(HELD)

    incident.make_current(smaller)
    said = rescreen(incident)
    assert f"{len(HELD)} holds would be lifted or lose their reason: people decide on these" in said
    assert "nothing to reissue" in said
    assert len(standing(incident, topics.DECISIONS.name)) == PAYMENTS + len(HELD)


def test_a_payment_that_comes_again_is_answered_with_the_decision_in_force(
    incident: Rig, small: BuiltSnapshot, smaller: BuiltSnapshot
) -> None:
    """A consumer that takes the last record must not pay either."""
    rescreen(incident, "--last", "1h")
    incident.make_current(smaller)
    with incident.worker() as worker:
        worker.await_ready()
        incident.pay(payment("person-0", creditor={"name": PERSON_NAME}))
        incident.await_decided("person-0", times=3)
        first, following, again = incident.decided("person-0")
        assert (first.json["reason"], following.json["reason"]) == ("NO_MATCH", "LIST_MATCH")
        assert again.value == following.value
        assert again.about[topics.FOLLOWS] == following.about[topics.FOLLOWS]
        with Client.from_url(incident.settings.redis) as redis:
            redis.flushdb()
        incident.make_current(smaller)
        incident.pay(payment("person-1", creditor={"name": PERSON_NAME}))
        assert incident.await_decided("person-1", times=3)[-1].json["reason"] == "LIST_MATCH"
        assert worker.terminate() == 0


def test_a_held_payment_that_is_sent_again_too_late_stays_held(
    rig: Rig, small: BuiltSnapshot, smaller: BuiltSnapshot
) -> None:
    """It would be released by its first record, which people decide, and held as late by its second."""
    rig.make_current(small)
    submitted_at = datetime.now(UTC) - timedelta(hours=1)
    paid = payment(
        "again", creditor={"name": PERSON_NAME}, rail="sct_inst", submitted_at=submitted_at.isoformat()
    )
    value = json.dumps(paid).encode()
    screener = Screener(snapshot_lookup.snapshot(rig.settings), read_policy(SAMPLE_POLICY))
    [held] = screener.screen(intake.read(value, b"again"))
    assert (held.reason, held.deadline) == ("LIST_MATCH", submitted_at + timedelta(seconds=10))
    with KafkaWriter(rig.settings) as writer:
        for decided_at in (submitted_at, datetime.now(UTC)):
            [sent] = rig.pay(paid)
            record = Record(
                sent.topic, sent.partition, sent.offset, sent.timestamp / 1000, b"again", value, ()
            )
            headers = decision_headers(record, held.decision_id, decided_at)
            writer.publish(
                [Outgoing(topics.DECISIONS.name, b"again", to_json(held), sent.partition, headers)]
            )
    rig.make_current(smaller)
    said = rescreen(rig, "--last", "1h")
    assert "1 holds would be lifted or lose their reason: people decide on these" in said
    assert len(standing(rig, topics.DECISIONS.name)) == 2


def test_more_changes_than_allowed_are_refused(incident: Rig) -> None:
    """Nothing is written, and the error says how to view the plan."""
    said = rescreen(incident, "--max", str(len(HELD) - 1), code=3)
    assert f"{len(HELD)} decisions would change, more than --max" in said
    assert "holdgate replay --show" in said
    assert not audited(incident)
    assert len(standing(incident, topics.DECISIONS.name)) == PAYMENTS


def test_the_next_run_completes_one_that_died(
    incident: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_: int) -> None:
        raise KeyboardInterrupt

    settings = incident.settings
    screener = Screener(snapshot_lookup.snapshot(settings), read_policy(SAMPLE_POLICY))
    planned = reissue.read_plan(plan(incident, tmp_path / "plan.jsonl"), datetime.now(UTC))
    monkeypatch.setattr(reissue, "BATCH_RECORDS", 1)
    with pytest.raises(KeyboardInterrupt):
        reissue.reissue(settings, planned, screener, all_fresh, progress=die)
    rescreen(incident)
    stands = standing(incident, topics.DECISIONS.name)
    assert len(stands) == len({one.header("ce_id") for one in stands}) == PAYMENTS + len(HELD)
    assert audited(incident)[-1][2] == {"held": len(HELD) - 1}
