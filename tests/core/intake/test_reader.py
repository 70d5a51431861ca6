"""Any record is read into payments or rejected with an InvalidEventError; there is no other outcome."""

import json
from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from holdgate.core.intake import (
    InvalidEventCode,
    InvalidEventError,
    Received,
    canonical,
    iso20022,
    mt,
    reader,
)
from tests.support.bad_records import CASES, POSITION, Case

FAILED = "reader_failed"
"""No known record makes a reader fail."""

NAMES = ("Li Na", "Li Bo", "AAAAAAAAAA")
GOOD = b'{"payment_id":"P-1","debtor":{"name":"Li Na"}}'


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_a_bad_record_is_rejected_with_its_code(case: Case) -> None:
    with pytest.raises(InvalidEventError) as caught:
        reader.read(case.value.bytes(), case.key_bytes, case.content_type)
    assert caught.value.code == case.code
    assert reader.held_payment_id(case.key_bytes, caught.value, POSITION) == case.identity


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_an_error_states_the_reason_and_quotes_no_names(case: Case) -> None:
    """The text goes into headers and logs, which must not contain names or accounts."""
    with pytest.raises(InvalidEventError) as caught:
        reader.read(case.value.bytes(), case.key_bytes, case.content_type)
    text = str(caught.value)
    assert 10 <= len(text) <= 300
    assert not any(name in text for name in NAMES)


def test_every_code_has_a_case() -> None:
    assert {case.code for case in CASES} == set(get_args(InvalidEventCode)) - {FAILED}


@pytest.mark.parametrize("value", [b"{}", b"<a/>", b"{1:F01}"])
def test_a_record_on_which_a_reader_fails_is_rejected(value: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the record would be retried forever."""

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("while looking at Li Na")

    for module, function in ((canonical, "read_members"), (iso20022, "read"), (mt, "read")):
        monkeypatch.setattr(module, function, fail)
    with pytest.raises(InvalidEventError) as caught:
        reader.read(value, b"P-1")
    assert caught.value.code == FAILED
    assert str(caught.value) == "the reader failed with ZeroDivisionError: the record was not screened"


def test_a_name_in_the_wrong_place_is_not_quoted() -> None:
    """msgspec quotes a value that is not in an enumeration, and the value may be a name."""
    for wrong in ("Ulrike Sommerfeld", "Ulrike - at `$.x`\nSommerfeld", "'"):
        value = json.dumps({"payment_id": "1", "debtor": {"name": "x", "kind": wrong}}).encode()
        with pytest.raises(InvalidEventError) as caught:
            reader.read(value, b"1")
        assert "Sommerfeld" not in str(caught.value)
        assert "$.debtor.kind" in str(caught.value)


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/vnd.bank.payment+json",
        "application/cloudevents+json",
    ],
)
def test_a_payment_is_read_with_each_content_type_of_json(content_type: str | None) -> None:
    [received] = reader.read(GOOD, b"P-1", content_type)
    assert received.payment.payment_id == "P-1"


def test_the_frame_of_confluents_serializer_is_ignored() -> None:
    """The first five bytes identify a schema; payment and content hash are those of the rest."""
    framed = b"\0" + (1234).to_bytes(4, "big") + GOOD
    assert reader.read(framed, b"P-1") == reader.read(GOOD, b"P-1")
    assert reader.read(framed, b"P-1", "application/json") == reader.read(GOOD, b"P-1")


def test_white_space_around_a_payment_is_ignored() -> None:
    assert reader.read(b" \r\n" + GOOD + b"\n", b"P-1") == reader.read(GOOD, b"P-1")


def test_a_key_may_be_in_any_script() -> None:
    value = json.dumps({"payment_id": "платёж-1", "debtor": {"name": "Li Na"}}, ensure_ascii=False).encode()
    [received] = reader.read(value, "платёж-1".encode())
    assert received.payment.payment_id == "платёж-1"


@pytest.mark.parametrize(
    ("key", "read", "identity"),
    [
        (b"K", "R", "K"),
        (b" K ", "R", "K"),
        (b"", "R", "R"),
        (None, "R", "R"),
        (b"  ", None, POSITION),
        (None, None, POSITION),
        (b"K" * 128, None, "K" * 128),
        (b"K" * 129, "R", "R"),
        (b"\xff\x00", None, "\\xff\x00"),
    ],
)
def test_a_rejected_record_is_identified_by_key_or_payment_id_or_position(
    key: bytes | None, read: str | None, identity: str
) -> None:
    assert reader.held_payment_id(key, InvalidEventError("not_json", "not JSON", read), POSITION) == identity


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
members = st.sampled_from(
    ["payment_id", "debtor", "creditor", "debtor_agent", "intermediary_agents", "amount", "submitted_at",
     "value_date", "remittance", "goods", "underlying", "name", "ids", "account", "own"]
)  # fmt: skip
near_payments = st.recursive(
    st.sampled_from(["P-1", "Li Na", "1.00", "2026-11-23", "2026-11-23T10:00:00Z", "", 0, None]),
    lambda inner: st.dictionaries(members, inner, max_size=5) | st.lists(inner, max_size=2),
    max_leaves=12,
)
keys = st.none() | st.just(b"P-1") | st.binary(max_size=8)
content_types = st.none() | st.just("application/json") | st.text(max_size=12)


def _outcome(value: bytes, key: bytes | None, content_type: str | None) -> Received | InvalidEventError:
    try:
        [received] = reader.read(value, key, content_type)
    except InvalidEventError as error:
        return error
    return received


def _check(value: bytes, key: bytes | None, content_type: str | None) -> None:
    """Require a payment with its id, or an error with a known code and an id."""
    outcome = _outcome(value, key, content_type)
    if isinstance(outcome, InvalidEventError):
        assert outcome.code in set(get_args(InvalidEventCode)) - {FAILED}
        assert reader.held_payment_id(key, outcome, POSITION)
    else:
        assert key == outcome.payment.payment_id.encode()
        assert len(outcome.content_hash) == 64


@given(st.binary(max_size=300), keys, content_types)
@example(b'{"payment_id":"P-1","debtor":{"name":"x"},"a":1e400}', b"P-1", None)
@example(b"\0", b"P-1", None)
def test_arbitrary_bytes_are_read_or_rejected(
    value: bytes, key: bytes | None, content_type: str | None
) -> None:
    _check(value, key, content_type)


@given(json_values | near_payments, keys, content_types, st.booleans())
def test_arbitrary_json_is_read_or_rejected(
    value: Any, key: bytes | None, content_type: str | None, escaped: bool
) -> None:
    _check(json.dumps(value, ensure_ascii=escaped).encode("utf-8", "surrogatepass"), key, content_type)


@given(st.data())
def test_a_payment_with_changed_bytes_is_read_or_rejected(data: st.DataObject) -> None:
    value = bytearray(GOOD + b" ")
    for _ in range(data.draw(st.integers(1, 3))):
        value[data.draw(st.integers(0, len(value) - 1))] = data.draw(st.integers(0, 255))
    _check(bytes(value), b"P-1", None)
