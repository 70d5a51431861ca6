"""`holdgate trace` shows the history of a payment in topics, audit log, lists and Redis, in time order."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from holdgate.adapters.kafka import topic_admin
from holdgate.core.model.decision import Decision, to_json
from holdgate.core.records.topics import DECISIONS
from holdgate.lists.building import BuiltSnapshot
from tests.support.payments import payment
from tests.support.rig import Rig
from tests.support.small_list import PERSON, PERSON_NAME

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


def test_a_release_that_was_superseded_is_traced(
    rig: Rig, small: BuiltSnapshot, smaller: BuiltSnapshot, tmp_path: Path
) -> None:
    """The trace has the payment, its decision, the superseding one with author and reason, and the claim."""
    rig.make_current(smaller)
    with rig.worker() as worker:
        worker.await_ready()
        rig.pay(payment("told", creditor={"name": PERSON_NAME}))
        rig.await_decided("told")
        rig.make_current(small)
        plan = tmp_path / "plan.jsonl"
        what = ("--last", "1h", "--mode", "reissue", "--reason", "incident 1288", "--journal", str(plan))
        assert rig.holdgate("replay", *what).exit_code == 0
        assert rig.holdgate("replay", "--execute", str(plan)).exit_code == 0

    done = rig.holdgate("trace", "told", "--json")
    assert done.exit_code == 0, done.output
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    story = [one for one in seen if one["where"] in ("payment", "decision")]
    assert [one["where"] for one in story] == ["payment", "decision", "decision"]
    first, second = story[1:]
    assert first["said"][0].startswith("RELEASE NO_MATCH")
    assert second["said"][0].startswith("HOLD LIST_MATCH")
    assert f"follows {first['said'][0].rpartition(' ')[2]}" in second["said"][0]
    assert any(f"{PERSON_NAME!r} meets ofac:{PERSON}" in line for line in second["said"])
    audits = [one["said"][0] for one in seen if one["where"] == "audit"]
    assert len(audits) == 2
    assert all(said.endswith(": incident 1288") for said in audits)
    [lists] = [one for one in seen if one["where"] == "lists"]
    assert lists["place"] == small.header.version
    assert seen[-1]["where"] == "claim"
    assert seen[-1]["said"][0].startswith("HOLD LIST_MATCH for content "), "a resend is answered with it"
    assert first["said"][1] == "it was in force until a later decision followed it"
    assert second["said"][1] == "this decision is in force"
    times = [datetime.fromisoformat(one["at"]) for one in seen[:-1]]
    assert times == sorted(times)

    shown = rig.holdgate("trace", "told").stdout
    assert "decision     " in shown
    unknown = rig.holdgate("trace", "nobody")
    assert unknown.exit_code == 3
    assert "no trace of nobody in the last" in unknown.stderr


def test_a_release_that_was_written_too_late_is_traced(rig: Rig) -> None:
    """Its repeat by a later worker says nothing of this."""
    now = datetime.now(UTC)
    late = Decision(
        decision_id="0" * 32,
        payment_id="late",
        decision="RELEASE",
        reason="NO_MATCH",
        next_status="ACCP",
        matches=(),
        list_version="lists",
        policy_version="policy",
        engine_version="engine",
        content_hash="c" * 64,
        deadline=now - timedelta(seconds=1),
    )
    for _ in range(2):
        topic_admin.write(rig.settings, DECISIONS.name, b"late", to_json(late), ())
    done = rig.holdgate("trace", "late", "--json")
    assert done.exit_code == 0, done.output
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    told = ["hold it" in " ".join(one["said"]) for one in seen if one["where"] == "decision"]
    assert told == [True, False]


def test_a_broken_record_is_traced_by_its_key(rig: Rig, small: BuiltSnapshot) -> None:
    rig.make_current(small)
    with rig.worker() as worker:
        worker.await_ready()
        rig.send([(b"broken", b"{")])
        rig.await_decided("broken")
        done = rig.holdgate("trace", "broken", "--json")
    assert done.exit_code == 0, done.output
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    assert {one["where"] for one in seen} == {"payment", "decision", "dead letter", "claim"}
    [letter] = [one for one in seen if one["where"] == "dead letter"]
    assert letter["said"][0].startswith("not_json: ")
