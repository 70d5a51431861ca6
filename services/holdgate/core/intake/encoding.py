"""UTF-8 that was taken for another encoding on the way, repaired where that is certain.

Bytes that a document declares as Latin-1 or ASCII and that are valid UTF-8 with letters of several bytes are
UTF-8. Text that was encoded twice (`JosÃ©`, `Ð¨Ð¾Ð¹Ð³Ñƒ`) is decoded once more. No natural text has such
sequences: an upper-case letter with an accent, and after it the signs that stand for the rest of a letter.
Whatever is not certain stays as it is.
"""

import codecs
import re
from typing import Any

from holdgate.core.intake import Received
from holdgate.core.model.decision import Note

RECORD = "record"
"""The field of a note on the encoding, which is that of the whole record."""

_CP1252 = {char: byte for byte in range(0x80, 0xA0) if (char := bytes([byte]).decode("cp1252", "ignore"))}
_REST = rf"[\x80-\xbf{''.join(_CP1252)}]"
_TWICE = re.compile(rf"(?:[\xc2-\xdf]{_REST}|[\xe0-\xef]{_REST}{{2}}|[\xf0-\xf4]{_REST}{{3}})+")
_SUSPECT = re.compile(rb"\xc3[\x82-\xb4][\xc2\xc5\xc6\xcb\xe2]")
_ESCAPE = b"\\u00"
"""Bytes of which every text has one that was encoded twice: as UTF-8, or as JSON with escapes."""

_LATIN_LEADS = frozenset("\xc2\xc3\xc4\xc5")
"""First characters of Latin letters encoded twice. One is enough, since the letters around it are ASCII."""

_QUOTES = "\xab\xbb"
"""French quotation marks: `\xc9\xbb` ends a quoted word in capitals."""

_UNUSED = re.compile("[\u0800-\u08ff]")
"""What `à` before a no-break space and a quotation mark would be: Samaritan."""


def may_need_repair(value: bytes) -> bool:
    """Whether a record may have text that was encoded twice; most have none, and that is seen at once."""
    return _ESCAPE in value or (not value.isascii() and _SUSPECT.search(value) is not None)


def repair(text: str) -> str:
    """Return the text with what was encoded twice decoded once more."""
    return text if text.isascii() else _TWICE.sub(_decode_again, text)


def repair_members(value: Any) -> Any:
    """Return a JSON value with its strings repaired."""
    if isinstance(value, str):
        return repair(value)
    if isinstance(value, list):
        return [repair_members(item) for item in value]
    if isinstance(value, dict):
        return {name: repair_members(item) for name, item in value.items()}
    return value


def is_utf8(value: bytes) -> bool:
    """Whether bytes that are declared otherwise are certainly UTF-8: valid, with letters of several bytes."""
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


TWICE = "text that was encoded twice in UTF-8 was decoded twice"


def _decode_again(match: re.Match[str]) -> str:
    run = match.group()
    try:
        text = bytes(_CP1252.get(char, ord(char)) for char in run).decode()
    except UnicodeDecodeError:
        return run
    if len(run) == 2 and (run[0] not in _LATIN_LEADS or run[1] in _QUOTES):
        return run
    return run if _UNUSED.search(text) else text
