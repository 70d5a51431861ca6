"""A signature covers name and value: whoever can write to Redis cannot forge or move a value."""

from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.records.value_signer import SIGNATURE_BYTES, ValueSigner

NEW, OLD = ValueSigner([b"n" * 32]), ValueSigner([b"o" * 32])
ROTATED, UNSIGNED = ValueSigner([b"n" * 32, b"o" * 32]), ValueSigner()

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.builds(
    lambda first, rest: bytes([first]) + rest, st.integers(0, 127), st.binary(max_size=60)
)  # fmt: skip


@given(names, values)
def test_a_signed_value_is_returned(name: str, value: bytes) -> None:
    stored = NEW.sign(name, value)
    assert len(stored) == len(value) + SIGNATURE_BYTES
    assert NEW.verify(name, stored) == value
    assert ROTATED.verify(name, OLD.sign(name, value)) == value, "while the key is changed"
    assert ROTATED.sign(name, value) == stored
    assert UNSIGNED.verify(name, stored) == value, "whoever has no key can still read it"
    assert UNSIGNED.verify(name, UNSIGNED.sign(name, value)) == value


@given(names, names, values, st.data())
def test_anything_else_is_refused(name: str, other: str, value: bytes, data: st.DataObject) -> None:
    stored = NEW.sign(name, value)
    place = data.draw(st.integers(0, len(stored) - 1))
    altered = bytearray(stored)
    altered[place] ^= data.draw(st.integers(1, 255))
    assert NEW.verify(name, bytes(altered)) is None
    assert NEW.verify(name, stored[:place]) is None
    assert NEW.verify(name, stored + b"x") is None
    assert NEW.verify(name, value) is None, "unsigned"
    assert NEW.verify(name, OLD.sign(name, value)) is None
    assert name == other or NEW.verify(other, stored) is None, "moved from another key"


@given(names, st.binary(max_size=40))
def test_any_bytes_can_be_verified(name: str, stored: bytes) -> None:
    NEW.verify(name, stored)
    UNSIGNED.verify(name, stored)


@given(st.tuples(names, values), st.tuples(names, values))
def test_name_and_value_are_not_concatenated(first: tuple[str, bytes], second: tuple[str, bytes]) -> None:
    same = NEW.sign(*first)[-SIGNATURE_BYTES:] == NEW.sign(*second)[-SIGNATURE_BYTES:]
    assert same == (first == second)
