"""A parsed query: the tokens of a name as weighted terms, each with the listed tokens it may stand for.

The query builder makes it from an analysed name; candidate generation and alignment read it.
"""

from collections import Counter
from collections.abc import Set

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from holdgate.core.names.index.vocabulary import Variant
from holdgate.core.names.matching.scoring import INITIAL_GAIN, SUBSTANCE
from holdgate.core.names.words.east_asian import east_asian_surnames
from holdgate.core.names.words.phonetics import is_patronymic
from holdgate.core.names.words.token_weights import PATRONYMIC_FACTOR
from holdgate.core.names.words.tokens import ABJADS, Token, is_syllable
from holdgate.core.names.words.trade_words import MIN_RARE_EVIDENCE, trade_words
from holdgate.core.names.words.word_classes import (
    COMPANY_FORMS,
    FIRST_WORDS_OF_PLACES,
    PLACES,
    PLACES_OF_TWO_WORDS,
    Group,
)

MAX_SHORT_LAST_WEIGHT = 2.0
"""Maximum weight in nats of a word of up to three letters that ends a company's name: most likely an unknown
legal form."""
MAX_REPEATED_WEIGHT = 0.3
"""Maximum weight in nats of a token that occurs earlier in the same query."""
MAX_PAIRED = 6
"""Times that a repeated token of a query is paired with the tokens of a listed name: of 38,676 listed names
(OFAC 2023-12-28, UN 2026-02) none has a word more than 5 times. A window of 24 equal tokens took 0.4 ms."""
MAX_EXTRA_PLACE_WEIGHT = 3.1
"""Maximum nats of a country or city that only the query has: TRUST LOGISTICS, London."""


class Term(Struct, gc=False):
    """A token of the query with its weight in nats and its postings.

    `variants`: the listed tokens it may stand for; `gains`: listed token -> evidence in nats;
    `gain_by_record`: record -> the most evidence the term can contribute there; `max_gain`: the highest of
    these.
    """

    token: Token
    weight: float
    variants: dict[int, Variant]
    gains: dict[int, float]
    gain_by_record: dict[int, float]
    max_gain: float
    compound_parts: dict[int, tuple[int, ...]]
    """Record -> its tokens that, written together, spell this term."""
    rare_gain: float = 0.0
    """The most evidence of a listed word that the term spells and no ordinary name carries."""
    arrays: tuple[NDArray[np.int64], NDArray[np.float64]] | None = None

    def columns(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return `gain_by_record` as two arrays, built on first use: only common words need them."""
        if self.arrays is None:
            size = len(self.gain_by_record)
            records = np.fromiter(self.gain_by_record.keys(), np.int64, size)
            self.arrays = records, np.fromiter(self.gain_by_record.values(), np.float64, size)
        return self.arrays


class ParsedQuery:
    """A query ready to be matched.

    `weights`: nats per token, reduced for repeated words, probable legal forms and split words;
    `surplus`: positions of tokens that are repeated too often to be paired;
    `joined_terms`: (position, term) for two adjacent tokens that together spell a listed token;
    `total`: weight of the query in nats; `min_total`: the same without what may hardly count where it is
    unmatched; `patronymics`: positions of the patronymics; `has_no_legal_form`: no token is a company form;
    `place_ends`: positions of the second words of places of two words in a company's name;
    `is_east_asian`: the name of a person begins or ends with a Chinese or Korean surname;
    `has_abjad`: a token is written in an abjad; `has_syllables`: a token is a syllable; `is_rare`: the
    words of the name that say what a company does may hardly count (trade_words.py); `pairs_initials`:
    initials may match names; `initials`: number of these; `search_terms`: the terms with postings;
    `max_gain`, `max_term_gain`: the most evidence that they contribute together, and that one of them does;
    `max_single_word_gain`: the most evidence of a match in one word of substance.
    """

    def __init__(
        self,
        tokens: tuple[Token, ...],
        terms: list[Term],
        joined_terms: list[tuple[int, Term]],
        truncated: bool,
        group: Group,
        with_initials: bool = True,
    ):
        self.tokens = tokens
        self.terms = terms
        self.joined_terms = joined_terms
        self.truncated = truncated
        self.group = group
        self.weights = [term.weight for term in terms]
        forms = [token.form for token in tokens]
        has_repeated = len(set(forms)) < len(forms)
        self.surplus: Set[int] = frozenset()
        if has_repeated:
            self._lower_repeated_weights(forms)
        if group == "entity" and len(tokens) > 1 and len(forms[-1]) <= 3 and tokens[-1].kind == "word":
            self.weights[-1] = min(self.weights[-1], MAX_SHORT_LAST_WEIGHT)
        for i, term in joined_terms:
            both = self.weights[i] + self.weights[i + 1]
            if both > term.weight:  # what looks like two rare tokens is one word, split
                self.weights[i] *= term.weight / both
                self.weights[i + 1] *= term.weight / both
        self.patronymics: set[int] = set()
        if group == "person" and len(tokens) > 2:
            self.patronymics = {i for i, token in enumerate(tokens) if is_patronymic(token.phonetic_key)}
        self.pairs_initials = group != "entity" and with_initials
        ends = (*forms[:1], *forms[-1:])
        self.is_east_asian = group == "person" and not east_asian_surnames().isdisjoint(ends)
        self.place_ends: Set[int] = frozenset()
        if group == "entity" and not FIRST_WORDS_OF_PLACES.isdisjoint(forms):
            self.place_ends = frozenset(
                [i for i in range(1, len(forms)) if f"{forms[i - 1]} {forms[i]}" in PLACES_OF_TWO_WORDS]
            )
        self.has_no_legal_form = COMPANY_FORMS.isdisjoint(forms)
        self.has_abjad = self.has_syllables = False
        self.initials = 0
        self.total = light_weight = rare_gain = 0.0
        for i, (token, term) in enumerate(zip(tokens, terms, strict=True)):
            weight = self.weights[i]
            if 0.0 < term.max_gain < weight:
                weight = term.max_gain
            if i in self.patronymics:
                weight *= PATRONYMIC_FACTOR
            self.total += weight
            rare_gain += term.rare_gain
            if token.script != "Latin":
                self.has_abjad = self.has_abjad or token.script in ABJADS
                self.has_syllables = self.has_syllables or is_syllable(token)
            if token.kind == "initial" and self.pairs_initials:
                self.initials += 1
            if i in self.place_ends:
                light_weight += weight
            elif token.form in PLACES or i + 1 in self.place_ends:
                light_weight += max(weight - MAX_EXTRA_PLACE_WEIGHT, 0.0)
        self.is_rare = group == "entity" and rare_gain >= MIN_RARE_EVIDENCE
        if self.is_rare:
            light_weight += sum(
                [self.weights[i] for i, form in enumerate(forms) if form in trade_words()], start=0.0
            )
        if truncated:
            light_weight += self.weights[-1]
        self.min_total = self.total - light_weight
        self.search_terms = [term for term in terms if term.gain_by_record]
        self.search_terms += [term for _, term in joined_terms if term.gain_by_record]
        if has_repeated:
            self.search_terms = _at_most_twice(self.search_terms)
        self.max_gain = self.max_term_gain = 0.0
        light_gain = self.initials * INITIAL_GAIN
        for term in self.search_terms:
            gain = term.max_gain
            self.max_gain += gain
            light_gain += min(gain, SUBSTANCE)
            if gain > self.max_term_gain:
                self.max_term_gain = gain
        self.max_single_word_gain = light_gain + max(self.max_term_gain - SUBSTANCE, 0.0)

    def _lower_repeated_weights(self, forms: list[str]) -> None:
        times: Counter[str] = Counter()
        for i, form in enumerate(forms):
            if times[form] and not is_syllable(self.tokens[i]):
                self.weights[i] = min(self.weights[i], MAX_REPEATED_WEIGHT)
            times[form] += 1
            if times[form] > MAX_PAIRED:
                self.surplus |= {i}


def _at_most_twice(terms: list[Term]) -> list[Term]:
    """Return the terms, each at most twice: a repeated word may agree twice."""
    occurrences: Counter[int] = Counter()
    kept: list[Term] = []
    for term in terms:
        occurrences[id(term)] += 1
        if occurrences[id(term)] <= 2:
            kept.append(term)
    return kept
