"""The content hash is equal for equal content, and only for equal content."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.intake import MAX_BYTES, InvalidEventError, canonical

BASE: dict[str, Any] = {
    "payment_id": "P-1",
    "submitted_at": "2026-11-23T10:00:00Z",
    "amount": "1250.00",
    "debtor": {"name": 'Ольга "Оля"\n\u2028\x7f Sommerfeld', "ids": [{"type": "tax", "value": "1"}]},
    "own": {"z": [1, -2, 0.5, True, None, "é"], "a": {}},
}


def _hash(members: dict[str, Any], **dumps: Any) -> str:
    return canonical.read(json.dumps(members, **dumps).encode()).content_hash


def _by_the_standard_library(members: dict[str, Any]) -> str:
    """Compute the hash by its definition, without Holdgate, as any other program can."""
    content = {name: value for name, value in members.items() if name not in ("payment_id", "submitted_at")}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_content_hash_is_sha256_over_canonical_json() -> None:
    assert _hash(BASE) == _by_the_standard_library(BASE)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
own = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=10,
)


@given(texts.filter(lambda text: bool(text.strip())), own)
def test_any_content_has_the_hash_computed_with_the_standard_library(name: str, member: Any) -> None:
    members = BASE | {"debtor": {"name": name}, "own": member}
    assert _hash(members) == _by_the_standard_library(members)


@given(own, st.randoms(use_true_random=False))
def test_order_white_space_and_escapes_do_not_change_the_hash(member: Any, random: Any) -> None:
    members = BASE | {"own": member}
    shuffled = list(members.items())
    random.shuffle(shuffled)
    assert _hash(dict(shuffled), indent=3, ensure_ascii=False) == _hash(members)


def test_payment_id_and_submission_time_do_not_change_the_hash() -> None:
    """A payment that is sent again, even with another id, has the same content."""
    assert _hash(BASE | {"payment_id": "P-2", "submitted_at": "2027-01-01T00:00:00+01:00"}) == _hash(BASE)
    assert _hash({name: value for name, value in BASE.items() if name != "submitted_at"}) == _hash(BASE)


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "1250.0"},
        {"debtor": {"name": "Li Na"}},
        {"own": {"z": [1], "a": {}}},
        {"another": None},
        {"underlying": {"payment_id": "1"}},
    ],
)
def test_every_other_member_changes_the_hash(change: dict[str, Any]) -> None:
    """Members that are not screened count as well, because the payment system may act on them."""
    assert _hash(BASE | change) != _hash(BASE)


def test_nested_members_called_payment_id_change_the_hash() -> None:
    one, two = ({"own": {"payment_id": name, "submitted_at": name}} for name in ("1", "2"))
    assert _hash(BASE | one) != _hash(BASE | two)


def test_a_value_of_the_maximum_size_is_read_and_one_byte_more_is_rejected() -> None:
    value = json.dumps(BASE).encode()
    assert canonical.read(value.ljust(MAX_BYTES)).content_hash == _hash(BASE)
    with pytest.raises(InvalidEventError) as caught:
        canonical.read(value.ljust(MAX_BYTES + 1))
    assert caught.value.code == "too_large"


def _nested(levels: int) -> bytes:
    return b'{"payment_id":"1","debtor":{"name":"x"},"own":' + b"[" * levels + b"]" * levels + b"}"


def test_values_are_read_up_to_the_maximum_nesting() -> None:
    """The payment itself is the first level."""
    assert canonical.read(_nested(canonical.MAX_DEPTH - 1)).payment.payment_id == "1"
    with pytest.raises(InvalidEventError) as caught:
        canonical.read(_nested(canonical.MAX_DEPTH))
    assert caught.value.code == "too_deep"


@pytest.mark.parametrize(
    "text",
    [
        '{"payment_id":"1","debtor":{"name":"\\": x"}}',
        '{"payment_id":"1","debtor":{"name":"a\\" : \\"b"},"own":{"x\\"":1,"":2}}',
        '{"payment_id":"1","debtor":{"name":"x"},"a":{"b":1},"c":{"b":1},"d":[{"b":1},{"b":1}]}',
        '{"payment_id":"1","debtor":{"name":"x"},"\\u0061":1,"A":1,"a ":1}',
    ],
)
def test_text_that_only_resembles_a_duplicate_member_is_read(text: str) -> None:
    assert canonical.read(text.encode()).payment.payment_id == "1"


@given(st.lists(st.tuples(st.sampled_from(["a", "b", '":', "\\u0061", 'a" :']), own), max_size=5))
def test_a_duplicate_member_is_always_rejected(pairs: list[tuple[str, Any]]) -> None:
    """Compare with the pairs that the standard library sees, for names that are hard to count."""
    body = ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in pairs)
    text = f'{{"payment_id":"1","debtor":{{"name":"x"}},"own":{{{body}}}}}'.encode()
    twice = len({name for name, _ in pairs}) != len(pairs)
    if twice:
        with pytest.raises(InvalidEventError) as caught:
            canonical.read(text)
        assert caught.value.code == "duplicate_member"
    else:
        assert canonical.read(text).payment.payment_id == "1"


def test_the_id_of_a_rejected_payment_is_found() -> None:
    assert canonical.find_payment_id(b'{"payment_id":"P-1"}') == "P-1"
    assert canonical.find_payment_id(b'{"payment_id":1}') is None
    assert canonical.find_payment_id(b"hello") is None
