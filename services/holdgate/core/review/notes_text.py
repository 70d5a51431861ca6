"""Texts that people write: bounded, and without characters that hide or turn what a reader sees."""

import unicodedata

MAX_NOTE_CHARACTERS = 10_000
MAX_ATTACHMENT_BYTES = 5 * 1024 * 1024

BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class NoteError(ValueError):
    """A text that is not accepted; the message says why and what to do."""


def check_note(text: str) -> str:
    """Return a note without blanks around it; raise `NoteError` if it is empty, too long or hides something.

    Refused are control characters other than tab and line breaks, and the characters that change the
    direction of text (Unicode Standard Annex 9).
    """
    note = text.replace("\r\n", "\n").strip()
    if not note:
        raise NoteError("the note is empty: write at least a word")
    if len(note) > MAX_NOTE_CHARACTERS:
        raise NoteError(
            f"the note has {len(note):,} characters, {MAX_NOTE_CHARACTERS:,} are allowed: shorten it"
        )
    for position, character in enumerate(note, 1):
        if character in BIDI_CONTROLS or (
            unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t"
        ):
            raise NoteError(
                f"character {position} of the note is U+{ord(character):04X}, which hides text: remove it"
            )
    return note
