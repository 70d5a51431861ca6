"""`holdgate deadletters`: list the records of a broken producer and redrive them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaProducer

from deploy.local.redis_server import Redis
from holdgate.adapters.kafka.audit_log import AuditLog
from holdgate.adapters.kafka.clients import open_client
from holdgate.adapters.kafka.topic_admin import create_like
from holdgate.core.records import topics
from holdgate.core.records.offset_ranges import pack_offsets, unpack_offsets
from holdgate.lists.building import BuiltSnapshot
from tests.support.payments import payment
from tests.support.rig import Rig, closing, wait_until
from tests.support.small_list import small

__all__ = ["small"]

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

WHY = ("--reason", "incident 1290", "--execute")


@pytest.fixture(scope="module")
def gate(
    tmp_path_factory: pytest.TempPathFactory, runtime_folder: Path, kafka: str, small: BuiltSnapshot
) -> Iterator[Rig]:
    """Yield a gate with a running worker; each test uses its own broken records."""
    folder = tmp_path_factory.mktemp("dead")
    with (
        Redis(runtime_folder / "redis-dead") as redis,
        closing(Rig(folder, kafka, redis.url, "dead.")) as rig,
    ):
        rig.create_topics()
        rig.make_current(small)
        rig.worker().await_ready()
        yield rig


def break_some(rig: Rig, name: str, number: int, content_type: bytes = b"application/xml") -> list[str]:
    """Send JSON payments with the wrong content type, and return their ids."""
    before = len(rig.dead_letters())
    ids = [f"{name}-{at}" for at in range(number)]
    rig.pay(*(payment(one) for one in ids), **{"content-type": content_type, "traceparent": b"00-1"})
    rig.await_decided(*ids)
    wait_until(lambda: len(rig.dead_letters()) >= before + number, "the dead letters")
    return ids


def listed(rig: Rig) -> dict[str, int]:
    """Return the number of open dead letters by reason."""
    shown = rig.holdgate("deadletters", "list", "--json")
    assert shown.exit_code == 0, shown.output
    return {group["reason"]: group["letters"] for group in map(json.loads, shown.stdout.splitlines())}


def test_dead_letters_are_redriven_with_a_corrected_header(gate: Rig) -> None:
    """Dry runs change nothing. Then each payment is decided in its partition, with its time and order."""
    ids = break_some(gate, "wrong", 6)
    assert listed(gate)["not_xml"] == 6

    dry = gate.holdgate("deadletters", "redrive", "--code", "not_xml")
    assert dry.exit_code == 1
    assert "would come back as not_xml" in dry.stdout
    assert "0 of 6 to send" in dry.stdout
    mended = ("redrive", "--code", "not_xml", "--header", "content-type=application/json")
    dry = gate.holdgate("deadletters", *mended)
    assert dry.exit_code == 0
    assert "6 of 6 to send" in dry.stdout
    assert len(gate.decided(ids[0])) == 1

    unaudited = gate.holdgate("deadletters", *mended, "--execute")
    assert unaudited.exit_code == 3
    assert "--reason is required" in unaudited.stderr
    done = gate.holdgate("deadletters", *mended, *WHY)
    assert done.exit_code == 0, done.output
    for one in gate.await_decided(*ids, times=2):
        assert (one.json["decision"], one.json["reason"]) == ("RELEASE", "NO_MATCH")
        assert one.about["traceparent"] == "00-1"
    first, second = ([gate.decided(one)[at] for one in ids] for at in (0, 1))
    assert [one.partition for one in first] == [one.partition for one in second]
    offsets = [(one.partition, int(one.about[topics.INPUT_OFFSET])) for one in second]
    for partition in {place for place, _ in offsets}:
        inside = [offset for place, offset in offsets if place == partition]
        assert inside == sorted(inside)

    assert "not_xml" not in listed(gate)
    again = gate.holdgate("deadletters", *mended, *WHY)
    assert again.exit_code == 3
    [started, ended] = [found for found in AuditLog(gate.settings).read() if found.reason == "incident 1290"]
    assert (started.state, ended.state, ended.counts) == ("started", "ended", {"redriven": 6})
    assert unpack_offsets(ended.what["positions"]) == unpack_offsets(started.what["positions"])


def test_a_record_is_quarantined_after_three_redrives(gate: Rig) -> None:
    """A record that fails each time is not sent a fourth time."""
    break_some(gate, "hopeless", 1, b"application/hopeless")
    wanted = ("redrive", "--code", "unknown_format", "--even-if-it-fails", *WHY)
    for attempt in range(1, 4):
        before = len(gate.dead_letters())
        done = gate.holdgate("deadletters", *wanted)
        assert done.exit_code == 0, (attempt, done.output)
        gate.await_decided("hopeless-0", times=attempt + 1)
        wait_until(lambda: len(gate.dead_letters()) > before, "it to come back")  # noqa: B023
    refused = gate.holdgate("deadletters", *wanted)
    assert refused.exit_code == 3
    assert "quarantined: came back 3 times" in refused.stdout
    assert "nothing to send" in refused.stderr

    position = re.search(r"unknown_format .*?(\d+:\d+)$", gate.holdgate("deadletters", "list").stdout, re.M)
    assert position is not None
    shown = gate.holdgate("deadletters", "show", position[1]).stdout
    assert "3 times, quarantined" in shown
    assert "hopeless-0" in shown
    given_up = gate.holdgate("deadletters", "discard", position[1], "--reason", "sender was told")
    assert given_up.exit_code == 0
    assert "unknown_format" not in listed(gate)
    closed = gate.holdgate("deadletters", "show", position[1])
    assert closed.exit_code == 3
    assert "was already redriven or discarded" in closed.stderr
    [audit] = [found for found in AuditLog(gate.settings).read() if found.action == "dead-letters.discard"]
    assert (audit.reason, audit.counts) == ("sender was told", {"discarded": 1})


def test_dead_letters_from_spring_are_sent_to_their_original_topic(gate: Rig) -> None:
    """Another program wrote them; the headers of its exception are dropped."""
    assert create_like(gate.settings, "bank.DLT", 1)
    producer = open_client(KafkaProducer, bootstrap_servers=gate.settings.kafka)
    headers = [
        ("kafka_dlt-original-topic", b"dead.payments.submitted"),
        ("kafka_dlt-original-partition", (2).to_bytes(4, "big")),
        ("kafka_dlt-original-offset", (41).to_bytes(8, "big")),
        ("kafka_dlt-original-timestamp", (1795428000500).to_bytes(8, "big")),
        ("kafka_dlt-exception-fqcn", b"com.bank.TimeoutException"),
        ("tracestate", b"bank=1"),
    ]
    value = json.dumps(payment("spring-1")).encode()
    producer.send("dead.bank.DLT", value, b"spring-1", headers).get(timeout=30)
    producer.close()
    topic = ("--topic", "bank.DLT")
    assert "TimeoutException" in gate.holdgate("deadletters", "list", *topic).stdout
    done = gate.holdgate("deadletters", "redrive", *topic, *WHY)
    assert done.exit_code == 0, done.output
    [decision] = gate.await_decided("spring-1")
    assert decision.partition == 2
    assert decision.about["tracestate"] == "bank=1"
    assert "no open dead letters" in gate.holdgate("deadletters", "list", *topic).stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "0:999999"), "has no dead letter 0:999999"),
        (("show", "first"), "'first' is not a position"),
        (("redrive", "--header", "xml"), "--header 'xml' has no value"),
        (("discard", "--reason", "x"), "select the dead letters to discard"),
        (("discard", "--code", "not_json"), "--reason is required"),
        (("discard", "--code", "nothing_like_it", "--reason", "x"), "no open dead letter"),
        (("list", "--topic", "nowhere"), "topic dead.nowhere does not exist"),
    ],
    ids=str,
)
def test_an_error_is_reported_in_one_line(gate: Rig, arguments: tuple[str, ...], words: str) -> None:
    done = gate.holdgate("deadletters", *arguments)
    assert done.exit_code == 3, done.output
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_positions_are_stored_compactly() -> None:
    positions = {(0, 3), (0, 4), (0, 5), (0, 9), (2, 1)}
    assert pack_offsets(positions) == "0:3-5,9;2:1"
    assert unpack_offsets(pack_offsets(positions)) == positions
    assert unpack_offsets("") == set()
