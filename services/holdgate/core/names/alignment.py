"""Token alignment: which tokens of a query and a listed name agree, and which stay unmatched.

Each candidate record is aligned once: `pair_up` pairs equal and similar tokens; `align` adds initials and
weak resemblances, tallies the rest as unmatched and scores the result.
"""

from itertools import pairwise
from typing import NamedTuple

from holdgate.core.model.evidence import Evidence, How
from holdgate.core.names.compounds import may_be_legal_form
from holdgate.core.names.east_asian import east_asian_surnames
from holdgate.core.names.inverted_index import Index
from holdgate.core.names.pairing import (
    Pair,
    has_other_number,
    is_same_number,
    pair_initials,
    pair_weak_fuzzy,
    weight_of_swapped_father,
)
from holdgate.core.names.query import MAX_EXTRA_PLACE_WEIGHT, ParsedQuery
from holdgate.core.names.scoring import INITIAL_GAIN, SUBSTANCE, TRIVIAL_TOLERANCE, Tally, score
from holdgate.core.names.token_weights import CLASS_WEIGHT, PATRONYMIC_FACTOR, ordinary_share
from holdgate.core.names.tokens import Token
from holdgate.core.names.trade_words import (
    MIN_RARE_EVIDENCE,
    SPELT_AS_LISTED,
    TRADE_WORD_PENALTY,
    is_rare_word,
    trade_words,
)
from holdgate.core.names.variant_finder import VOWELS_AGREE_QUALITY
from holdgate.core.names.word_classes import COMPANY_FORMS, PLACES

MISSPELT_LEGAL_FORM_WEIGHT = 0.5
"""Nats of a word that is nearly a legal form, where the listed name has an unmatched one: likely the same."""
UNMATCHED_FAMILY_NAME_FACTOR = 2.5
"""Factor for an unmatched family name: Christopher Vincent is not KINAHAN, Christopher Vincent."""
OTHER_GIVEN_NAME_FACTOR = 2.5
"""Factor for an unmatched ordinary name in front: Andrew Daniel Moreno is not MORENO, Daniel."""
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


def align(query: ParsedQuery, index: Index, record: int, pairs: list[Pair]) -> Alignment:
    """Add initials and weak resemblances to the pairs of `pair_up`, and score pairs and unmatched parts."""
    listed = index.tokens_of(record)
    vocabulary_forms = index.vocabulary.forms
    forms = [vocabulary_forms[token] for token in listed]
    token_weights = index.weights[index.group[record]]
    weights = [token_weights[token] for token in listed]
    matched_query = {i for pair in pairs for i in pair.query}
    matched_listed = {i for pair in pairs for i in pair.listed}
    pairs = [*pairs]
    tally = Tally()
    for pair in pairs:
        tally.evidence += pair.gain
        if query.has_abjad:  # several names share these consonants and cannot be distinguished
            tally.consonants_only = tally.consonants_only or not _vowels_agree(query, pair, listed)
        elif pair.how not in ("prefix", "joined"):
            query_weight = sum(query.weights[i] for i in pair.query)
            listed_weight = sum(weights[i] for i in pair.listed)
            add = tally.add_equivalent if pair.how == "symbol" else tally.add_fuzzy
            add(pair.gain, query_weight, listed_weight)
    for pair in pair_initials(query, forms, matched_query, matched_listed):
        pairs.append(pair)
        tally.add_initial(INITIAL_GAIN, query.weights[pair.query[0]], weights[pair.listed[0]])
    if tally.evidence >= MIN_EVIDENCE_FOR_WEAK_FUZZY and not query.has_abjad:
        for pair in pair_weak_fuzzy(query, forms, weights, matched_query, matched_listed):
            pairs.append(pair)
            tally.add_weak_fuzzy(query.weights[pair.query[0]], weights[pair.listed[0]])
    unmatched = [i for i in range(len(weights)) if i not in matched_listed]
    tally.all_matched = (
        not unmatched and len(matched_query) == len(query.tokens) and len(pairs) == len(listed)
    ) or is_same_number(query, pairs, matched_query, [forms[i] for i in unmatched])
    tally.words = sum(pair.gain > SUBSTANCE for pair in pairs)
    tally.reordered = query.group == "entity" and _is_reordered(pairs)
    light_words: frozenset[str] = frozenset()
    if query.group == "person":
        extra, missing = _unmatched_weights(query, matched_query, index, record, unmatched, weights)
        if (swapped := weight_of_swapped_father(query, pairs, forms)) > 0.0:
            extra.append(swapped)
            missing.append(swapped)
    else:
        needs_legal_form = query.has_no_legal_form and any(forms[i] in COMPANY_FORMS for i in unmatched)
        light_words = trade_words() if query.is_rare and _agrees_in_rare_words(pairs, forms) else frozenset()
        extra_positions = [
            i
            for i, token in enumerate(query.tokens)
            if i not in matched_query and token.form not in light_words
        ]
        missing_positions = [i for i in unmatched if forms[i] not in light_words]
        light = len(query.tokens) - len(matched_query) - len(extra_positions)
        tally.fuzz += TRADE_WORD_PENALTY * (light + len(unmatched) - len(missing_positions))
        extra = [_extra_weight(query, i, needs_legal_form) for i in extra_positions]
        missing = [weights[i] for i in missing_positions]
    for weight in extra:
        tally.add_extra(weight)
    if not (query.truncated and _is_prefix_of(query.tokens, forms)):
        for weight in missing:
            tally.add_missing(weight)
    if query.has_abjad and tally.extra + tally.missing > TRIVIAL_TOLERANCE:
        tally.consonants_only = tally.consonants_only or any(pair.how != "exact" for pair in pairs)
    result = score(tally)
    is_complete = len(matched_query) == len(query.tokens) and tally.missing <= CLASS_WEIGHT
    if query.has_syllables and query.group == "person" and not (is_complete and _is_in_order(pairs)):
        result *= OTHER_SYLLABLES_FACTOR
    if query.group != "person" and has_other_number(
        [token.form for i, token in enumerate(query.tokens) if i not in matched_query],
        [forms[i] for i in unmatched],
    ):
        result *= OTHER_NUMBER_FACTOR
    if _is_equivalents_alone(pairs):
        result = 0.0
    return Alignment(result, pairs, query, forms, weights, light_words)


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


def _agrees_in_rare_words(pairs: list[Pair], forms: list[str]) -> bool:
    """Return whether words that no ordinary name carries agree, so that trade words hardly count."""
    return (
        sum(
            pair.gain
            for pair in pairs
            if pair.how in SPELT_AS_LISTED and all(is_rare_word(forms[i]) for i in pair.listed)
        )
        >= MIN_RARE_EVIDENCE
    )


def _unmatched_weights(
    query: ParsedQuery,
    matched_query: set[int],
    index: Index,
    record: int,
    unmatched: list[int],
    weights: list[float],
) -> tuple[list[float], list[float]]:
    """Return the weights of the unmatched words of a person's name and of the listed name.

    A patronymic that only one side has says little. An unmatched family name, or another given name in front,
    says more.
    """
    listed, family_length = index.tokens_of(record), index.family_name_lengths[record]
    extra_positions = [i for i in range(len(query.tokens)) if i not in matched_query]
    extra_patronymics = query.patronymics.intersection(extra_positions)
    missing_patronymics = {
        i
        for i in unmatched
        if listed[i] in index.patronymics and i >= family_length and (family_length or i + 1 < len(listed))
    }
    if missing_patronymics and extra_patronymics:  # patronymics of two fathers
        missing_patronymics, extra_patronymics = set(), set()
    extra = [
        query.weights[i] * (PATRONYMIC_FACTOR if i in extra_patronymics else 1.0) for i in extra_positions
    ]
    if (
        extra_positions
        and not extra_positions[0]
        and family_length
        and ordinary_share(query.tokens[0].form, "person")
        # Peter Zhang Longbao may well be ZHANG, Longbao, who calls himself Peter in English.
        and (unmatched or index.vocabulary.forms[listed[0]] not in east_asian_surnames())
    ):
        extra[0] *= OTHER_GIVEN_NAME_FACTOR
    unmatched_family = set(unmatched) & set(range(family_length))
    family_is_unmatched = 0 < family_length <= len(unmatched_family) and not query.has_abjad
    missing = [
        weights[i]
        * (
            PATRONYMIC_FACTOR
            if i in missing_patronymics
            else UNMATCHED_FAMILY_NAME_FACTOR
            if family_is_unmatched and i < family_length
            else 1.0
        )
        for i in unmatched
    ]
    return extra, missing


def _extra_weight(query: ParsedQuery, position: int, needs_legal_form: bool) -> float:
    """Return the weight of a word that only the query has, in a company's name.

    `needs_legal_form`: the listed name has an unmatched legal form and the query has none, so a word of
    nearly that spelling is taken for it.
    """
    weight, token = query.weights[position], query.tokens[position]
    if token.form in PLACES:
        return min(weight, MAX_EXTRA_PLACE_WEIGHT)
    if (
        needs_legal_form
        and weight > MISSPELT_LEGAL_FORM_WEIGHT
        and token.kind == "word"
        and may_be_legal_form(token.form)
    ):
        return MISSPELT_LEGAL_FORM_WEIGHT
    return weight


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
