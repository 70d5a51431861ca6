"""The cases of a Russian name: a text has `сделано в Иране` and `посольство Кубы`, the policy the nominative.

Ukrainian names share most of the endings. A form that no text has does no harm.
"""

from typing import NamedTuple

NOUN_ENDINGS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("ия", ("ию",), ("ии", "ией")),
    ("ія", ("ію",), ("ії", "ією")),
    ("я", ("ю",), ("и", "е", "ей")),
    ("а", ("у",), ("ы", "и", "е", "ой", "ою")),
    ("ь", (), ("и", "я", "е", "ю", "ем")),
)
"""Ending of the nominative; endings of the accusative; those of the other cases."""
CONSONANT_ENDINGS = ("а", "у", "ом", "е", "і")
ADJECTIVE_ENDINGS = tuple("ий ого ому им ом ая ой ую ое ие их ими а у е і ої ій".split())
"""After `иранск`, in all genders; the last ones are Ukrainian."""
_CONSONANTS = frozenset("бвгджзклмнпрстфхцчшщ")


class Inflections(NamedTuple):
    """Forms of a name: `accusative` may follow `в` as a direction, `oblique` forms only say where."""

    accusative: frozenset[str]
    oblique: frozenset[str]


def decline(name: str) -> Inflections:
    """Return the forms of a Cyrillic name besides its nominative; none for one that is not declined.

    Of several words, the adjectives and the noun at the start are declined: `Исламская Республика Иран`.
    """
    words = name.casefold().split()
    if not words or not "а" <= words[0][0] <= "ӿ":
        return Inflections(frozenset(), frozenset())
    adjectives = 0
    while adjectives < len(words) - 1 and words[adjectives].endswith("ая"):
        adjectives += 1
    noun = words[adjectives]
    if len(words) > 1 and not adjectives and noun != "республика":
        return Inflections(frozenset(), frozenset())
    accusative, oblique = _noun(noun)
    tail = words[adjectives + 1 :]

    def phrases(nouns: tuple[str, ...], ending: str) -> frozenset[str]:
        front = [word[:-2] + ending for word in words[:adjectives]]
        return frozenset(" ".join((*front, form, *tail)) for form in nouns)

    return Inflections(phrases(accusative, "ую"), phrases(oblique, "ой"))


def adjective_forms(adjective: str) -> frozenset[str]:
    """Return an adjective in its cases and genders: of `иранский` and German `iranisch`; others as given."""
    word = adjective.casefold()
    if word.endswith(("ский", "ський")):
        return frozenset(word[:-2] + ending for ending in ADJECTIVE_ENDINGS)
    if word.endswith("isch"):
        return frozenset(word + ending for ending in ("", "e", "er", "es", "en", "em"))
    return frozenset((word,))


def _noun(noun: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    for ending, accusative, oblique in NOUN_ENDINGS:
        if noun.endswith(ending):
            stem = noun[: -len(ending)]
            return tuple(stem + form for form in accusative), tuple(stem + form for form in oblique)
    if noun[-1] in _CONSONANTS:
        return (), tuple(noun + form for form in CONSONANT_ENDINGS)
    return (), ()
