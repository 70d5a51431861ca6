"""Vowels that were left out: MHMMD for Muhammad, and names that are written so altogether (Js Ls RLS)."""

from collections.abc import Sequence

from holdgate.core.names.words.tokens import Token
from holdgate.core.names.words.word_classes import Group

MIN_LETTERS_WITHOUT_VOWELS: dict[Group, int] = {"person": 3, "entity": 4, "vessel": 4}
"""Letters from which a word without vowels is no abbreviation."""
MIN_LETTERS_OF_NAME = 6
"""Letters from which a person's name of several words, none of which has a vowel but its first letter, is one
whose vowels were left out. Its short words and those that are listed count too."""
_VOWELS = frozenset("aeiouy")


def lacks_vowels(form: str, group: Group) -> bool:
    """Return whether a word has no vowel but the first letter, and letters enough for a word without them."""
    return len(form) >= MIN_LETTERS_WITHOUT_VOWELS[group] and _VOWELS.isdisjoint(form[1:]) and form.isalpha()


def lacks_all_vowels(tokens: Sequence[Token]) -> bool:
    """Return whether the vowels of a person's name were left out."""
    for token in tokens:  # nearly every name has a vowel in its first word
        if token.kind == "word" and not _VOWELS.isdisjoint(token.form[1:]):
            return False
    words = [token.form for token in tokens if token.kind == "word"]
    return (
        len(words) > 1
        and sum(map(len, words)) >= MIN_LETTERS_OF_NAME
        and all(token.script == "Latin" and token.form.isalpha() for token in tokens)
    )
