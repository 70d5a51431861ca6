"""Which fields of a payment could not be compared whole, and why: a decision never leaves it unsaid."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from normality import latinize_text

from holdgate.core.model.decision import Note
from holdgate.core.model.screened_fields import AddressTextField, Field, NameField, TextField
from holdgate.core.names.analysis import clean_name
from holdgate.core.names.tokens import scripts_of

MAX_NOTES = 20
"""Notes told in one decision, in the order of the fields: lines of a text have one each."""


def notes_on(fields: Iterable[Field]) -> tuple[Note, ...]:
    """The notes on these fields, at most MAX_NOTES."""
    found: list[Note] = []
    for field in fields:
        if isinstance(field, NameField):
            found += _on_name(field)
        elif isinstance(field, TextField | AddressTextField) and not "".join(field.lines).isascii():
            for path, line in zip(field.paths, field.lines, strict=True):
                found += _on_script(path, line)
    return tuple(found[:MAX_NOTES])


def _on_name(field: NameField) -> Iterator[Note]:
    if any(map(str.isalpha, field.value)):
        yield from _on_script(field.path, field.value)
    else:
        yield Note(field.path, "NAME_WITHOUT_LETTERS", "the name holds no letter that could be compared")


def _on_script(path: str, text: str) -> Iterator[Note]:
    if scripts := unromanised(text):
        told = " and ".join(scripts).replace("_", " ")
        yield Note(
            path,
            "SCRIPT_NOT_COMPARED",
            f"{told} letters without a romanisation could only meet the same word on a list",
        )


def note_partly_searched(field: TextField | AddressTextField) -> Note:
    """The note on a text that names so many that it was not searched to its end."""
    return Note(
        field.paths[0],
        "TEXT_NOT_SEARCHED_WHOLE",
        "it names so many that the search ended once it held: others than those told may stand in it",
    )


def unromanised(text: str) -> tuple[str, ...]:
    """The scripts of letters that no transliteration covers, by name; none if all can be compared.

    A listed name is met only where it is written in the same letters.
    """
    if text.isascii():
        return ()
    letters = (char for char in set(clean_name(text)) if char > "\x7f" and char.isalpha())
    return tuple(sorted({script for letter in letters if (script := _unromanised(letter)) is not None}))


@lru_cache(maxsize=1 << 16)
def _unromanised(letter: str) -> str | None:
    """The script of a letter that stays as it is, or None.

    Cached, and by letter, as there are only so many: 20,000 random Han characters in one text cost 94 ms the
    first time and 6 ms from then on; word by word it was 115 ms each time.
    """
    left = scripts_of(latinize_text(letter) or "") - {"Latin"}
    return min(left, default=None)
