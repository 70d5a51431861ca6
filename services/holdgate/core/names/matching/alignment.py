"""Token alignment: which tokens of a query and a listed name agree, and which stay unmatched.

Each candidate record is aligned once: `pair_up` pairs equal and similar tokens; `align` adds initials and
weak resemblances, tallies the rest as unmatched and scores the result.
"""

from itertools import pairwise
from typing import NamedTuple

from holdgate.core.model.evidence import Evidence, How
from holdgate.core.names.index.inverted_index import Index
from holdgate.core.names.matching.pairing import (
    Pair,
    has_other_number,
    is_same_number,
    pair_initials,
    pair_weak_fuzzy,
)
from holdgate.core.names.matching.query import ParsedQuery
from holdgate.core.names.matching.scoring import INITIAL_GAIN, SUBSTANCE, TRIVIAL_TOLERANCE, Tally, score
from holdgate.core.names.matching.unmatched_words import (
    Positions,
    UnmatchedWords,
    unmatched_of_company,
    unmatched_of_person,
)
from holdgate.core.names.matching.variant_finder import VOWELS_AGREE_QUALITY
from holdgate.core.names.words.token_weights import CLASS_WEIGHT
from holdgate.core.names.words.tokens import Token
from holdgate.core.names.words.trade_words import TRADE_WORD_PENALTY

OTHER_SYLLABLES_FACTOR = 0.8
"""Factor for a person's name in Hangul or Han of which not all syllables agree, or in another order."""
OTHER_NUMBER_FACTOR = 0.75
"""Factor for a company or ship with another number: Bestpay 3 is not BESTPAY 2, however long the name."""
MIN_EVIDENCE_FOR_WEAK_FUZZY = 8.0
"""Nats that other parts must contribute before two words that merely resemble count as a misspelling."""


class Alignment(NamedTuple):
    """The alignment of a query with a record: score 0..1, pairs, and the tokens of the listed name.

    `light_words` hardly count where only one of the names has them.
    """

    score: float
    pairs: list[Pair]
    query: ParsedQuery
    listed: list[str]
    listed_weights: list[float]
    light_words: frozenset[str]

    def evidence(self, text: str) -> tuple[Evidence, ...]:
        """Return the evidence by part, in the order of the query, unmatched parts last.

        `text` is the listed name as written: an exact agreement across scripts is a transliteration.
        """
        tokens = self.query.tokens
        listed_text = text.casefold()
        evidence = [
            Evidence(
                " ".join(tokens[i].written for i in pair.query),
                " ".join(self.listed[i] for i in pair.listed),
                "translit"
                if pair.how == "exact" and _is_transliterated(tokens[pair.query[0]], listed_text)
                else pair.how,
                round(pair.gain, 2),
            )
            for pair in sorted(self.pairs, key=lambda pair: pair.query)
        ]
        matched_query = {i for pair in self.pairs for i in pair.query}
        matched_listed = {i for pair in self.pairs for i in pair.listed}
        extra = [i for i in range(len(tokens)) if i not in matched_query]
        missing = [i for i in range(len(self.listed)) if i not in matched_listed]
        light_words = self.light_words
        conflict = not light_words.issuperset([tokens[i].form for i in extra]) and not (
            light_words.issuperset([self.listed[i] for i in missing])
        )
        for i in extra:
            weight = TRADE_WORD_PENALTY if tokens[i].form in light_words else self.query.weights[i]
            how: How = "conflict" if conflict else "extra"
            evidence.append(Evidence(tokens[i].written, "", how, -round(weight, 2)))
        for i in missing:
            weight = TRADE_WORD_PENALTY if self.listed[i] in light_words else self.listed_weights[i]
            how = "conflict" if conflict else "missing"
            evidence.append(Evidence("", self.listed[i], how, -round(weight, 2)))
        return tuple(evidence)


def align(
    query: ParsedQuery, index: Index, record: int, pairs: list[Pair], *, is_cut: bool = False
) -> Alignment:
    """Add initials and weak resemblances to the pairs of `pair_up`, and score pairs and unmatched parts.

    `is_cut`: the query is the beginning of the listed name.
    """
    listed = index.tokens_of(record)
    forms = [index.vocabulary.forms[token] for token in listed]
    weights = [index.weights[index.group[record]][token] for token in listed]
    tally = Tally()
    _add_pairs(tally, query, pairs, listed, weights)
    matched_query = {i for pair in pairs for i in pair.query}
    matched_listed = {i for pair in pairs for i in pair.listed}
    pairs = [*pairs]
    for pair in pair_initials(query, forms, matched_query, matched_listed):
        pairs.append(pair)
        tally.add_initial(INITIAL_GAIN, query.weights[pair.query[0]], weights[pair.listed[0]])
    if tally.evidence >= MIN_EVIDENCE_FOR_WEAK_FUZZY and not query.has_abjad:
        for pair in pair_weak_fuzzy(query, forms, weights, matched_query, matched_listed):
            pairs.append(pair)
            tally.add_weak_fuzzy(query.weights[pair.query[0]], weights[pair.listed[0]])
    extra = [i for i in range(len(query.tokens)) if i not in matched_query]
    missing = [i for i in range(len(listed)) if i not in matched_listed]
    tally.words = sum(pair.gain > SUBSTANCE for pair in pairs)
    tally.reordered = query.group == "entity" and _is_reordered(pairs)
    tally.all_matched = (not missing and not extra and len(pairs) == len(listed)) or is_same_number(
        query, pairs, matched_query, [forms[i] for i in missing]
    )
    unmatched = (
        unmatched_of_person(query, index, record, pairs, Positions(extra, missing))
        if query.group == "person"
        else unmatched_of_company(query, forms, weights, pairs, Positions(extra, missing))
    )
    is_truncated = is_cut or (query.truncated and _is_prefix_of(query.tokens, forms))
    _add_unmatched(tally, unmatched, is_truncated=is_truncated)
    if query.has_abjad and tally.extra + tally.missing > TRIVIAL_TOLERANCE:
        tally.consonants_only = tally.consonants_only or any(pair.how != "exact" for pair in pairs)
    result = score(tally)
    if query.group != "person":
        other_number = has_other_number([query.tokens[i].form for i in extra], [forms[i] for i in missing])
        result *= OTHER_NUMBER_FACTOR if other_number else 1.0
    elif query.has_syllables:
        is_complete = not extra and tally.missing <= CLASS_WEIGHT
        result *= 1.0 if is_complete and _is_in_order(pairs) else OTHER_SYLLABLES_FACTOR
    if _is_equivalents_alone(pairs):
        result = 0.0
    return Alignment(result, pairs, query, forms, weights, unmatched.light_words)


def _add_pairs(
    tally: Tally, query: ParsedQuery, pairs: list[Pair], listed: list[int], weights: list[float]
) -> None:
    """Add the evidence of the pairs, and what those that agree only nearly have lost."""
    for pair in pairs:
        tally.evidence += pair.gain
        if query.has_abjad:  # several names share these consonants and cannot be distinguished
            tally.consonants_only = tally.consonants_only or not _vowels_agree(query, pair, listed)
        elif pair.how not in ("prefix", "joined"):
            query_weight = sum(query.weights[i] for i in pair.query)
            listed_weight = sum(weights[i] for i in pair.listed)
            add = tally.add_equivalent if pair.how == "symbol" else tally.add_fuzzy
            add(pair.gain, query_weight, listed_weight)


def _add_unmatched(tally: Tally, unmatched: UnmatchedWords, *, is_truncated: bool) -> None:
    """Add what stays unmatched. A truncated name cannot have the words that it misses."""
    tally.fuzz += TRADE_WORD_PENALTY * unmatched.light_count
    for weight in unmatched.extra:
        tally.add_extra(weight)
    if not is_truncated:
        for weight in unmatched.missing:
            tally.add_missing(weight)


def _vowels_agree(query: ParsedQuery, pair: Pair, listed: list[int]) -> bool:
    """Return whether a word in an abjad agrees with a listed word in all the vowels that it writes."""
    if pair.how in ("exact", "split", "joined"):
        return True
    variant = query.terms[pair.query[0]].variants[listed[pair.listed[0]]]
    return pair.how == "translit" and variant.quality >= VOWELS_AGREE_QUALITY


def _is_in_order(pairs: list[Pair]) -> bool:
    """Return whether syllables agree in their order; the surname is first or last.

    A syllable is common to many names: Kim Su-gwang is not Kim Kwang-su.
    """
    positions = [i for pair in sorted(pairs, key=_first_query_position) for i in pair.listed]
    neighbours = zip(positions, positions[1:] + positions[:1], strict=True)
    return sum(left > right for left, right in neighbours) <= 1


def _is_equivalents_alone(pairs: list[Pair]) -> bool:
    """Return whether equivalents agree and no word as listed: Valentina Colic is not CORIC, Valentin."""
    kinds = {pair.how for pair in pairs if pair.gain > SUBSTANCE}
    return "symbol" in kinds and kinds <= {"symbol", "edit"}


def _is_transliterated(token: Token, listed_text: str) -> bool:
    return token.script != "Latin" and token.written not in listed_text


def _is_reordered(pairs: list[Pair]) -> bool:
    """Return whether words of substance are in another order in the two names."""
    positions = [pair.listed[0] for pair in sorted(pairs, key=_first_query_position) if pair.gain > SUBSTANCE]
    return any(left > right for left, right in pairwise(positions))


def _first_query_position(pair: Pair) -> int:
    return pair.query[0]


def _is_prefix_of(tokens: tuple[Token, ...], listed: list[str]) -> bool:
    """Return whether the query is the beginning of the listed name, its last token perhaps truncated."""
    last = len(tokens) - 1
    return len(listed) > last and all(
        listed[i].startswith(token.form) if i == last else listed[i] == token.form
        for i, token in enumerate(tokens)
    )
