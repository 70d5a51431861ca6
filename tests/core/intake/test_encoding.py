"""A document in UTF-8 that declares another encoding is read as UTF-8, and noted."""

import pytest

from holdgate.core.intake import InvalidEventError, Received, reader
from holdgate.core.intake.encoding import RECORD
from tests.core.intake.test_messages import transfer

NAME = "Łukasz Ćwik"


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


def test_bytes_in_no_certain_encoding_are_rejected() -> None:
    with pytest.raises(InvalidEventError) as caught:
        reader.read(transfer("José Peña").encode("latin-1"), b"K")
    assert caught.value.code == "not_utf8"
