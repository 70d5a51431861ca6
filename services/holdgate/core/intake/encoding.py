"""Documents whose declared encoding is not the one that they are in.

Bytes that a document declares as Latin-1, Windows-1252 or ASCII and that are valid UTF-8 with letters of
several bytes are UTF-8. Texts that were decoded wrongly before they arrived are repaired where they are
compared, beside the text as it arrived.
"""

import codecs

from holdgate.core.intake import Received
from holdgate.core.model.decision import Note

RECORD = "record"
"""The field of a note on the encoding, which is that of the whole record."""


def is_utf8(value: bytes) -> bool:
    """Return whether bytes that are declared otherwise are certainly UTF-8: valid, with non-ASCII letters."""
    if value.isascii():
        return False
    try:
        codecs.utf_8_decode(value, "strict", True)
    except UnicodeDecodeError:
        return False
    return True


def with_repair_note(received: Received, detail: str) -> Received:
    """Return the payment with the note that its encoding was repaired."""
    note = Note(RECORD, "ENCODING_REPAIRED", detail)
    return Received(
        received.payment,
        received.content_hash,
        received.origins,
        (note, *received.notes),
        received.other_fields,
    )
