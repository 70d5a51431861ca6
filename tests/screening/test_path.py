"""Payments in, decisions out: a real worker between a real Kafka and a real Redis."""

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from prometheus_client import CollectorRegistry

from deploy.local.daemon import ROOT
from holdgate.adapters.kafka.faust_app import FETCH_BYTES
from holdgate.core.model.decision import Versions, decision_id
from holdgate.core.records import topics
from holdgate.screening.metrics import Metrics
from tests.support.payments import payment
from tests.support.rig import PARTITIONS, Rig, Worker, Written, wait_until
from tests.support.small_list import BANK, BANK_BIC, PERSON, PERSON_NAME

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.usefixtures("shared_worker")]

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
SCHEMA = Draft202012Validator(json.loads((ROOT / "schemas" / "decision.schema.json").read_text()))
BAD = [
    json.loads(line)
    for line in (ROOT / "tests" / "cases" / "screening" / "bad-records.jsonl").read_text().splitlines()
]


def test_a_clean_payment_is_released(shared_rig: Rig) -> None:
    sent = payment("clean-1", uetr="97ed4827-7b6f-4491-a06f-b548d5a7512d")
    [where] = shared_rig.pay(sent, traceparent=TRACE.encode(), tracestate=b"bank=1", other=b"not carried")
    [decision] = shared_rig.await_decided("clean-1")

    assert (decision.json["decision"], decision.json["reason"]) == ("RELEASE", "NO_MATCH")
    assert decision.json["next_status"] == "ACCP"
    assert decision.json["uetr"] == sent["uetr"]
    assert decision.key == b"clean-1"
    assert decision.partition == where.partition
    about = decision.about
    assert about["ce_specversion"] == topics.CE_VERSION
    assert about["ce_type"] == topics.CE_TYPES[topics.DECISIONS]
    assert about["ce_id"] == decision.json["decision_id"]
    assert about["ce_source"] == f"/holdgate/{where.topic}"
    assert abs(datetime.now(UTC) - datetime.fromisoformat(about["ce_time"])) < timedelta(hours=1)
    assert about["content-type"] == "application/json"
    assert (about["traceparent"], about["tracestate"]) == (TRACE, "bank=1")
    assert "other" not in about
    place = (about[topics.INPUT_TOPIC], about[topics.INPUT_PARTITION], about[topics.INPUT_OFFSET])
    assert place == (where.topic, str(where.partition), str(where.offset))


def test_a_decision_goes_to_its_inputs_partition_whatever_its_key(shared_rig: Rig) -> None:
    """A payment system may assign partitions by other rules than a hash of the key."""
    for partition in range(PARTITIONS):
        name = f"placed-{partition}"
        shared_rig.send([(name.encode(), json.dumps(payment(name)).encode())], partition=partition)
    decisions = shared_rig.await_decided(*(f"placed-{partition}" for partition in range(PARTITIONS)))
    assert [decision.partition for decision in decisions] == list(range(PARTITIONS))


def test_a_listed_person_and_a_listed_bank_are_held(shared_rig: Rig) -> None:
    shared_rig.pay(
        payment("listed-1", creditor={"name": PERSON_NAME}),
        payment("listed-2", creditor_agent={"bic": BANK_BIC + "XXX"}),
    )
    person, bank = shared_rig.await_decided("listed-1", "listed-2")
    for decision, field, entry, rule in (
        (person, "creditor.name", PERSON, "name"),
        (bank, "creditor_agent.bic", BANK, "bic"),
    ):
        assert (decision.json["decision"], decision.json["reason"]) == ("HOLD", "LIST_MATCH")
        match = decision.json["matches"][0]
        assert (match["field"], match["entry_id"], match["rule"]) == (field, f"ofac:{entry}", rule)
        assert match["evidence"]


def test_the_decision_id_depends_on_payment_content_and_versions(shared_rig: Rig) -> None:
    shared_rig.pay(payment("named-1"))
    [decision] = shared_rig.await_decided("named-1")
    body = decision.json
    versions = Versions(body["list_version"], body["policy_version"], body["engine_version"])
    assert body["decision_id"] == decision_id("named-1", body["content_hash"], versions)


def test_decisions_are_in_the_order_of_their_payments(shared_rig: Rig) -> None:
    """This holds per partition, and so per key, in one batch or many."""
    sent = shared_rig.pay(*(payment(f"order-{number}") for number in range(300)))
    wanted = defaultdict(list)
    for number, where in enumerate(sent):
        wanted[where.partition].append(f"order-{number}")
    assert len(wanted) > 1
    wait_until(lambda: len(_named(shared_rig, "order-")) == 300, "300 decisions")
    found = defaultdict(list)
    for decision in _named(shared_rig, "order-"):
        found[decision.partition].append(decision.json["payment_id"])
    assert found == wanted


@pytest.mark.parametrize("name", ["Gulnara Canary", PERSON_NAME])
def test_a_payment_sent_again_gets_the_same_bytes(shared_rig: Rig, name: str) -> None:
    """A later submission is the same payment and keeps the deadline of the first."""
    again = f"again-{name.split(maxsplit=1)[0]}"
    now = datetime.now(UTC)
    for at in (now, now + timedelta(minutes=5)):
        shared_rig.pay(payment(again, debtor={"name": name}, submitted_at=at.isoformat()))
    shared_rig.pay(payment(again, debtor={"name": name}))
    shared_rig.await_decided(again, times=3)
    decisions = shared_rig.decided(again)
    assert len({decision.value for decision in decisions}) == 1
    assert len({decision.about[topics.INPUT_OFFSET] for decision in decisions}) == 3


def test_changed_content_under_a_known_id_is_held_and_does_not_replace_the_first(shared_rig: Rig) -> None:
    contents = ["1250.00", "9999.00", "1250.00", "9999.00", "1.00"]
    for amount in contents:
        shared_rig.pay(payment("changed", amount=amount))
    shared_rig.await_decided("changed", times=len(contents))
    first, other, same, same_other, third = shared_rig.decided("changed")
    assert first.json["decision"] == "RELEASE"
    assert (other.json["decision"], other.json["reason"]) == ("HOLD", "CONTENT_CHANGED")
    assert (third.json["decision"], third.json["reason"]) == ("HOLD", "CONTENT_CHANGED")
    assert same.value == first.value
    assert same_other.value == other.value
    assert len({decision.json["content_hash"] for decision in (first, other, third)}) == 3


def test_a_null_value_is_counted_and_never_decided(shared_rig: Rig, shared_worker: Worker) -> None:
    before = shared_worker.metrics()["holdgate_tombstones_total"]
    [where] = shared_rig.send([(b"tombstone", None)])
    shared_rig.send([(b"tombstone", json.dumps(payment("tombstone")).encode())])
    [decision] = shared_rig.await_decided("tombstone")
    assert int(decision.about[topics.INPUT_OFFSET]) > where.offset
    assert len(shared_rig.decided("tombstone")) == 1
    shared_worker.await_metric("holdgate_tombstones_total", before + 1)


def test_a_record_larger_than_the_fetch_size_is_decided_and_so_are_later_ones(
    shared_rig: Rig,
) -> None:
    large = payment("large-1", instructions=["x" * 100] * (3 * FETCH_BYTES // 100))
    shared_rig.send([(b"large-1", json.dumps(large).encode())], partition=0)
    shared_rig.send([(b"large-2", json.dumps(payment("large-2")).encode())], partition=0)
    decisions = [one.json for one in shared_rig.await_decided("large-1", "large-2")]
    assert [(one["payment_id"], one["decision"]) for one in decisions] == [
        ("large-1", "HOLD"),
        ("large-2", "RELEASE"),
    ]


@pytest.mark.parametrize("frame", [b"", b"\0\0\0\0\x07"], ids=["plain", "Confluent's frame"])
def test_values_are_read_with_and_without_a_frame(shared_rig: Rig, frame: bytes) -> None:
    payment_id = f"frame-{len(frame)}"
    shared_rig.send([(payment_id.encode(), frame + json.dumps(payment(payment_id)).encode())])
    [decision] = shared_rig.await_decided(payment_id)
    assert decision.json["decision"] == "RELEASE"


@pytest.mark.parametrize("case", BAD, ids=[case["name"] for case in BAD])
def test_an_unreadable_record_becomes_a_dead_letter_and_a_hold(
    shared_rig: Rig, shared_worker: Worker, case: dict[str, Any]
) -> None:
    """The worker continues: a valid payment after it is released."""
    key, value = _bad_record(case)
    counter = f'holdgate_dead_letters_total{{reason="{case["code"]}"}}'
    before = shared_worker.metrics()[counter]
    [where] = shared_rig.send([(key, value)], [("traceparent", TRACE.encode()), ("ce_id", b"theirs")])
    position = f"{where.topic}:{where.partition}:{where.offset}"

    def about_it(record: Written) -> bool:
        there = (record.about[topics.INPUT_PARTITION], record.about[topics.INPUT_OFFSET])
        return there == (str(where.partition), str(where.offset))

    wait_until(lambda: any(map(about_it, shared_rig.decisions())), "a decision", lambda: shared_worker.text)
    [decision] = filter(about_it, shared_rig.decisions())
    body = decision.json
    assert (body["decision"], body["reason"], body["next_status"]) == ("HOLD", "INVALID_EVENT", "PDNG")
    assert body["payment_id"] == _expected_id(case, key, position)
    assert decision.key == body["payment_id"].encode()
    assert decision.partition == where.partition
    assert decision.about["traceparent"] == TRACE
    assert len(decision.value or b"") < 3_000

    wait_until(lambda: any(map(about_it, shared_rig.dead_letters())), "a dead letter")
    [letter] = filter(about_it, shared_rig.dead_letters())
    assert (letter.key, letter.value) == (key, value)
    about = letter.about
    assert about[topics.REASON_CODE] == case["code"]
    assert about[topics.REASON_TEXT] == body["detail"]
    assert about[topics.INPUT_TOPIC] == where.topic
    assert int(about[topics.INPUT_TIMESTAMP]) == where.timestamp
    assert about["ce_type"] == topics.CE_TYPES[topics.DEAD_LETTERS]
    assert about["ce_id"] == position
    assert about[topics.ORIGINAL + "ce_id"] == "theirs"
    assert about["traceparent"] == TRACE
    shared_worker.await_metric(counter, before + 1)

    after = f"after-{_slug(case)}"
    shared_rig.send([(after.encode(), json.dumps(payment(after)).encode())])
    assert shared_rig.await_decided(after)[0].json["decision"] == "RELEASE"


def test_a_broken_record_does_not_claim_its_payment_id(shared_rig: Rig) -> None:
    """The sender may correct an unreadable record and send it again with the same id."""
    shared_rig.send([(b"mended", b"{")])
    shared_rig.pay(payment("mended"))
    shared_rig.await_decided("mended", times=2)
    assert [decision.json["reason"] for decision in shared_rig.decided("mended")] == [
        "INVALID_EVENT",
        "NO_MATCH",
    ]


def test_a_dead_letter_keeps_every_header_of_its_record(shared_rig: Rig) -> None:
    """Headers may repeat and may be empty; none is dropped and none is decoded."""
    theirs = [("note", b"1"), ("note", b"2"), ("bytes", b"\xff\x00"), ("empty", b"")]
    shared_rig.send([(b"headers", b"{")], theirs)
    shared_rig.await_decided("headers")
    wait_until(lambda: any(letter.key == b"headers" for letter in shared_rig.dead_letters()), "a dead letter")
    [letter] = [letter for letter in shared_rig.dead_letters() if letter.key == b"headers"]
    assert list(letter.headers[: len(theirs)]) == theirs


def test_a_deadline_that_has_passed_holds(shared_rig: Rig) -> None:
    late = datetime.now(UTC) - timedelta(minutes=1)
    shared_rig.pay(payment("late", rail="sct_inst", submitted_at=late.isoformat()))
    [decision] = shared_rig.await_decided("late")
    body = decision.json
    assert (body["decision"], body["reason"], body["next_status"]) == ("HOLD", "DEADLINE_EXCEEDED", "RJCT")
    assert datetime.fromisoformat(body["deadline"]) == late + timedelta(seconds=10)


def test_the_http_pages_report_readiness_and_every_metric(shared_worker: Worker) -> None:
    assert shared_worker.get("/health/live")[0] == 200
    assert shared_worker.get("/health/ready") == (200, "ready\n")
    shown = shared_worker.metrics()
    known = {
        sample.name + _labels(sample.labels)
        for family in Metrics((), CollectorRegistry()).registry.collect()
        for sample in family.samples
    }
    assert known - shown.keys() == set()
    assert {name.partition("{")[0] for name in shown if name.startswith("holdgate_list_")} == {
        "holdgate_list_info",
        "holdgate_list_age_seconds",
        "holdgate_list_entries",
        "holdgate_list_freshness_exempt",
        "holdgate_list_load_seconds",
        "holdgate_list_age_limit_seconds",
        "holdgate_list_snapshot_bytes",
    }
    assert len(shown) <= 700


def test_counters_count_decisions(shared_rig: Rig, shared_worker: Worker) -> None:
    released = 'holdgate_decisions_total{decision="RELEASE",rail="other",reason="NO_MATCH"}'
    before = shared_worker.metrics()
    shared_rig.pay(*(payment(f"counted-{number}", rail="unheard-of") for number in range(5)))
    shared_rig.await_decided(*(f"counted-{number}" for number in range(5)))
    shared_worker.await_metric(released, before[released] + 5)
    after = shared_worker.metrics()
    assert (
        after['holdgate_claims_total{outcome="first"}']
        >= before['holdgate_claims_total{outcome="first"}'] + 5
    )
    for stage in ("wait", "read", "screen", "claim", "publish", "total"):
        assert after[f'holdgate_stage_seconds_count{{stage="{stage}"}}'] > 0
    shared_worker.await_metric("holdgate_oldest_unscreened_seconds", 0)


def test_decisions_match_the_schema(shared_rig: Rig) -> None:
    shared_rig.pay(payment("schema-1"), payment("schema-2", creditor={"name": PERSON_NAME}))
    shared_rig.await_decided("schema-1", "schema-2")
    decisions = shared_rig.decisions()
    assert decisions
    for decision in decisions:
        SCHEMA.validate(decision.json)


@pytest.mark.parametrize("canary", ["Canary", "KZ86125KZT5004100100", "Novikov", "NOVIKOV", BANK_BIC])
def test_names_and_accounts_are_neither_in_logs_nor_in_metrics(
    shared_rig: Rig, shared_worker: Worker, canary: str
) -> None:
    """The payments are ordinary, listed and broken, each with names that occur nowhere else in the tests."""
    shared_rig.pay(
        payment("canary-1"),
        payment("canary-2", creditor={"name": PERSON_NAME}, creditor_agent={"bic": BANK_BIC}),
    )
    shared_rig.send([(b"canary-3", json.dumps(payment("canary-3", debtor="Gulnara Canary")).encode())])
    shared_rig.await_decided("canary-1", "canary-2", "canary-3")
    assert shared_worker.log
    assert canary not in shared_worker.text
    assert canary not in shared_worker.get("/metrics")[1]
    assert canary not in shared_worker.get("/health/ready")[1] + shared_worker.get("/health/live")[1]


def _bad_record(case: dict[str, Any]) -> tuple[bytes | None, bytes]:
    value = case["value"].encode() + case.get("repeat", "").encode() * case.get("times", 0)
    value += bytes.fromhex(case.get("hex", "")) + case.get("tail", "").encode()
    value = value.replace(b"PID", _slug(case).encode())
    if "key_hex" in case:
        return bytes.fromhex(case["key_hex"]), value
    key = case["key"]
    return None if key is None else key.replace("PID", _slug(case)).encode(), value


def _expected_id(case: Mapping[str, str], key: bytes | None, position: str) -> str:
    """The id comes from the key if valid, else from the readable part, else from the record's position."""
    if key is not None and 0 < len(key) <= 128:
        return key.decode("utf-8", "backslashreplace")
    return _slug(case) if "PID" in case["value"] else position


def _slug(case: Mapping[str, str]) -> str:
    return "bad-" + case["name"].replace(" ", "-").replace(",", "")


def _named(rig: Rig, start: str) -> list[Written]:
    return [decision for decision in rig.decisions() if decision.json["payment_id"].startswith(start)]


def _labels(labels: dict[str, str]) -> str:
    return (
        "{" + ",".join(f'{name}="{value}"' for name, value in sorted(labels.items())) + "}" if labels else ""
    )
