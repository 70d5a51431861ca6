"""A parsed query: the tokens of a name as weighted terms, each with the listed tokens it may stand for.

The query builder makes it from an analysed name; candidate generation and alignment read it.
"""

from collections import Counter

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from holdgate.core.names.phonetics import is_patronymic
from holdgate.core.names.scoring import SUBSTANCE
from holdgate.core.names.token_weights import PATRONYMIC_FACTOR
from holdgate.core.names.tokens import ABJADS, Token
from holdgate.core.names.trade_words import MIN_RARE_EVIDENCE, trade_words
from holdgate.core.names.vocabulary import Variant
from holdgate.core.names.word_classes import COMPANY_FORMS, Group

MAX_SHORT_LAST_WEIGHT = 2.0
"""Maximum weight in nats of a word of up to three letters that ends a company's name: most likely an unknown
legal form."""
MAX_REPEATED_WEIGHT = 0.3
"""Maximum weight in nats of a token that occurs earlier in the same query."""


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

    `weights`: nats per token, reduced for repeated tokens, probable legal forms and split words;
    `joined_terms`: (position, term) for two adjacent tokens that together spell a listed token;
    `total`: weight of the query in nats; `patronymics`: positions of the patronymics;
    `has_no_legal_form`: no token is a company form; `has_abjad`: a token is written in an abjad;
    `trade_weight`: nats of the words of a rare name that say what a company does;
    `pairs_initials`: initials may match names; `initials`: number of these; `search_terms`: the terms with
    postings; `max_term_gain`: the most evidence that one of them contributes.
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
        seen: set[str] = set()
        for i, token in enumerate(tokens):
            if token.form in seen:
                self.weights[i] = min(self.weights[i], MAX_REPEATED_WEIGHT)
            seen.add(token.form)
        if (
            tokens
            and group == "entity"
            and len(tokens) > 1
            and len(tokens[-1].form) <= 3
            and tokens[-1].kind == "word"
        ):
            self.weights[-1] = min(self.weights[-1], MAX_SHORT_LAST_WEIGHT)
        for i, term in joined_terms:
            both = self.weights[i] + self.weights[i + 1]
            if both > term.weight:  # what looks like two rare tokens is one word, split
                self.weights[i] *= term.weight / both
                self.weights[i + 1] *= term.weight / both
        self.patronymics = {i for i, token in enumerate(tokens) if is_patronymic(token.phonetic_key)}
        if group != "person" or len(tokens) < 3:
            self.patronymics = set()
        self.total = sum(
            min(weight, term.max_gain or weight) * (PATRONYMIC_FACTOR if i in self.patronymics else 1.0)
            for i, (weight, term) in enumerate(zip(self.weights, terms, strict=True))
        )
        self.is_rare = group == "entity" and sum(term.rare_gain for term in terms) >= MIN_RARE_EVIDENCE
        """Whether trade words may hardly count (trade_words.py)."""
        self.trade_weight = 0.0
        if self.is_rare:
            self.trade_weight = sum(
                weight
                for weight, token in zip(self.weights, tokens, strict=True)
                if token.form in trade_words()
            )
        self.has_no_legal_form = not any(token.form in COMPANY_FORMS for token in tokens)
        self.has_abjad = any(token.script in ABJADS for token in tokens)
        self.pairs_initials = group != "entity" and with_initials
        self.initials = 0 if not self.pairs_initials else sum(token.kind == "initial" for token in tokens)
        occurrences: Counter[int] = Counter()
        self.search_terms: list[Term] = []
        for term in [*terms, *(term for _, term in joined_terms)]:
            occurrences[id(term)] += 1
            if term.gain_by_record and occurrences[id(term)] <= 2:  # a repeated word may agree twice
                self.search_terms.append(term)
        self.max_term_gain = max([term.max_gain for term in self.search_terms], default=0.0)
        self.max_single_word_gain = self.max_term_gain + SUBSTANCE * len(tokens)
        """Upper bound on the evidence of a match in one word of substance, with particles and the like."""
