"""`topics.py` and `schemas/asyncapi.yaml` agree: neither can change alone."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
import yaml

from deploy.local.daemon import ROOT
from holdgate.core.intake import InvalidEventCode
from holdgate.core.records import topics
from holdgate.core.records.kafka_record import (
    Header,
    Record,
    announcement_headers,
    audit_headers,
    checkpoint_headers,
    dead_letter_headers,
    decision_headers,
    evidence_headers,
    review_event_headers,
)
from holdgate.runtime.settings import Settings
from holdgate.screening.metrics import DEAD_LETTER_CODES

Node = dict[str, Any]
PATH = ROOT / "schemas" / "asyncapi.yaml"
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
RECORD = Record(
    "payments.submitted", 3, 17, 1795428000.5, b"1", b"?", [("traceparent", b"00-1"), ("tracestate", b"a=1")]
)
MADE_AGAIN = {topics.FOLLOWS, topics.REPLAY}
"""Headers of decisions that a replay made."""

WITHOUT_INPUT = (
    topics.PUBLISHED,
    topics.AUDIT,
    topics.REVIEW_EVENTS,
    topics.REVIEW_EVIDENCE,
    topics.CHECKPOINTS,
)
"""Topics whose records follow from no payment record, so that no header is copied."""

WRITTEN: dict[topics.Topic, list[Header]] = {
    topics.DECISIONS: decision_headers(RECORD, "0" * 32, NOW),
    topics.DEAD_LETTERS: dead_letter_headers(RECORD, "not_json", "not JSON", NOW),
    topics.PUBLISHED: announcement_headers("0f8e", NOW),
    topics.AUDIT: audit_headers("20261124T023000-0f8e7d", NOW),
    topics.REVIEW_EVENTS: review_event_headers("e1" * 16, NOW),
    topics.REVIEW_EVIDENCE: evidence_headers("0f" * 32, "text/plain", NOW),
    topics.CHECKPOINTS: checkpoint_headers("holdgate/operations.audit/0:1", NOW),
}


@pytest.fixture(scope="module")
def document() -> Node:
    found: Node = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    return found


def _follow(document: Node, node: Node) -> Node:
    """Return the node, or the target of its local reference."""
    reference: str | None = node.get("$ref")
    if reference is None or not reference.startswith("#/"):
        return node
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return _follow(document, found)


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from _references(child)
    elif isinstance(node, list):
        for child in node:
            yield from _references(child)


def _channel(document: Node, topic: topics.Topic) -> Node:
    [channel] = [found for found in document["channels"].values() if found["address"] == topic.name]
    return dict(channel)


def _message(document: Node, topic: topics.Topic) -> Node:
    [message] = _channel(document, topic)["messages"].values()
    return _follow(document, message)


def _headers(document: Node, topic: topics.Topic) -> Node:
    return _follow(document, _message(document, topic)["headers"])


def test_the_document_is_valid_asyncapi(document: Node) -> None:
    """It has the members that AsyncAPI 3.1.0 requires, and every reference resolves."""
    assert document["asyncapi"] == "3.1.0"
    assert {"title", "version"} <= document["info"].keys()
    for channel in document["channels"].values():
        assert {"address", "messages", "bindings"} <= channel.keys()
    for operation in document["operations"].values():
        assert operation["action"] in ("send", "receive")
        assert "$ref" in operation["channel"]
    for reference in _references(document):
        if reference.startswith("#/"):
            assert _follow(document, {"$ref": reference})
        else:
            assert (PATH.parent / reference).is_file(), reference


def test_the_topics_are_the_same(document: Node) -> None:
    addresses = [channel["address"] for channel in document["channels"].values()]
    assert sorted(addresses) == sorted(topic.name for topic in topics.TOPICS)
    assert len(set(addresses)) == len(addresses)


@pytest.mark.parametrize("topic", topics.TOPICS, ids=lambda topic: str(topic.name))
def test_keys_and_settings_are_the_same(document: Node, topic: topics.Topic) -> None:
    kafka = _channel(document, topic)["bindings"]["kafka"]
    settings = {
        name: ",".join(value) if isinstance(value, list) else str(value)
        for name, value in kafka["topicConfiguration"].items()
    }
    assert settings == {"cleanup.policy": "delete"} | dict(topic.config)
    assert kafka["topic"] == topic.name
    assert kafka.get("partitions") == topic.partitions
    assert _message(document, topic)["bindings"]["kafka"]["key"]["description"] == topic.key


def test_writers_and_readers_are_the_same(document: Node) -> None:
    said = sorted(
        (
            operation["tags"][0]["name"],
            operation["action"],
            _follow(document, operation["channel"])["address"],
        )
        for operation in document["operations"].values()
    )
    meant = [(writer, "send", topic.name) for topic in topics.TOPICS for writer in topic.written_by]
    meant += [(reader, "receive", topic.name) for topic in topics.TOPICS for reader in topic.read_by]
    assert said == sorted(meant)


def test_screening_reads_in_the_group_of_the_settings(document: Node) -> None:
    group = document["operations"]["screeningReads"]["bindings"]["kafka"]["groupId"]
    assert group["default"] == Settings().group


@pytest.mark.parametrize("topic", WRITTEN, ids=lambda topic: str(topic.name))
def test_headers_are_the_published_ones(document: Node, topic: topics.Topic) -> None:
    """All are documented; those not copied from the input are required."""
    headers = _headers(document, topic)
    written = {name for name, _ in WRITTEN[topic]}
    assert headers["properties"].keys() == written | (
        set() if topic in WITHOUT_INPUT else set(topics.CARRIED_HEADERS)
    ) | (MADE_AGAIN if topic is topics.DECISIONS else set())
    assert set(headers["required"]) == written - set(topics.CARRIED_HEADERS)


@pytest.mark.parametrize("topic", WRITTEN, ids=lambda topic: str(topic.name))
def test_cloud_events_types_are_the_same(document: Node, topic: topics.Topic) -> None:
    properties = _headers(document, topic)["properties"]
    assert properties["ce_type"]["const"] == topics.CE_TYPES[topic]
    assert _follow(document, properties["ce_specversion"])["const"] == topics.CE_VERSION


def test_trace_headers_are_documented_where_they_are_copied(document: Node) -> None:
    assert set(topics.CARRIED_HEADERS) <= _headers(document, topics.SUBMITTED)["properties"].keys()


def test_reason_codes_are_the_same(document: Node) -> None:
    """The code of a dead letter is a rejection code of intake or says that the engine failed."""
    codes = _headers(document, topics.DEAD_LETTERS)["properties"][topics.REASON_CODE]["enum"]
    assert tuple(codes) == DEAD_LETTER_CODES == (*get_args(InvalidEventCode), "internal_error")


def test_payloads_are_the_generated_schemas(document: Node) -> None:
    payloads = {topic.name: _message(document, topic)["payload"].get("$ref") for topic in topics.TOPICS}
    assert payloads == {
        "payments.submitted": "./payment.schema.json",
        "screening.decisions": "./decision.schema.json",
        "screening.dead-letters": None,
        "payments.quarantined": None,
        "lists.published": "./list-announcement.schema.json",
        "operations.audit": "./audit.schema.json",
        "review.events": "./review-event.schema.json",
        "review.evidence": None,
        "audit.checkpoints": None,
    }


def test_decisions_have_as_many_partitions_as_payments() -> None:
    """A decision goes to the partition number of its input, so both topics have equally many."""
    assert topics.SUBMITTED.partitions is None
    assert topics.DECISIONS.partitions is None


def test_a_record_too_large_to_read_fits_as_a_dead_letter() -> None:
    for topic in (topics.SUBMITTED, topics.DEAD_LETTERS):
        assert int(dict(topic.config)["max.message.bytes"]) >= 10 * 1024 * 1024


def test_the_documentation_has_the_retention_of_every_topic() -> None:
    text = (ROOT / "docs" / "topics.md").read_text(encoding="utf-8")
    for topic in topics.TOPICS:
        config = dict(topic.config)
        cleanup = config.get("cleanup.policy", "delete")
        retention = {"-1": "for ever", topics.WEEK_MS: "at least 7 days", topics.MONTH_MS: "at least 28 days"}
        kept = "newest per key" if cleanup == "compact" else retention[config["retention.ms"]]
        assert f"| {topic.name} | {kept} | {cleanup} |" in text
