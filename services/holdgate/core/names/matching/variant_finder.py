"""Variants of a query token: the listed tokens it may stand for in names of one group, with their quality.

The query builder asks once per term. The vocabulary proposes variants by spelling and pronunciation; this
module adds those of alternative readings and of equal consonants, and lowers the quality of variants that are
more likely different words.
"""

import re
from collections.abc import Iterable
from typing import Literal

from holdgate.core.names.index.equivalents import EquivalentTable
from holdgate.core.names.index.inverted_index import Index
from holdgate.core.names.index.other_words import drop_other_sounds, drop_other_words, is_ordinary
from holdgate.core.names.index.vocabulary import ROMANISED_QUALITY, Variant, VariantCache, one_edit_quality
from holdgate.core.names.matching.compounds import is_nearly_legal
from holdgate.core.names.matching.scoring import SUBSTANCE
from holdgate.core.names.words.numerals import digits_of
from holdgate.core.names.words.phonetics import consonants_of, phonetic_key
from holdgate.core.names.words.respellings import respellings, respelt_keys
from holdgate.core.names.words.token_weights import CLASS_WEIGHT, typo_weight
from holdgate.core.names.words.tokens import ABJADS, LOST, Token, is_syllable
from holdgate.core.names.words.vowels import lacks_vowels
from holdgate.core.names.words.word_classes import GROUPS

READING_FACTOR = 0.97
"""Factor for variants of an alternative reading of a token."""
OTHER_READING_FACTOR = 0.92
"""Factor for a Han or Hangul syllable, which has more readings than the one that was compared."""
VOWELS_AGREE_QUALITY = 0.95
"""Quality of equal consonants in another script, if all vowels that it writes agree."""
NEARLY_LEGAL_WEIGHT = 0.8
"""Maximum weight of a short word of a company that is one edit from a legal form."""
RESPELT_FACTOR = 0.95
"""Factor for a word as another language spells it."""
SOUNDS_QUALITY = (VOWELS_AGREE_QUALITY, 0.85, 0.78)
"""The same by the number of vowels that disagree."""

_SON, _DAUGHTER = ("ovich", "evich"), ("ovna", "evna")
TURKIC_PATRONYMICS = {
    **dict.fromkeys("ogly oglu oghlu uly ugli ogli ulu ogullari uulu zade zoda".split(), _SON),
    **dict.fromkeys("kyzy kizi gizi qizi kyz qyzy kizy gyzy".split(), _DAUGHTER),
}
"""Words for a son or a daughter behind the father's name, and the Russian endings that say the same."""
_ARTICLE, _ANY_VOWEL = re.compile("^ال(?=..)"), "ع"
"""The article inside a compound, of which a vowel is left: Shams al-Din is Shamsuddin."""

Technique = Literal[
    "initials",
    "truncation",
    "edits",
    "second edit",
    "romanisation",
    "other readings",
    "split words",
    "joined words",
    "consonants",
    "syllables",
    "respellings",
    "vowels",
    "cuts",
    "other words",
    EquivalentTable,
]
"""Techniques that an ablation can switch off, to measure what each contributes."""


def lost_letters(form: str) -> re.Pattern[str]:
    """Return the pattern of what a form with lost letters may be; one may be two when romanised (sh, ue)."""
    return re.compile(form.replace(LOST, "[a-z]{0,2}"))


class VariantFinder:
    """Finds the variants of tokens for one group of an index; `without` switches techniques off."""

    def __init__(
        self,
        index: Index,
        group: int,
        variant_cache: VariantCache,
        without: frozenset[Technique] = frozenset(),
    ):
        self.index = index
        self.group = group
        self.variant_cache = variant_cache
        self._without = without
        shares, weights = index.arrays["shares"][group], index.arrays["weights"][group]
        self._is_carried = ((shares != 0) | (weights <= CLASS_WEIGHT)).tobytes()

    def best(self, token: Token, thorough: bool, *, is_without_vowels: bool = False) -> dict[int, Variant]:
        """Return the best variant for each listed token that names of this group carry.

        Unless `thorough`, the token is looked up by spelling and pronunciation only. `is_without_vowels`: all
        words of the name are.
        """
        best: dict[int, Variant] = {}
        variants = self._variants(token, thorough)
        if is_without_vowels and "vowels" not in self._without:
            variants += self._sound_variants(token)
        for variant in self._enabled(variants) if self._without else variants:
            listed = variant.token
            if listed not in best or best[listed].quality < variant.quality:
                best[listed] = variant
        return best

    def _carried(self, variants: Iterable[Variant]) -> list[Variant]:
        """Return the variants that names of this group carry."""
        is_carried = self._is_carried
        return [variant for variant in variants if is_carried[variant.token]]

    def _enabled(self, variants: list[Variant]) -> list[Variant]:
        """Return the variants that the enabled techniques would find."""
        without, forms = self._without, self.index.vocabulary.forms
        if "edits" in without:
            variants = [variant for variant in variants if variant.how != "edit"]
        elif "second edit" in without:
            variants = [
                variant
                for variant in variants
                if variant.how != "edit" or variant.quality >= one_edit_quality(forms[variant.token])
            ]
        if "romanisation" in without:
            variants = [
                variant
                for variant in variants
                if variant.how != "translit" or variant.quality < ROMANISED_QUALITY
            ]
        return variants

    def _variants(self, token: Token, thorough: bool) -> list[Variant]:
        vocabulary = self.index.vocabulary
        if not thorough:
            return self._carried(vocabulary.exact_variants(token.form, token.phonetic_key))
        if is_syllable(token):  # an edit makes it a different one
            variants = [
                Variant(variant.token, variant.quality * OTHER_READING_FACTOR, "translit")
                for variant in self._carried(vocabulary.exact_variants(token.form, token.phonetic_key))
            ]
            if "syllables" not in self._without:
                spelt = (vocabulary.ids.get(spelling) for spelling, _ in token.readings)
                variants += self._carried(
                    Variant(listed, ROMANISED_QUALITY, "translit") for listed in spelt if listed is not None
                )
            return variants
        variants = self._carried(self.variant_cache.variants(token.form, token.phonetic_key))
        if GROUPS[self.group] == "entity" and token.script == "Latin":
            variants = drop_other_sounds(variants, token.form, vocabulary)
        for form, how in token.readings if "other readings" not in self._without else ():
            variants += [
                Variant(
                    variant.token,
                    variant.quality * READING_FACTOR,
                    how if variant.how == "exact" else variant.how,
                )
                for variant in self._carried(self.variant_cache.variants(form, phonetic_key(form)))
                if how != "ocr" or digits_of(vocabulary.forms[variant.token]) in ([], digits_of(token.form))
            ]
        if token.script == "Latin":
            if GROUPS[self.group] == "person":
                variants += self._respelt_variants(token)
            if self._may_lack_vowels(token.form):
                variants += self._sound_variants(token)
        if LOST in token.form:
            variants = self._lost_variants(token, variants)
        if is_ordinary(token.form, GROUPS[self.group]) and "other words" not in self._without:
            variants = drop_other_words(variants, token, GROUPS[self.group], vocabulary)
        if token.script != "Latin" and "consonants" not in self._without:
            if token.script in ABJADS:  # without vowels, one edit makes another name
                variants = [variant for variant in variants if variant.how != "edit"]
            variants += self._sound_variants(token)
        return variants + self.index.equivalents.variants(token, GROUPS[self.group], self._without)

    def _may_lack_vowels(self, form: str) -> bool:
        """Return whether a word is not listed, and its vowels may have been left out."""
        return (
            "vowels" not in self._without
            and lacks_vowels(form, GROUPS[self.group])
            and form not in self.index.vocabulary.ids
        )

    def _respelt_variants(self, token: Token) -> list[Variant]:
        """Return the listed tokens that another language may spell so."""
        if "respellings" in self._without:
            return []
        vocabulary = self.index.vocabulary
        return self._carried(
            Variant(variant.token, variant.quality * RESPELT_FACTOR, "translit")
            for form in respellings(token.form)
            for variant in vocabulary.exact_variants(form, phonetic_key(form))
        ) + self._carried(
            Variant(listed, ROMANISED_QUALITY * RESPELT_FACTOR, "translit")
            for key, letters in respelt_keys(token.form, token.phonetic_key)
            for listed in vocabulary.by_phonetic_key.get(key, ())
            if letters in vocabulary.forms[listed]
        )

    def _lost_variants(self, token: Token, variants: list[Variant]) -> list[Variant]:
        """Return the variants; one that agrees in every letter that is left is as sure as one of one edit."""
        forms = self.index.vocabulary.forms
        pattern = lost_letters(token.form)
        return [
            Variant(variant.token, one_edit_quality(forms[variant.token]), "lost")
            if pattern.fullmatch(forms[variant.token])
            else variant
            for variant in variants
        ]

    def _sound_variants(self, token: Token) -> list[Variant]:
        """Return the listed tokens with the same consonants as a token in another script."""
        weights = self.index.weights[self.group]
        return self._carried(
            Variant(listed, SOUNDS_QUALITY[disagreements], "translit")
            for listed, disagreements in self.index.vocabulary.sounds.candidates(token).items()
            if weights[listed] > 1.0
        )

    def find_joined(self, left: Token, right: Token, form: str, key: str) -> list[int]:
        """Return the listed tokens that sound like two adjacent tokens with this form and key together."""
        vocabulary = self.index.vocabulary
        if is_syllable(left):
            if not is_syllable(right) or "syllables" in self._without:
                return []
            spelt = (
                vocabulary.ids.get(first + second)
                for first in (left.form, *(spelling for spelling, _ in left.readings))
                for second in (right.form, *(spelling for spelling, _ in right.readings))
            )
            return [listed for listed in spelt if listed is not None]
        if right.form in TURKIC_PATRONYMICS:
            endings = TURKIC_PATRONYMICS[right.form]
            return [
                listed
                for ending in endings
                for listed in vocabulary.by_phonetic_key.get(phonetic_key(left.form + ending), ())
            ]
        similar = vocabulary.by_phonetic_key.get(key, []) if len(key) > 3 else []
        is_abjad = left.script in ABJADS and right.script in ABJADS
        if (
            is_abjad
            and len(consonants_of(form)) > (2 if left.form == "al" else 3)
            and "consonants" not in self._without
        ):
            written = left.written + _ARTICLE.sub(_ANY_VOWEL, right.written)
            sounding = vocabulary.sounds.candidates(Token(written, form, key, "word", left.script))
            similar = [*similar, *(listed for listed, disagreements in sounding.items() if not disagreements)]
        return similar

    def misspelling_weight(self, token: Token, weight: float, best: dict[int, Variant]) -> float:
        """Return the weight of a rare unlisted token, lowered to that of a misspelling of its variants."""
        group, weights = GROUPS[self.group], self.index.weights[self.group]
        is_long = len(token.form) > 4
        for listed, variant in best.items():
            if weights[listed] < weight and (
                weights[listed] > CLASS_WEIGHT or (is_long and variant.quality >= 0.9)
            ):
                weight = min(weight, typo_weight(weights[listed], variant.how))
        if group == "entity" and len(token.form) <= 4 and is_nearly_legal(token.form):
            weight = min(weight, NEARLY_LEGAL_WEIGHT)
        return weight

    def weight_in_script(self, token: Token, weight: float, best: dict[int, Variant]) -> float:
        """Return the weight of a word in an abjad, or of a syllable, which stands for the variants in `best`.

        Of a word without vowels it is that of the commonest variant whose vowels agree, if any do. The
        romanisation of a syllable may be shorter than all its spellings, which weigh more.
        """
        forms, weights = self.index.vocabulary.forms, self.index.weights[self.group]
        if token.script in ABJADS:
            enough = max([variant.quality for variant in best.values()], default=0.0)
            enough = min(enough, VOWELS_AGREE_QUALITY)
            agreeing = (weights[listed] for listed, variant in best.items() if variant.quality >= enough)
            return min([weight, *(nats for nats in agreeing if nats > SUBSTANCE)])
        own = self.index.vocabulary.ids.get(token.form)
        if own in best and len(token.form) > 1:
            return min(weight, weights[own])
        return max(weight, min((weights[listed] for listed in best if len(forms[listed]) > 1), default=0.0))
