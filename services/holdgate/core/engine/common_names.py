"""Names that many people bear: a single word, or words that together are very common (Mohammed Ali).

Such a name says little about who bears it. By default it holds only if it is a whole listed name, or if a
birth date agrees; `policy.CommonNameRules` has the rules. Identifiers are matches of their own.
"""

from math import exp
from typing import NamedTuple

from holdgate.core.model.evidence import Evidence
from holdgate.core.model.listed_entry import EntryType
from holdgate.core.names.fields.field_readings import is_legal_form
from holdgate.core.names.matching.matcher import NameHit
from holdgate.core.names.matching.scoring import SUBSTANCE
from holdgate.core.names.words.analysis import analyse
from holdgate.core.names.words.token_weights import CLASS_WEIGHT, ordinary_share
from holdgate.core.names.words.tokens import script_of
from holdgate.core.names.words.trade_words import trade_words
from holdgate.core.names.words.word_classes import LEGAL_FORMS
from holdgate.core.policy.policy import CommonNameRules

SAME_SPELLING = frozenset(("exact", "homoglyph", "ocr", "split", "joined"))
"""Kinds of agreement of words that are written alike, apart from look-alike signs and blanks."""
SAME_NAME = frozenset(("translit", "symbol"))
"""Kinds of agreement of a name in another romanisation or script."""
MIN_ROMANISED_LETTERS = 5
"""Letters of a Latin word from which another romanisation is the same name: Chin is not Chen."""
MIN_MISSPELT_LETTERS = 10
"""Letters of a company's name of one word that may be misspelt, if nobody bears the word as written. Of 6,622
given names and surnames alone 1.8 % are held from 6 letters, 1.2 from 7, .65 from 8, .54 from 9, .45 from 10
and .41 if no letter may differ. Of the listed names of one word .65 have 6 letters or more, .16 have 10."""


MIN_LETTERS_BEFORE_LEGAL_FORM, MIN_LETTERS_OF_LEGAL_FORM = 6, 3
"""Letters of a company's name and of its legal form, if both are one word: Amansa is not AMAN SA."""


class Commonness(NamedTuple):
    """What a name hit rests on: few or common words; whether they are the whole listed name; evidence."""

    is_single_word: bool
    is_whole: bool
    evidence: tuple[Evidence, ...]

    def may_hold(self, rules: CommonNameRules) -> bool:
        """Return whether the rules let such a name hold if nothing else agrees."""
        rule = rules.single_word if self.is_single_word else rules.common_words
        return rule == "score" or (rule == "whole" and self.is_whole)


def commonness(
    hit: NameHit, query_type: EntryType, entry_type: EntryType, rules: CommonNameRules
) -> Commonness | None:
    """Return how common the name is that a hit rests on; None if it has several words that are not.

    `query_type` is what the party is said to be: the name of a vessel is mostly one word, and no person's.
    """
    if query_type in ("vessel", "aircraft"):
        return None
    pairs = [part for part in hit.evidence if part.part and part.matched]
    words = [part for part in pairs if part.weight > SUBSTANCE]
    others = [part for part in hit.evidence if part.part and part.weight < -SUBSTANCE]
    if len(words) == 1 and not others and not _has_more_than(words[0], hit.evidence):
        return _single_word(hit, words[0], entry_type)
    evidence = sum(part.weight for part in pairs)
    per_million = 1e6 * exp(-evidence)
    if len(words) < 2 or entry_type != "person" or per_million <= rules.per_million:
        return None
    if not all(map(_is_borne, words)):
        return None
    is_whole = all(map(_is_same, pairs)) and all(part.weight >= -CLASS_WEIGHT for part in hit.evidence)
    return Commonness(False, is_whole, (_borne(words, per_million),))


def _has_more_than(word: Evidence, evidence: tuple[Evidence, ...]) -> bool:
    """Return whether a part beside its only word makes a name more than one word.

    An initial does beside the listed word itself, or a long one in another romanisation (P. Maele is not
    PEJCIC, Mile), and a legal form in the payment beside a word that is no trade (AI HOLDING AS is not I AND
    S HOLDING COMPANY, S.A.).
    """
    if any(part.how == "initial" for part in evidence):
        return _is_spelt_alike(word) or (word.how in SAME_NAME and len(word.matched) > MIN_ROMANISED_LETTERS)
    return word.matched not in trade_words() and any(map(is_legal_form, evidence))


def _single_word(hit: NameHit, word: Evidence, entry_type: EntryType) -> Commonness:
    share = ordinary_share(word.matched, "person")
    missing = [part for part in hit.evidence if part.matched and not part.part]
    if sum(bool(part.part and part.matched) for part in hit.evidence) > 1:  # beside a title or particle
        missing = [part for part in missing if part.weight < -CLASS_WEIGHT or part.matched in LEGAL_FORMS]
    if word.how == "joined" and _letters(word.part) == _letters(hit.matched_name):
        return Commonness(True, True, (_borne([word], 1e6 * share),))  # EXAMPLECORPORATION
    if word.matched in trade_words() and any(
        part.part and not part.matched and part.part not in LEGAL_FORMS for part in hit.evidence
    ):
        is_whole = False  # EL GAS is not GAS
    elif word.how == "joined":
        is_whole = all(part.weight >= -CLASS_WEIGHT for part in missing)
    elif share:  # people bear it: neither the firm nor the ship of that name
        is_whole = not missing and entry_type not in ("vessel", "aircraft")
    else:
        is_whole = LEGAL_FORMS.issuperset(part.matched for part in missing)
    may_be_misspelt = (
        entry_type != "person"
        and len(word.matched) >= MIN_MISSPELT_LETTERS
        and not _is_borne_as_written(word)
    )
    is_whole = is_whole and (_is_written_alike(word) or may_be_misspelt)
    return Commonness(True, is_whole, (_borne([word], 1e6 * share),))


def _is_same(part: Evidence) -> bool:
    """Return whether a word is the listed one, perhaps in another romanisation or script."""
    return _is_spelt_alike(part) or (part.how in SAME_NAME and len(part.matched) >= MIN_ROMANISED_LETTERS)


def _is_spelt_alike(part: Evidence) -> bool:
    """Return whether a word is written as listed, or in another script.

    A word that contains one listed word has letters of its own (Adele, ADEL); of several it is all.
    """
    if part.how == "joined":
        return " " in part.matched or _ends_in_legal_form(part)
    if part.how == "split":  # it may only sound like it: van Osch, WANUS
        return _letters(part.part) == _letters(part.matched)
    return part.how in SAME_SPELLING or (part.how in SAME_NAME and script_of(part.part) != "Latin")


def _ends_in_legal_form(part: Evidence) -> bool:
    """Return whether a word is the listed one with a legal form behind it, in one word (INRESBANKLTD)."""
    written = _letters(part.part)
    form = written.removeprefix(part.matched)
    return (
        len(part.matched) >= MIN_LETTERS_BEFORE_LEGAL_FORM
        and len(form) >= MIN_LETTERS_OF_LEGAL_FORM
        and form in LEGAL_FORMS
        and form != written
        and not _is_borne_as_written(part)
    )


def _is_written_alike(part: Evidence) -> bool:
    """Return whether a word that is all of a name is the listed one letter by letter, romanised if need be.

    Sounds alone, as of a word without vowels, are those of many names: 59 of 6,622 given names and surnames
    alone, most in Arabic and Devanagari, were held for them.
    """
    if part.how not in SAME_NAME:
        return _is_spelt_alike(part)
    romanised = [token.form for token in analyse(part.part, "person").tokens]
    return script_of(part.part) != "Latin" and romanised == [part.matched]


def _is_borne(part: Evidence) -> bool:
    """Return whether people bear the word as it is written: a misspelling is nobody's name."""
    return _is_same(part) or part.how == "translit" or _is_borne_as_written(part)


def _is_borne_as_written(part: Evidence) -> bool:
    return ordinary_share(_letters(part.part), "person") > 0


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _borne(words: list[Evidence], per_million: float) -> Evidence:
    written = " ".join(part.part for part in words)
    bearers = f"about {float(f'{per_million:.2g}'):,.0f} in a million people bear it"
    return Evidence(written, bearers if per_million else "hardly anybody bears it", "common", 0.0)
