"""Unmatched words: what the words weigh that only the query, or only the listed name, has.

The second half of token alignment. An unmatched word weighs what it says about who is meant: a patronymic
little, another family name much.
"""

from collections.abc import Set
from typing import NamedTuple

from holdgate.core.names.index.inverted_index import Index
from holdgate.core.names.matching.compounds import may_be_legal_form
from holdgate.core.names.matching.pairing import Pair, weight_of_swapped_father
from holdgate.core.names.matching.query import MAX_EXTRA_PLACE_WEIGHT, ParsedQuery
from holdgate.core.names.words.east_asian import east_asian_surnames
from holdgate.core.names.words.token_weights import PATRONYMIC_FACTOR, ordinary_share
from holdgate.core.names.words.trade_words import (
    MIN_RARE_EVIDENCE,
    SPELT_AS_LISTED,
    is_rare_word,
    trade_words,
)
from holdgate.core.names.words.word_classes import COMPANY_FORMS, PLACES

MISSPELT_LEGAL_FORM_WEIGHT = 0.5
"""Nats of a word that is nearly a legal form, where the listed name has an unmatched one: likely the same."""
UNMATCHED_FAMILY_NAME_FACTOR = 2.5
"""Factor for an unmatched family name: Christopher Vincent is not KINAHAN, Christopher Vincent."""
OTHER_GIVEN_NAME_FACTOR = 2.5
"""Factor for an unmatched ordinary name in front: Andrew Daniel Moreno is not MORENO, Daniel."""


class Positions(NamedTuple):
    """The positions of the unmatched words: `extra` in the query, `missing` in the listed name."""

    extra: list[int]
    missing: list[int]


class UnmatchedWords(NamedTuple):
    """The weights in nats of the words that only the query (`extra`) or the listed name (`missing`) has.

    `light_words` are words that hardly count, whoever has them, and are in neither list; `light_count` says
    how many there are.
    """

    extra: list[float]
    missing: list[float]
    light_words: frozenset[str] = frozenset()
    light_count: int = 0


def unmatched_of_person(
    query: ParsedQuery, index: Index, record: int, pairs: list[Pair], positions: Positions
) -> UnmatchedWords:
    """Weigh the unmatched words of a person's name.

    A patronymic that only one side has says little. An unmatched family name, another given name in front, or
    a name that is the father's in one of the names and the son's in the other, says more.
    """
    listed = index.tokens_of(record)
    forms = [index.vocabulary.forms[token] for token in listed]
    extra_patronymics, missing_patronymics = _unmatched_patronymics(query, index, record, positions)
    extra = [
        min(query.weights[i], MAX_EXTRA_PLACE_WEIGHT)
        if _is_place(query.tokens[i].form)
        else query.weights[i] * (PATRONYMIC_FACTOR if i in extra_patronymics else 1.0)
        for i in positions.extra
    ]
    family_length = index.family_name_lengths[record]
    if (
        positions.extra[:1] == [0]
        and family_length
        and ordinary_share(query.tokens[0].form, "person")
        # Peter Zhang Longbao may well be ZHANG, Longbao, who calls himself Peter in English.
        and (positions.missing or forms[0] not in east_asian_surnames())
    ):
        extra[0] *= OTHER_GIVEN_NAME_FACTOR
    family_is_unmatched = family_length > 0 and not query.has_abjad
    family_is_unmatched = family_is_unmatched and {*range(family_length)} <= {*positions.missing}
    token_weights = index.weights[index.group[record]]
    missing = [
        token_weights[listed[i]]
        * (
            PATRONYMIC_FACTOR
            if i in missing_patronymics
            else UNMATCHED_FAMILY_NAME_FACTOR
            if family_is_unmatched and i < family_length
            else 1.0
        )
        for i in positions.missing
    ]
    swapped = weight_of_swapped_father(query, pairs, forms, family_length)
    if swapped > 0.0:
        extra.append(swapped)
        missing.append(swapped)
    return UnmatchedWords(extra, missing)


def unmatched_of_company(
    query: ParsedQuery, forms: list[str], weights: list[float], pairs: list[Pair], positions: Positions
) -> UnmatchedWords:
    """Weigh the unmatched words of the name of a company, ship or aircraft.

    `forms` and `weights` are those of the words of the listed name. Where rare words agree, trade words are
    light. Where only the listed name has a legal form, a word of nearly that spelling is taken for it.
    """
    needs_legal_form = query.has_no_legal_form and any(forms[i] in COMPANY_FORMS for i in positions.missing)
    light_words = trade_words() if query.is_rare and _agrees_in_rare_words(pairs, forms) else frozenset()
    extra = [i for i in positions.extra if query.tokens[i].form not in light_words]
    missing = [i for i in positions.missing if forms[i] not in light_words]
    return UnmatchedWords(
        [_extra_weight(query, i, needs_legal_form) for i in extra if i not in query.place_ends],
        [weights[i] for i in missing],
        light_words,
        len(positions.extra) - len(extra) + len(positions.missing) - len(missing),
    )


def _is_place(form: str) -> bool:
    """Return whether a word beside a person's name is rather a place than a name that people bear."""
    return form in PLACES and not ordinary_share(form, "person")


def _unmatched_patronymics(
    query: ParsedQuery, index: Index, record: int, positions: Positions
) -> tuple[Set[int], Set[int]]:
    """Return the positions of unmatched patronymics in the query and in the listed name.

    If both have one, they are the names of two fathers and count as any other word.
    """
    listed, family_length = index.tokens_of(record), index.family_name_lengths[record]
    extra = query.patronymics.intersection(positions.extra)
    missing = {
        i
        for i in positions.missing
        if listed[i] in index.patronymics and i >= family_length and (family_length or i + 1 < len(listed))
    }
    return (set(), set()) if extra and missing else (extra, missing)


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


def _extra_weight(query: ParsedQuery, position: int, needs_legal_form: bool) -> float:
    """Return the weight of a word that only the query has, in the name of a company.

    `needs_legal_form`: the listed name has an unmatched legal form and the query has none, so a word of
    nearly that spelling is taken for it.
    """
    weight, token = query.weights[position], query.tokens[position]
    if token.form in PLACES or position + 1 in query.place_ends:
        return min(weight, MAX_EXTRA_PLACE_WEIGHT)
    if (
        needs_legal_form
        and weight > MISSPELT_LEGAL_FORM_WEIGHT
        and token.kind == "word"
        and may_be_legal_form(token.form)
    ):
        return MISSPELT_LEGAL_FORM_WEIGHT
    return weight
