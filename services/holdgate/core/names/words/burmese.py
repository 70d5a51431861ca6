"""Burmese names in Latin letters: read them as syllables, each of which is spelt in many ways.

Burmese has no family names and no official spelling: Aung Naing Oo is Ong Nine U. As with other names in
syllables, all of the name has to agree (`data/burmese.tsv`).
"""

from functools import cache
from importlib.resources import files

from holdgate.core.model.evidence import How
from holdgate.core.names.words.tokens import BURMESE, Token

MIN_SYLLABLES, MAX_OTHER_WORDS = 2, 1
"""Burmese syllables from which a name is read as Burmese, and other words, which stay as they are."""
MAX_BURMESE_WORDS = 5
BURMESE_TITLES = frozenset({"u", "daw"})
"""Mr. and Mrs. before a name; elsewhere U is the name Oo."""


@cache
def _spellings() -> dict[str, tuple[str, ...]]:
    """Return the other spellings of each syllable."""
    text = files("holdgate.core.names").joinpath("data", "burmese.tsv").read_text(encoding="utf-8")
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    found: dict[str, set[str]] = {}
    for spellings in lines:
        for spelling in spellings:
            found.setdefault(spelling, set()).update(spellings)
    return {spelling: tuple(sorted(others - {spelling})) for spelling, others in found.items()}


def burmese_reading(tokens: tuple[Token, ...]) -> tuple[Token, ...] | None:
    """Return the tokens of a person's name with its Burmese syllables, None if it has too few."""
    if not MIN_SYLLABLES <= len(tokens) <= MAX_BURMESE_WORDS:
        return None
    spellings = _spellings()
    title = tokens[:1] if tokens[0].form in BURMESE_TITLES else ()
    name = tokens[len(title) :]
    number = sum([token.form in spellings for token in name])
    if number < MIN_SYLLABLES or len(name) - number > MAX_OTHER_WORDS:
        return None
    return (*title, *[_as_syllable(token) if token.form in spellings else token for token in name])


def _as_syllable(token: Token) -> Token:
    readings: tuple[tuple[str, How], ...] = tuple((form, "translit") for form in _spellings()[token.form])
    return token._replace(kind="word", script=BURMESE, readings=readings)
