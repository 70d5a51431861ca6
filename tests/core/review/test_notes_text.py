"""Texts that people write are bounded and hide nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.review.notes_text import MAX_NOTE_CHARACTERS, NoteError, check_note


def test_a_note_keeps_its_lines_and_scripts() -> None:
    assert check_note(" asked the sender\r\nالاسم مختلف ") == "asked the sender\nالاسم مختلف"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("  ", "is empty"),
        ("x" * (MAX_NOTE_CHARACTERS + 1), "10,001 characters"),
        ("a\u202eb", "U+202E"),
        ("a\x1b[2Jb", "U+001B"),
        ("a\ud800", "U+D800"),
    ],
)
def test_a_note_that_hides_something_is_refused(text: str, message: str) -> None:
    with pytest.raises(NoteError, match=message.replace("+", r"\+")):
        check_note(text)


@given(st.text(max_size=200))
def test_what_is_accepted_is_accepted_again(text: str) -> None:
    try:
        note = check_note(text)
    except NoteError:
        return
    assert check_note(note) == note
