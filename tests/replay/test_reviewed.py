"""What people decided, and holds that they work on, when lists change: rescreen, trace and reproduce."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from holdgate.adapters import snapshot_lookup
from holdgate.adapters.files.policy_file import read_policy
from holdgate.adapters.kafka.writer import KafkaWriter
from holdgate.core.engine.screener import Screener
from holdgate.core.intake import reader as intake
from holdgate.core.model.decision import Decision, to_json
from holdgate.core.policy.timeliness import all_fresh
from holdgate.core.records import topics
from holdgate.core.records.audit import IN_REVIEW
from holdgate.core.records.kafka_record import Outgoing, Record, decision_headers, review_event_headers
from holdgate.core.review import event as events
from holdgate.lists.building import BuiltSnapshot
from tests.replay.test_publishing import audited, plan
from tests.support.decisions import dispose
from tests.support.payments import payment
from tests.support.review import CaseLog, facts
from tests.support.rig import Rig
from tests.support.small_list import PERSON_NAME, SAMPLE_POLICY

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


@pytest.fixture
def held(rig: Rig, small: BuiltSnapshot) -> Mapping[str, Decision]:
    """Write payments, their holds, and what people decided on some; return the holds by payment_id."""
    rig.make_current(small)
    screener = Screener(snapshot_lookup.snapshot(rig.settings), read_policy(SAMPLE_POLICY))
    holds = {}
    for payment_id in ("released", "blocked", "new-entry", "proposed", "rejected", "stale"):
        is_stale = payment_id in ("proposed", "rejected", "stale")
        paid = payment(payment_id) if is_stale else payment(payment_id, creditor={"name": PERSON_NAME})
        value, key = json.dumps(paid).encode(), payment_id.encode()
        stale = (lambda _: "ofac is old") if is_stale else all_fresh
        [decided] = screener.screen(intake.read(value, key), stale=stale)
        assert decided.reason == ("LIST_STALE" if is_stale else "LIST_MATCH")
        holds[payment_id] = decided
        [sent] = rig.pay(paid)
        source = Record(sent.topic, sent.partition, sent.offset, sent.timestamp / 1000, key, value, ())
        write(rig, source, decided)
        if payment_id == "released":
            write(rig, source, dispose(decided, "RELEASE"))
        if payment_id == "blocked":
            write(rig, source, dispose(decided, "BLOCK"))
        if payment_id == "new-entry":
            others = tuple(replace(match, entry_id="ofac:other") for match in decided.matches)
            write(rig, source, dispose(replace(decided, matches=others), "RELEASE"))
    return holds


def write(rig: Rig, source: Record, decision: Decision) -> None:
    """Write a decision on the payment of a record."""
    headers = decision_headers(source, decision.decision_id, datetime.now(UTC), decision.follows)
    with KafkaWriter(rig.settings) as writer:
        writer.publish(
            [Outgoing(topics.DECISIONS.name, source.key, to_json(decision), source.partition, headers)]
        )


def reject(rig: Rig, hold: Decision) -> None:
    """Write the decision of people who rejected a held payment."""
    about = rig.await_decided(hold.payment_id)[-1].about
    partition, offset = int(about[topics.INPUT_PARTITION]), int(about[topics.INPUT_OFFSET])
    key = hold.payment_id.encode()
    write(
        rig, Record(about[topics.INPUT_TOPIC], partition, offset, 0, key, None, ()), dispose(hold, "REJECT")
    )


def propose(rig: Rig, hold: Decision) -> None:
    """Write the events of a case with a proposal."""
    log = CaseLog(
        replace(
            facts(matches=()),
            decision_id=hold.decision_id,
            payment_id=hold.payment_id,
            content_hash=hold.content_hash,
            reason="LIST_STALE",
            queue="operations",
        )
    )
    assert log.write(events.CaseOpened, "review", log.facts) == "open"
    assert log.propose("ana", "REJECT") == "proposed"
    with KafkaWriter(rig.settings) as writer:
        writer.publish(
            [
                Outgoing(
                    topics.REVIEW_EVENTS.name,
                    events.event_key(event).encode(),
                    value,
                    0,
                    review_event_headers(event.event_id, event.at),
                )
                for value in log.records
                for event in [events.decode_event(value)]
            ]
        )


def in_force(rig: Rig, payment_id: str) -> str:
    """Return outcome and reason of the last record on a payment."""
    last = rig.decided(payment_id)[-1].json
    return f"{last['decision']} {last['reason']}"


def test_only_a_new_entry_holds_again_what_people_released(
    rig: Rig, held: Mapping[str, Decision], tmp_path: Path
) -> None:
    """Holds that people took up after the plan was made are left alone, and so they are by the next run."""
    planned = plan(rig, tmp_path / "plan.jsonl")
    propose(rig, held["proposed"])
    reject(rig, held["rejected"])
    done = rig.holdgate("replay", "--execute", str(planned))
    assert done.exit_code == 0, done.output
    rig.await_decisions(len(held) + 4 + 2)
    assert {payment_id: in_force(rig, payment_id) for payment_id in held} == {
        "released": "RELEASE REVIEWED",
        "blocked": "BLOCK BLOCKED",
        "new-entry": "HOLD LIST_MATCH",
        "proposed": "HOLD LIST_STALE",
        "rejected": "REJECT REJECTED",
        "stale": "RELEASE NO_MATCH",
    }
    counts = audited(rig)[-1][2]
    assert (counts["held"], counts["released"], counts[IN_REVIEW]) == (1, 1, 2)

    again = rig.holdgate("rescreen", "--reason", "test", "--last", "1h", data=str(rig.folder / "data"))
    assert "1 holds would be lifted or lose their reason: people decide on these" in again.stderr
    assert "nothing to reissue" in again.stderr


def test_what_people_decided_is_traced_and_not_reproduced(rig: Rig, held: Mapping[str, Decision]) -> None:
    traced = rig.holdgate("trace", "released").stdout
    assert "held for LIST_MATCH; CODE: proposed by u:a1a1, approved by u:b2b2" in traced
    assert "judged false_positive" in traced
    decided = dispose(held["released"], "RELEASE")
    refused = rig.holdgate("reproduce", decided.decision_id)
    assert refused.exit_code == 3
    assert "people made decision" in refused.stderr
    assert f"holdgate reproduce {held['released'].decision_id}" in refused.stderr
