"""Pairing: which tokens of a query and of a listed name agree with each other.

The first half of token alignment. Pairing is greedy and one to one, except that one word may pair with
several that spell it.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct
from rapidfuzz.distance import OSA

from holdgate.core.model.evidence import How
from holdgate.core.names.index.inverted_index import Index
from holdgate.core.names.matching.query import ParsedQuery
from holdgate.core.names.matching.scoring import INITIAL_GAIN, SUBSTANCE
from holdgate.core.names.words.east_asian import is_syllables
from holdgate.core.names.words.numerals import digits_of
from holdgate.core.names.words.token_weights import CLASS_WEIGHT, ordinary_share
from holdgate.core.names.words.word_classes import LEGAL_FORMS

MIN_NAME_DIGITS = 4
"""Digits of a number that is the substance of a company's name."""
SON_OF = "bin"
"""The particle between a name and the father's, in the spelling to which the analysis brings all."""


class Pair(Struct, gc=False):
    """Parts that agree: evidence in nats, positions in the query and in the listed name, and kind."""

    gain: float
    query: tuple[int, ...]
    listed: tuple[int, ...]
    how: How


def pair_up(query: ParsedQuery, index: Index, record: int) -> list[Pair]:
    """Return the parts that agree, paired greedily, the heaviest first."""
    listed = index.tokens_of(record)
    token_weights = index.weights[index.group[record]]
    family_length, forms = index.family_name_lengths[record], index.vocabulary.forms
    options: list[Pair] = []
    for i, term in enumerate(query.terms):
        if i in query.surplus:
            continue
        gains = term.gains
        for position, token in enumerate(listed):
            if token in gains:
                how, gain = term.variants[token].how, gains[token]
                if how == "symbol" and position < family_length:
                    continue  # a family name has no other languages
                if how == "edit" and query.is_east_asian and _are_syllables(term.token.form, forms[token]):
                    continue
                options.append(
                    Pair(gain if how == "exact" else min(gain, query.weights[i]), (i,), (position,), how)
                )
        parts = term.compound_parts.get(record)
        if parts is not None:
            positions = _positions_of([part for part in parts if token_weights[part] > CLASS_WEIGHT], listed)
            if positions:
                options.append(Pair(term.gain_by_record[record], (i,), positions, "joined"))
    for i, term in query.joined_terms:
        for position, token in enumerate(listed):
            if token in term.gains:
                both = query.weights[i] + query.weights[i + 1]
                options.append(Pair(min(term.gains[token], both), (i, i + 1), (position,), "split"))
    options.sort(key=lambda pair: (-pair.gain, pair.how != "exact", pair.query, pair.listed))
    matched_query: set[int] = set()
    matched_listed: set[int] = set()
    pairs: list[Pair] = []
    for option in options:
        if matched_query.isdisjoint(option.query) and matched_listed.isdisjoint(option.listed):
            pairs.append(option)
            matched_query.update(option.query)
            matched_listed.update(option.listed)
    return pairs


def pair_initials(
    query: ParsedQuery, forms: list[str], matched_query: set[int], matched_listed: set[int]
) -> Iterator[Pair]:
    """Pair unmatched initials on one side with words on the other that begin with them; mark both matched."""
    if not query.pairs_initials:  # A-Logistics is not Alfa Logistics
        return
    for i, token in enumerate(query.tokens):
        if i in matched_query:
            continue
        for position, form in enumerate(forms):
            if (
                position in matched_listed
                or form[0] != token.form[0]
                or (len(form) > 1) == (len(token.form) > 1)
                or form[0].isdigit()  # number 1 is not number 11
            ):
                continue
            matched_query.add(i)
            matched_listed.add(position)
            yield Pair(INITIAL_GAIN, (i,), (position,), "initial")
            break


def pair_weak_fuzzy(
    query: ParsedQuery,
    forms: list[str],
    weights: list[float],
    matched_query: set[int],
    matched_listed: set[int],
) -> Iterator[Pair]:
    """Pair unmatched words of which at least half the letters agree; mark both matched.

    A word of a person's name that other people bear is theirs, and no misspelling: of 100 listed names with
    another common surname one letter off 96 were held and 45 are, if neither this nor the variants of a word
    take it for one; of 100 with another Korean syllable 23 and 11; of 3,750 ordinary persons .13 and .08 %.
    Of 200 listed names with an edit .97 were found and .96 are.
    """
    for i, token in enumerate(query.tokens):
        if i in matched_query or i in query.patronymics or token.kind != "word" or len(token.form) < 3:
            continue
        if query.group == "person" and ordinary_share(token.form, "person"):
            continue
        for position, form in enumerate(forms):
            if query.is_east_asian and _are_syllables(token.form, form):
                continue
            longest = max(len(form), len(token.form))
            if position in matched_listed or len(form) < 3 or weights[position] <= CLASS_WEIGHT:
                continue
            if 2 * OSA.distance(form, token.form) <= longest and digits_of(form) == digits_of(token.form):
                matched_query.add(i)
                matched_listed.add(position)
                yield Pair(0.0, (i,), (position,), "edit")
                break


def _are_syllables(form: str, listed: str) -> bool:
    """Return whether both words are syllables, so an edit makes another name: Xiaogong is not Xiaohong.

    Many speakers tell no n from ng (Jinpin, Jinping). Of 120 names with another Korean syllable 17 were held
    and 4 are, of 120 with another Chinese one 27 and 10.
    """
    return (
        form.replace("ng", "n") != listed.replace("ng", "n") and is_syllables(form) and is_syllables(listed)
    )


def _positions_of(parts: Sequence[int], listed: list[int]) -> tuple[int, ...]:
    """Return the positions of all parts in the listed name, or none if one is not in it."""
    positions: list[int] = []
    for part in parts:
        for position, token in enumerate(listed):
            if token == part and position not in positions:
                positions.append(position)
                break
        else:
            return ()
    return tuple(positions)


def has_other_number(extra: list[str], unmatched: list[str]) -> bool:
    """Return whether a number of the listed name is unmatched, and one of the query is."""
    return any(map(digits_of, unmatched)) and any(map(digits_of, extra))


def is_same_number(
    query: ParsedQuery, pairs: list[Pair], matched_query: set[int], unmatched: list[str]
) -> bool:
    """Return whether two names are the same long number, apart from legal forms (11420 LLC, 11420 CORP.)."""
    extra = {token.form for i, token in enumerate(query.tokens) if i not in matched_query}
    numbers = [query.tokens[pair.query[0]].form for pair in pairs if pair.gain > SUBSTANCE]
    return (
        any(form.isdigit() and len(form) >= MIN_NAME_DIGITS for form in numbers)
        and len(numbers) == 1
        and (extra | set(unmatched)) <= LEGAL_FORMS
    )


def weight_of_swapped_father(
    query: ParsedQuery, pairs: list[Pair], forms: list[str], family_length: int
) -> float:
    """Return the weight of a name that is the father's in one of the names: Ahmad bin Hasan is not Hasan bin
    Ahmad. It is 0 if that cannot be told.

    That is so if a generation is left out of one of the names, or if one begins or ends with the particle:
    Ben Hassine Saifallah is Saifallah Ben Hassine, family name first.
    """
    spelt = [token.form for token in query.tokens]
    times = spelt.count(SON_OF)
    if not times or forms.count(SON_OF) != times:
        return 0.0
    order = [*range(family_length, len(forms)), *range(family_length)]
    father, listed_son_of = spelt.index(SON_OF) + 1, [forms[i] for i in order].index(SON_OF)
    if father in (1, len(spelt)) or listed_son_of in (0, len(forms) - 1):
        return 0.0
    for pair in pairs:
        listed = order.index(pair.listed[0])
        son = listed < listed_son_of and pair.query[0] == father
        if son or (listed == listed_son_of + 1 and pair.query[0] < father - 1):
            return query.weights[pair.query[0]]
    return 0.0
