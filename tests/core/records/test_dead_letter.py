"""Dead letters in three conventions, and what is sent when each is redriven."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.records import topics
from holdgate.core.records.dead_letter import read_dead_letter
from holdgate.core.records.kafka_record import Header, Record, dead_letter_headers

NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)


def letter(*headers: Header) -> Record:
    """Return a record of a dead letter topic."""
    return Record("dead", 1, 7, NOW.timestamp(), b"key", b"?", headers)


def test_our_own_dead_letter_is_restored_unchanged() -> None:
    """This includes headers of the record that have the same names as ours."""
    own = (("traceparent", b"00-1"), ("ce_id", b"sender's"), ("original_ce_id", b"both"), ("rail", b"swift"))
    record = Record("payments.submitted", 3, 17, 1795428000.5, b"k", b"?", own[:2] + own[3:])
    found = read_dead_letter(letter(*dead_letter_headers(record, "not_json", "not JSON", NOW)))
    assert (found.convention, found.reason, found.text) == ("holdgate", "not_json", "not JSON")
    assert (found.topic, found.partition, found.offset) == ("payments.submitted", 3, 17)
    assert found.timestamp == 1795428000500
    assert set(found.headers) == set(record.headers)
    assert (found.attempts, found.quarantined) == (0, False)


def test_numbers_from_spring_are_big_endian_bytes() -> None:
    found = read_dead_letter(
        letter(
            ("kafka_dlt-original-topic", b"payments.submitted"),
            ("kafka_dlt-original-partition", (5).to_bytes(4, "big")),
            ("kafka_dlt-original-offset", (1 << 40).to_bytes(8, "big")),
            ("kafka_dlt-original-timestamp", (1795428000500).to_bytes(8, "big")),
            ("kafka_dlt-original-timestamp-type", b"CreateTime"),
            (
                "kafka_dlt-exception-fqcn",
                b"org.springframework.kafka.listener.ListenerExecutionFailedException",
            ),
            ("kafka_dlt-exception-cause-fqcn", b"com.bank.UnknownMessageException"),
            ("kafka_dlt-exception-message", b"no such message"),
            ("kafka_dlt-exception-stacktrace", b"at ..."),
            ("retry_topic-attempts", (3).to_bytes(4, "big")),
            ("rail", b"swift"),
        )
    )
    assert (found.convention, found.reason, found.text) == (
        "spring",
        "UnknownMessageException",
        "no such message",
    )
    assert (found.topic, found.partition, found.offset) == ("payments.submitted", 5, 1 << 40)
    assert found.timestamp == 1795428000500
    assert found.headers == (("rail", b"swift"),)


def test_numbers_from_kafka_connect_are_text() -> None:
    found = read_dead_letter(
        letter(
            ("__connect.errors.topic", b"payments.submitted"),
            ("__connect.errors.partition", b"5"),
            ("__connect.errors.offset", b"42"),
            ("__connect.errors.connector.name", b"core-banking"),
            ("__connect.errors.stage", b"VALUE_CONVERTER"),
            ("__connect.errors.exception.class.name", b"org.apache.kafka.connect.errors.DataException"),
            ("__connect.errors.exception.message", b"bad schema"),
            ("tracestate", b"a=1"),
        )
    )
    assert (found.convention, found.reason) == ("connect", "DataException in VALUE_CONVERTER")
    assert (found.topic, found.partition, found.offset, found.timestamp) == (
        "payments.submitted",
        5,
        42,
        None,
    )
    assert found.headers == (("tracestate", b"a=1"),)


def test_a_dead_letter_without_known_headers_can_be_read() -> None:
    found = read_dead_letter(letter(("rail", b"swift")))
    assert (found.convention, found.reason, found.topic) == ("none", "unknown", None)
    assert found.headers == (("rail", b"swift"),)
    assert found.order == ("", 1, 7)


def test_a_record_that_failed_three_times_is_quarantined() -> None:
    for attempts in range(5):
        found = read_dead_letter(letter((topics.REDRIVES, str(attempts).encode())))
        assert found.attempts == attempts
        assert found.quarantined == (attempts >= 3)
        assert found.headers == ()


NAMES = st.sampled_from(
    [
        topics.REASON_CODE,
        topics.INPUT_PARTITION,
        topics.REDRIVES,
        "kafka_dlt-original-partition",
        "kafka_dlt-original-offset",
        "__connect.errors.offset",
        "other",
    ]
)


@given(st.lists(st.tuples(NAMES, st.binary(max_size=12))))
def test_any_headers_are_read(headers: list[Header]) -> None:
    """Other programs write them, and none may stop the listing."""
    found = read_dead_letter(letter(*headers))
    assert found.reason is not None
    assert found.partition is None or isinstance(found.partition, int)
    assert dict(found.headers).keys() <= {name for name, _ in headers}
