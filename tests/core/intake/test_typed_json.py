"""The typed decoder reads a record exactly as the careful reader does, or leaves it to that one."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.intake import MAX_BYTES, InvalidEventError, Received, canonical, reader, typed_json
from holdgate.core.model.payment import AGENTS, PARTIES
from tests.support.bad_records import CASES
from tests.support.hostile import RECORDS

PARTY = {
    "name": 'Ольга "Оля" Sommerfeld',
    "kind": "person",
    "account": {"iban": "DE89370400440532013000", "other": "1"},
    "address": {"lines": ["c/o Li Na", "Hof 3"], "street": "Weg 1", "postcode": "1010", "country": "AT"},
    "ids": [{"type": "tax", "value": "12"}, {"type": "passport", "value": "P1", "country": "KZ"}],
    "birth_date": "1970-01-31",
}
AGENT = {"bic": "COBADEFFXXX", "name": "Commerzbank AG", "lei": "529900T8BM49AURSDO55"}
TRANSFER: dict[str, Any] = {
    "end_to_end_id": "E-1",
    "refers_to": {"message_id": "M-9", "uetr": "97ed4827-7b6f-4491-a06f-b548d5a7512d"},
    "rail": "swift",
    "amount": "1250.00",
    "currency": "EUR",
    "value_date": "2026-11-24",
    "other_parties": [{"name": "Ayse Demir"}],
    "intermediary_agents": [AGENT],
    "remittance": ["invoice 7", 'a": "b', "\u2028\x7f\n"],
    "purpose": "SALA",
    "goods": [{"hs_code": "8542.31", "description": "Bearings"}],
    "vessels": [{"name": "Canary Star", "imo": "9074729"}],
    **dict.fromkeys(PARTIES, PARTY),
    **dict.fromkeys(AGENTS, AGENT),
}
WHOLE = {"payment_id": "P-1", "submitted_at": "2026-11-23T10:00:00Z", **TRANSFER, "underlying": TRANSFER}
SMALL = {"payment_id": "P-1", "debtor": {"name": "Li Na"}, "creditor": {"name": "Li Bo"}}

Outcome = Received | tuple[str, str, str | None]


def _outcome(value: bytes, key: bytes | None) -> Outcome:
    """Return what the careful reader makes of a record: a payment, or the error in all its parts."""
    try:
        return canonical.read(value, key)
    except InvalidEventError as error:
        return error.code, str(error), error.payment_id


def _check_equal(value: bytes, key: bytes | None = b"P-1") -> bool:
    """Check a record; return whether the typed decoder read or refused it."""
    try:
        typed: Outcome | None = typed_json.read(value, key)
    except InvalidEventError as error:
        typed = error.code, str(error), error.payment_id
    if typed is None:
        return False
    assert typed == _outcome(value, key)
    return True


class Members(list[tuple[str, Any]]):
    """An object as pairs of a name in quotation marks and a value, so that a name can be given twice."""


def _parsed(value: dict[str, Any]) -> Members:
    def members(pairs: list[tuple[str, Any]]) -> Members:
        return Members((json.dumps(name), member) for name, member in pairs)

    parsed: Members = json.loads(json.dumps(value), object_pairs_hook=members)
    return parsed


def _objects(value: Any) -> Iterator[Members]:
    if isinstance(value, Members):
        yield value
        for _, member in value:
            yield from _objects(member)
    elif isinstance(value, list):
        for item in value:
            yield from _objects(item)


class Token(NamedTuple):
    """A value as it stands in the text."""

    text: str


def _text(value: Any, space: str, is_ascii: bool) -> str:
    if isinstance(value, Token):
        return value.text
    if isinstance(value, Members):
        members = (f"{name}{space}:{space}{_text(member, space, is_ascii)}" for name, member in value)
        return f"{{{space}{f'{space},'.join(members)}}}"
    if isinstance(value, list):
        return f"[{f',{space}'.join(_text(item, space, is_ascii) for item in value)}{space}]"
    return json.dumps(value, ensure_ascii=is_ascii)


TOKENS = (
    *r"""
    null [] {} "" 0 -1.5e3 true NaN nullx "null" "\u0022" "\u0022\u0022" "\"" "\\u0022" "\ud800"
    "\ud83d\ude00"
    "\u00e9\/" "x""y" [["x"]] ["x",null] {"name":"x"} [{"name":"x"}] "2026-11-24" "2026-02-30"
    1763892000 "EUR"
    "2026-11-23T10:00:00.5+05:30"
    """.split(),
    *("[ ]", '" "', '"\t"', '"\ufdfa"', '"2026-11-23 10:00:00Z"', "[" * 40 + "]" * 40, f'"{"x" * 20_001}"'),
)
NAMES = ('"name"', '"n\\u0061me"', '"Name"', '"debtor"', '"payment_id"', '"a\\""', '"\\u0022"', '""', "name")


@st.composite
def _changed(draw: st.DrawFn) -> bytes:
    """A payment with some members given twice, renamed, dropped, unknown or of another value."""
    payment = _parsed(draw(st.sampled_from((WHOLE, SMALL))))
    for _ in range(draw(st.integers(0, 3))):
        members = draw(st.sampled_from(list(_objects(payment))))
        place = draw(st.integers(0, len(members)))
        name, value = members[min(place, len(members) - 1)] if members else ('"name"', "x")
        match draw(st.sampled_from(("twice", "again", "other", "unknown", "renamed", "dropped"))):
            case "twice":
                members.insert(draw(st.integers(0, len(members))), (name, value))
            case "again":
                members.append((name, Token(draw(st.sampled_from(TOKENS)))))
            case "other":
                members[place : place + 1] = [(name, Token(draw(st.sampled_from(TOKENS))))]
            case "unknown":
                unknown = draw(st.sampled_from(NAMES)), Token(draw(st.sampled_from(TOKENS)))
                members.insert(place, unknown)
            case "renamed":
                members[place : place + 1] = [(draw(st.sampled_from(NAMES)), value)]
            case _:
                del members[place : place + 1]
    text = _text(payment, draw(st.sampled_from(("", " ", "\n\t"))), draw(st.booleans()))
    return text.encode("utf-8", "surrogatepass")


@given(_changed())
def test_a_changed_payment_is_read_as_by_the_careful_reader(value: bytes) -> None:
    _check_equal(value)


@given(
    st.sampled_from((WHOLE, SMALL)),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(TOKENS) | st.text(max_size=3))),
)
def test_any_bytes_are_read_as_by_the_careful_reader(
    payment: dict[str, Any], changes: list[tuple[float, int, str]]
) -> None:
    value = msgspec.json.encode(payment)
    for place, removed, added in changes:
        start = int(place * len(value))
        value = value[:start] + added.encode("utf-8", "surrogatepass") + value[start + removed :]
    _check_equal(value)


@pytest.mark.parametrize("value", [case.value.bytes() for case in CASES] + [case.value for case in RECORDS])
def test_a_bad_record_is_refused_as_by_the_careful_reader(value: bytes) -> None:
    for key in (None, b"H", b"P-1"):
        _check_equal(value, key)


@pytest.mark.parametrize("payment", [WHOLE, SMALL])
@pytest.mark.parametrize("frame", [b"", b"\0\0\0\0\7"])
def test_an_ordinary_payment_needs_no_careful_reader(
    payment: dict[str, Any], frame: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its white space, order and escapes."""
    values = [
        frame + json.dumps(payment, indent=indent, sort_keys=sort, ensure_ascii=escapes).encode()
        for indent in (None, 2)
        for sort in (False, True)
        for escapes in (False, True)
    ]
    expected = canonical.read(msgspec.json.encode(payment))
    monkeypatch.setattr(canonical, "decode", None)
    assert [reader.read(value, b"P-1") for value in values] == [(expected,)] * len(values)


@pytest.mark.parametrize(
    "text",
    [
        '{"payment_id":"P-1","debtor":{"name":"x"},"debtor":{"name":"x"}}',
        '{"payment_id":"P-1","debtor":{"name":"x","n\\u0061me":"x"}}',
        '{"payment_id":"P-1","debtor":{"name":"\\u0022\\u0022"},"creditor":{"name":"x"},"purpose":null}',
        '{"payment_id":"P-1","debtor":{"name":"\\u0022\\u0022\\u0022\\u0022"},"beneficiary":"x"}',
        '{"payment_id":"P-1","debtor":{"name":"\\u0022\\u0022"},"beneficiary":1}',
        '{"payment_id":"P-1","debtor":{"name":"x"},"goods":[ ]}',
        '{"payment_id":"P-2","debtor":{"name":"x"}}',
        '{"debtor":{"name":"x"}}',
    ],
)
def test_a_record_of_which_a_typed_decoder_drops_something_is_left_alone(text: str) -> None:
    assert typed_json.read(text.encode(), b"P-1") is None


def test_a_record_of_the_maximum_size_is_read_and_a_larger_one_left_alone() -> None:
    value = msgspec.json.encode(SMALL)
    assert _check_equal(value.ljust(MAX_BYTES))
    assert not _check_equal(value.ljust(MAX_BYTES + 1))


def test_too_much_text_is_refused_as_by_the_careful_reader() -> None:
    for name in ("\ufdfa" * 1_112, "x" * 20_000):
        assert _check_equal(json.dumps(SMALL | {"creditor": {"name": name}, "purpose": "x"}).encode())
