"""Other words: a word that ordinary names carry is more likely itself than a misspelling of a listed one.

The variant finder asks for each token: edits of such a word are dropped or lowered, and so are words that
only sound alike.
"""

from collections.abc import Iterable

from rapidfuzz.distance import OSA

from holdgate.core.names.index.vocabulary import Variant, Vocabulary
from holdgate.core.names.words.phonetics import consonants_of
from holdgate.core.names.words.token_weights import ordinary_names
from holdgate.core.names.words.tokens import Token
from holdgate.core.names.words.word_classes import Group

OTHER_WORD_FACTOR, OTHER_RARE_FACTOR = 0.75, 0.85
"""Factors for an edit of an ordinary word, if the listed word is ordinary too and if it is not."""
MIN_CARRIERS = 2
"""Ordinary companies, of 14,998, that carry a word from which it is no misspelling of another (Gold Mines,
GOLD MILES; Diamond Block, BLACK DIAMOND). With this, `drop_other_sounds` and the rules for trades and
initials 15 of 7,499 ordinary companies are held, 19 without; of 3,066 listed names in 123 kinds of spellings
2,722 are held, 2,723 without."""
OTHER_SOUND_FACTOR = 0.88
"""Factor for an ordinary word of companies that only sounds like the listed one: Coats is not Koach."""
MIN_LETTERS_OF_SOUND = 4
"""Letters of a company's word from which one that only sounds alike has to share half of its letters (Cime is
not Seymeh); shorter ones are spelt as they sound (rph, RF)."""


def is_ordinary(form: str, group: Group) -> bool:
    """Return whether ordinary names that the group's may be confused with carry the form.

    A company may be named after a person: Luis Fernandez is not LUIS A. HERNANDEZ Z Y CIA.
    """
    counts = ordinary_names().counts.get(form)
    return counts is not None and (group != "person" or counts[0] > 0)


def drop_other_words(
    variants: Iterable[Variant], token: Token, group: Group, vocabulary: Vocabulary
) -> list[Variant]:
    """Return the variants of an ordinary word that may be meant, doubtful ones with a lower quality.

    A name that people bear is no misspelling of another, nor is a word that several companies carry, unless
    it is the singular or plural.
    """
    if group == "person":
        return [variant for variant in variants if variant.how != "edit"]
    is_firms_word = ordinary_names().counts[token.form][1] >= MIN_CARRIERS
    consonants = consonants_of(token.phonetic_key)
    return [
        _discount(variant, token, consonants, group, vocabulary)
        for variant in variants
        if not (
            is_firms_word
            and variant.how == "edit"
            and not _is_other_number(token.form, vocabulary.forms[variant.token])
        )
    ]


def drop_other_sounds(variants: Iterable[Variant], form: str, vocabulary: Vocabulary) -> list[Variant]:
    """Return the variants of a company's word but those that sound alike in quite another spelling."""
    if len(form) < MIN_LETTERS_OF_SOUND:
        return [*variants]
    return [
        variant
        for variant in variants
        if variant.how != "translit" or not _is_far(form, vocabulary.forms[variant.token])
    ]


def _is_far(form: str, listed: str) -> bool:
    return 2 * OSA.distance(form, listed) > max(len(form), len(listed))


def _is_other_number(form: str, listed: str) -> bool:
    """Return whether two words may be singular and plural: service and services, company and companies."""
    shorter, longer = sorted((listed, form), key=len)
    return longer.startswith(shorter[:-1]) and len(longer) - len(shorter) <= 2


def _discount(
    variant: Variant, token: Token, consonants: str, group: Group, vocabulary: Vocabulary
) -> Variant:
    """Lower the quality of a variant of an ordinary word: it is more likely a different word (Carlos and
    Carla, mobility and Nobility)."""
    listed_form = vocabulary.forms[variant.token]
    if variant.how == "edit" and vocabulary.consonants[variant.token] != consonants:
        factor = OTHER_WORD_FACTOR if is_ordinary(listed_form, group) else OTHER_RARE_FACTOR
        return Variant(variant.token, variant.quality * factor, variant.how)
    if variant.how == "translit" and group == "entity" and OSA.distance(token.form, listed_form) > 1:
        return Variant(variant.token, variant.quality * OTHER_SOUND_FACTOR, variant.how)
    return variant
