"""Headers of published records: CloudEvents, the unchanged trace, and the position of the input."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from holdgate.core.records import topics
from holdgate.core.records.kafka_record import (
    Header,
    Record,
    announcement_headers,
    dead_letter_headers,
    decision_headers,
)

NOW = datetime(2026, 11, 23, 15, 30, 0, 5, tzinfo=timezone(timedelta(hours=5, minutes=30)))


def _record(*headers: Header) -> Record:
    return Record("payments.submitted", 3, 1205, 1795428000.25, b"P-1", b"{}", headers)


def _only(headers: list[Header], name: str) -> bytes:
    [value] = [value for found, value in headers if found == name]
    return value


def test_a_record_is_named_by_topic_partition_and_offset() -> None:
    assert _record().position == "payments.submitted:3:1205"


def test_the_last_header_of_a_name_counts_in_any_case() -> None:
    record = _record(("content-type", b"text/plain"), ("Content-Type", b"application/json"), ("x", b"\xff"))
    assert record.header("content-type") == "application/json"
    assert record.header("x") == "\ufffd"
    assert record.header("absent") is None


def test_a_decision_has_the_headers_of_the_contract() -> None:
    """CloudEvents 1.0 in binary mode, the content type, and the position of the input."""
    assert decision_headers(_record(), "ab" * 16, NOW) == [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"ab" * 16),
        ("ce_type", b"holdgate.screening.decision.v1"),
        ("ce_source", b"/holdgate/payments.submitted"),
        ("ce_time", b"2026-11-23T10:00:00.000005Z"),
        ("content-type", b"application/json"),
        ("holdgate_topic", b"payments.submitted"),
        ("holdgate_partition", b"3"),
        ("holdgate_offset", b"1205"),
    ]


def test_trace_headers_are_copied_and_others_are_not() -> None:
    record = _record(
        ("TraceParent", b"00-\xff"), ("tracestate", b"a=1"), ("tracestate", b"b=2"), ("own", b"x")
    )
    headers = decision_headers(record, "0" * 32, NOW)
    assert [pair for pair in headers if pair[0].lower() in topics.TRACE_HEADERS] == list(record.headers[:3])
    assert "own" not in dict(headers)


def test_a_dead_letter_states_what_where_and_why() -> None:
    headers = dead_letter_headers(_record(), "not_json", "not JSON: cut", NOW)
    assert _only(headers, "ce_id") == b"payments.submitted:3:1205"
    assert _only(headers, "ce_type") == b"holdgate.screening.dead-letter.v1"
    assert _only(headers, topics.INPUT_TOPIC) == b"payments.submitted"
    assert _only(headers, topics.INPUT_PARTITION) == b"3"
    assert _only(headers, topics.INPUT_OFFSET) == b"1205"
    assert _only(headers, topics.INPUT_TIMESTAMP) == b"1795428000250"
    assert _only(headers, topics.REASON_CODE) == b"not_json"
    assert _only(headers, topics.REASON_TEXT) == b"not JSON: cut"


def test_a_dead_letter_keeps_every_header_of_the_record() -> None:
    """Redrive must be able to restore the record, so added headers do not hide existing ones."""
    own = [
        ("content-type", b"text/xml"),
        ("own", b"\xff\x00"),
        ("own", b"2"),
        ("ce_id", b"A-77"),
        ("traceparent", b"00"),
    ]
    headers = dead_letter_headers(_record(*own), "unknown_format", "not JSON", NOW)
    kept = [(topics.ORIGINAL + name if name == "ce_id" else name, value) for name, value in own]
    assert headers[: len(kept)] == kept
    assert _only(headers, "ce_id") == b"payments.submitted:3:1205"


def test_an_announcement_has_the_headers_of_the_contract() -> None:
    headers = announcement_headers("0f8e", NOW)
    assert _only(headers, "ce_id") == b"0f8e"
    assert _only(headers, "ce_type") == b"holdgate.lists.publication.published.v1"
    assert _only(headers, "ce_source") == b"/holdgate/lists"


@pytest.mark.parametrize("text", ["a\nb", "имя", "\ud800"])
def test_any_reason_text_can_be_encoded(text: str) -> None:
    headers = dead_letter_headers(_record(), "not_json", text, datetime(2026, 1, 1, tzinfo=UTC))
    assert _only(headers, topics.REASON_TEXT)
