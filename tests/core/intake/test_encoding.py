"""UTF-8 that was read as another encoding is repaired where that is certain, and noted."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.daemon import ROOT
from holdgate.core.intake import InvalidEventError, Received, canonical, reader
from holdgate.core.intake.encoding import RECORD, repair
from tests.core.intake.test_messages import MT103, transfer

CASES = [
    json.loads(line)
    for line in (ROOT / "tests" / "cases" / "encodings.jsonl").read_text(encoding="utf-8").splitlines()
]
NAME = "Łukasz Ćwik"


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["says"]))
def test_text_is_repaired_only_where_that_is_certain(case: Any) -> None:
    assert repair(case["text"]) == case.get("repaired", case["text"])


@given(st.text(st.characters(categories=["Lu", "Ll"], min_codepoint=0x400, max_codepoint=0x45F), min_size=2))
def test_any_cyrillic_that_was_encoded_twice_is_repaired(text: str) -> None:
    assert repair(text.encode().decode("latin-1")) == text


@given(st.text(st.characters(max_codepoint=0x7F)), st.text(st.characters(min_codepoint=0x100)))
def test_ascii_and_letters_beyond_latin1_are_left_alone(ascii_text: str, letters: str) -> None:
    text = ascii_text + "".join(char for char in letters if char.isalpha())
    assert repair(text) == text


def _name(received: Received) -> str | None:
    assert received.payment.debtor is not None
    return received.payment.debtor.name


@pytest.mark.parametrize("declared", ["ISO-8859-1", "US-ASCII", "windows-1252", "ISO-8859-15"])
def test_utf8_that_is_declared_otherwise_is_read_as_utf8(declared: str) -> None:
    value = f'<?xml version="1.0" encoding="{declared}"?>{transfer(NAME)}'.encode()
    [received] = reader.read(value, b"K")
    assert _name(received) == NAME
    assert [(note.field, note.code) for note in received.notes] == [(RECORD, "ENCODING_REPAIRED")]


def test_latin1_that_is_declared_as_latin1_is_left_alone() -> None:
    value = f'<?xml version="1.0" encoding="ISO-8859-1"?>{transfer("José Peña")}'.encode("latin-1")
    [received] = reader.read(value, b"K")
    assert _name(received) == "José Peña"
    assert received.notes == ()


TWICE = NAME.encode().decode("latin-1")


@pytest.mark.parametrize(
    "value",
    [
        transfer(TWICE).encode(),
        MT103.replace("Ulrike Sommerfeld", TWICE).encode(),
        json.dumps({"payment_id": "K", "debtor": {"name": TWICE}, "creditor": {"name": "x"}}).encode(),
        json.dumps(
            {"payment_id": "K", "debtor": {"name": TWICE}, "creditor": {"name": "x"}}, ensure_ascii=False
        ).encode(),
    ],
    ids=["XML", "MT", "JSON with escapes", "JSON"],
)
def test_text_that_was_encoded_twice_is_decoded_again_in_every_format(value: bytes) -> None:
    [received] = reader.read(value, b"K")
    assert _name(received) == NAME
    assert "ENCODING_REPAIRED" in [note.code for note in received.notes]


def test_the_content_hash_is_that_of_the_payment_as_it_came() -> None:
    members = {"debtor": {"name": TWICE}, "creditor": {"name": "x"}}
    [received] = reader.read(json.dumps({"payment_id": "K"} | members).encode(), b"K")
    assert received.content_hash == canonical.content_hash(members)


def test_bytes_in_no_certain_encoding_are_rejected() -> None:
    with pytest.raises(InvalidEventError) as caught:
        reader.read(transfer("José Peña").encode("latin-1"), b"K")
    assert caught.value.code == "not_utf8"
