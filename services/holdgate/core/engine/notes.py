"""Notes on fields of a payment that could not be compared completely, and why."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from normality import latinize_text

from holdgate.core.characters.folding import fold
from holdgate.core.model.decision import Note
from holdgate.core.model.screened_fields import AddressTextField, Field, NameField, TextField
from holdgate.core.names.words.tokens import scripts_of

_WORD = re.compile(r"[^\W\d_\x00-\x7f]+")
"""A run of letters that are not ASCII; marks and other signs part it."""

_REPEAT = "\u3005"
"""Repeats the Han character before it, which is romanised in its place (`core.names.words.tokens`)."""

MAX_NOTES = 20
"""Maximum notes in a decision: those of the reader, then in the order of the fields. Each line of a text may
have one."""


def notes_on(fields: Iterable[Field]) -> list[Note]:
    """Return all notes on these fields, each once."""
    notes: list[Note] = []
    for field in fields:
        if isinstance(field, NameField):
            notes += _on_name(field)
        elif isinstance(field, TextField | AddressTextField) and not "".join(field.lines).isascii():
            for path, line in zip(field.paths, field.lines, strict=True):
                notes += _on_script(path, line)
    return list(dict.fromkeys(notes))


def _on_name(field: NameField) -> Iterator[Note]:
    if any(map(str.isalpha, field.value)):
        yield from _on_script(field.path, field.value)
    else:
        yield Note(field.path, "NAME_WITHOUT_LETTERS", "the name holds no letter that could be compared")


def _on_script(path: str, text: str) -> Iterator[Note]:
    if scripts := unromanised(text):
        names = " and ".join(scripts).replace("_", " ")
        yield Note(
            path,
            "SCRIPT_NOT_COMPARED",
            f"{names} letters without a romanisation could only meet the same word on a list",
        )


def note_partly_searched(path: str) -> Note:
    """Return the note on a text that names so many parties or places that its search ended early."""
    return Note(
        path,
        "TEXT_NOT_SEARCHED_WHOLE",
        "it names so many that the search ended once it held: others than those told may stand in it",
    )


def note_many_names(path: str) -> Note:
    """Return the note on a name field with more parts than are matched as names."""
    return Note(path, "MANY_NAMES", "it holds more names than are matched each; searched as a text too")


def unromanised(text: str) -> tuple[str, ...]:
    """Return the names of the scripts of the words that have no transliteration, in alphabetical order.

    Such words match a listed name only if the list writes it in the same letters. A word with a rare letter
    among others (Urdu, Kazakh) is compared by these; a Han character is a word.
    """
    if text.isascii():
        return ()
    scripts: set[str] = set()
    for word in set(_WORD.findall(fold(text).casefold().replace(_REPEAT, ""))):
        unromanised_scripts = [_unromanised(letter) for letter in word]
        scripts.update(
            script
            for script in unromanised_scripts
            if script is not None and (script == "Han" or None not in unromanised_scripts)
        )
    return tuple(sorted(scripts))


@lru_cache(maxsize=1 << 16)
def _unromanised(letter: str) -> str | None:
    """Return the script of a letter without a transliteration, or None.

    The cache is by letter, of which there is a limited number: 20,000 random Han characters in one text cost
    94 ms the first time and 6 ms afterwards; by word they cost 115 ms each time.
    """
    untransliterated = scripts_of(latinize_text(letter) or "") - {"Latin"}
    return min(untransliterated, default=None)
