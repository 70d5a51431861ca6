"""A query ready to be matched: its tokens as terms, each with its weight and what it may stand for."""

from collections import Counter

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from holdgate.core.names.phonetics import is_patronymic
from holdgate.core.names.scoring import SUBSTANCE
from holdgate.core.names.token_weights import PATRONYMIC
from holdgate.core.names.tokens import ABJADS, Token
from holdgate.core.names.vocabulary import Variant
from holdgate.core.names.word_classes import COMPANY_FORMS, Group

SHORT_LAST = 2.0
"""Nats of a word of up to three letters that ends a company's name: most likely an unknown legal form."""


class Term(Struct, gc=False):
    """A token of the query: weight in nats, what it may stand for, the evidence in each of these, and
    `post`: record -> the most evidence the term can bring there (`ceiling`: in any)."""

    token: Token
    weight: float
    variants: dict[int, Variant]
    gains: dict[int, float]
    gain_by_record: dict[int, float]
    max_gain: float
    compound_parts: dict[int, tuple[int, ...]]
    """Records where several tokens, written together, spell this one."""
    arrays: tuple[NDArray[np.int64], NDArray[np.float64]] | None = None

    def columns(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """`post` as two arrays, made when first asked: only common words are."""
        if self.arrays is None:
            size = len(self.gain_by_record)
            records = np.fromiter(self.gain_by_record.keys(), np.int64, size)
            self.arrays = records, np.fromiter(self.gain_by_record.values(), np.float64, size)
        return self.arrays


class ParsedQuery:
    """A query ready to be matched: its terms, and pairs of them that are one listed token."""

    def __init__(
        self,
        tokens: tuple[Token, ...],
        terms: list[Term],
        joined: list[tuple[int, Term]],
        truncated: bool,
        group: Group,
        initials: bool = True,
    ):
        self.tokens = tokens
        self.terms = terms
        self.joined = joined
        self.truncated = truncated
        self.group = group
        self.weights = [term.weight for term in terms]
        seen: set[str] = set()
        for at, token in enumerate(tokens):
            if token.form in seen:
                self.weights[at] = min(self.weights[at], 0.3)
            seen.add(token.form)
        if (
            tokens
            and group == "entity"
            and len(tokens) > 1
            and len(tokens[-1].form) <= 3
            and tokens[-1].kind == "word"
        ):
            self.weights[-1] = min(self.weights[-1], SHORT_LAST)
        for at, term in joined:
            both = self.weights[at] + self.weights[at + 1]
            if both > term.weight:  # what looks like two rare tokens is one word, split
                self.weights[at] *= term.weight / both
                self.weights[at + 1] *= term.weight / both
        self.patronymics = {at for at, token in enumerate(tokens) if is_patronymic(token.phonetic_key)}
        if group != "person" or len(tokens) < 3:
            self.patronymics = set()
        self.total = sum(
            min(weight, term.max_gain or weight) * (PATRONYMIC if at in self.patronymics else 1.0)
            for at, (weight, term) in enumerate(zip(self.weights, terms, strict=True))
        )
        self.unformed = not any(token.form in COMPANY_FORMS for token in tokens)
        self.loose = any(token.script in ABJADS for token in tokens)
        self.spelt_out = group != "entity" and initials
        self.initials = 0 if not self.spelt_out else sum(token.kind == "initial" for token in tokens)
        every = [*terms, *(term for _, term in joined)]
        met: Counter[int] = Counter()
        self.searched: list[Term] = []
        for term in every:  # a word that stands twice may agree twice
            met[id(term)] += 1
            if term.gain_by_record and met[id(term)] <= 2:
                self.searched.append(term)
        self.weightiest = max([term.max_gain for term in self.searched], default=0.0)
        self.alone = self.weightiest + SUBSTANCE * len(tokens)
        """The most nats with which one word of substance agrees, and beside it such as are none."""
