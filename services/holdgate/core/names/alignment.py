"""Two names part by part: which token agrees with which, and what is left over."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from msgspec import Struct
from rapidfuzz.distance import OSA

from holdgate.core.model.evidence import Evidence
from holdgate.core.names.compounds import may_be_form
from holdgate.core.names.inverted_index import Index
from holdgate.core.names.query import ParsedQuery
from holdgate.core.names.scoring import INITIAL_GAIN, SUBSTANCE, Tally, score
from holdgate.core.names.token_weights import CLASS_WEIGHT, PATRONYMIC, ordinary_share
from holdgate.core.names.tokens import Token
from holdgate.core.names.word_classes import COMPANY_FORMS, PLACES

BRANCH = 3.1
"""Nats at most of a country or city that only the query has: TRUST LOGISTICS, London."""
UNREAD_FORM = 0.5
"""Nats of a short word where the listed name has a legal form that nothing met: likely that one misspelt."""
HEADLESS = 2.5
"""Factor for a family name that nothing met: Christopher Vincent is not KINAHAN, Christopher Vincent."""
OTHER_GIVEN = 2.5
"""Factor for an ordinary name before those that agree: Andrew Daniel Moreno is not MORENO, Daniel."""
RESEMBLES_FROM = 8.0
"""Nats that other parts must bring before two words that merely resemble count as one misspelt."""


class Pair(Struct, gc=False):
    """Parts that agree: positions in both names, evidence in nats, how."""

    gain: float
    query: tuple[int, ...]
    listed: tuple[int, ...]
    how: str


class Alignment(NamedTuple):
    """The alignment of a query with a record."""

    score: float
    pairs: list[Pair]
    query: ParsedQuery
    listed: list[str]
    listed_weights: list[float]

    def evidence(self, text: str) -> tuple[Evidence, ...]:
        """Part by part, in the order of the query; what is left over last. `text` is the listed name as
        written: what is exact in another script than the name's is a transliteration."""
        tokens = self.query.tokens
        written = text.casefold()
        found = [
            Evidence(
                " ".join(tokens[at].shown for at in pair.query),
                " ".join(self.listed[at] for at in pair.listed),
                "translit" if pair.how == "exact" and _foreign(tokens[pair.query[0]], written) else pair.how,
                round(pair.gain, 2),
            )
            for pair in sorted(self.pairs, key=lambda pair: pair.query)
        ]
        used = {at for pair in self.pairs for at in pair.query}
        met = {at for pair in self.pairs for at in pair.listed}
        extra = [at for at in range(len(tokens)) if at not in used]
        missing = [at for at in range(len(self.listed)) if at not in met]
        conflict = bool(extra) and bool(missing)
        weights = self.query.weights
        found += [
            Evidence(tokens[at].shown, "", "conflict" if conflict else "extra", -round(weights[at], 2))
            for at in extra
        ]
        found += [
            Evidence(
                "", self.listed[at], "conflict" if conflict else "missing", -round(self.listed_weights[at], 2)
            )
            for at in missing
        ]
        return tuple(found)


def pair_up(query: ParsedQuery, index: Index, record: int) -> list[Pair]:
    """The parts that agree, paired greedily, the weightiest first."""
    listed = index.tokens_of(record)
    all_weights = index.weights[index.group[record]]
    options: list[Pair] = []
    for at, term in enumerate(query.terms):
        gains = term.gains
        for position, token in enumerate(listed):
            if token in gains:
                how, gain = term.variants[token].how, gains[token]
                options.append(
                    Pair(gain if how == "exact" else min(gain, query.weights[at]), (at,), (position,), how)
                )
        broken = term.compound_parts.get(record)
        if broken is not None:
            places = _places([part for part in broken if all_weights[part] > CLASS_WEIGHT], listed)
            if places:
                options.append(Pair(term.gain_by_record[record], (at,), places, "joined"))
    for at, term in query.joined:
        for position, token in enumerate(listed):
            if token in term.gains:
                both = query.weights[at] + query.weights[at + 1]
                options.append(Pair(min(term.gains[token], both), (at, at + 1), (position,), "split"))
    options.sort(key=lambda pair: (-pair.gain, pair.how != "exact", pair.query, pair.listed))
    used: set[int] = set()
    met: set[int] = set()
    pairs: list[Pair] = []
    for option in options:
        if used.isdisjoint(option.query) and met.isdisjoint(option.listed):
            pairs.append(option)
            used.update(option.query)
            met.update(option.listed)
    return pairs


def align(query: ParsedQuery, index: Index, record: int, pairs: list[Pair]) -> Alignment:
    """To the parts that agree add initials and words that resemble; score what agrees and what is left."""
    listed = index.tokens_of(record)
    forms = index.vocabulary.forms
    all_weights = index.weights[index.group[record]]
    weights = [all_weights[token] for token in listed]
    used = {at for pair in pairs for at in pair.query}
    met = {at for pair in pairs for at in pair.listed}
    pairs = [*pairs]
    found = Tally()
    for pair in pairs:
        found.evidence += pair.gain
        if query.loose:  # several names share these consonants: nothing tells them apart
            found.consonants_only = found.consonants_only or pair.how != "exact"
        elif pair.how not in ("prefix", "joined"):
            asked = sum(query.weights[at] for at in pair.query)
            found.add_fuzzy(pair.gain, asked, sum(weights[at] for at in pair.listed))
    for pair in _initials(query, [forms[token] for token in listed], used, met):
        pairs.append(pair)
        found.add_initial(INITIAL_GAIN, query.weights[pair.query[0]], weights[pair.listed[0]])
    if found.evidence >= RESEMBLES_FROM and not query.loose:
        for pair in _resembling(query, [forms[token] for token in listed], weights, used, met):
            pairs.append(pair)
            found.add_weak_fuzzy(query.weights[pair.query[0]], weights[pair.listed[0]])
    left = [at for at in range(len(weights)) if at not in met]
    found.all_matched = not left and len(used) == len(query.tokens) and len(pairs) == len(listed)
    found.words = sum(pair.gain > SUBSTANCE for pair in pairs)
    found.reordered = query.group == "entity" and _turned(pairs)
    if query.group == "person":
        extra, missing = _left_over(query, used, index, record, left, weights)
    else:
        unmet = query.unformed and any(forms[listed[at]] in COMPANY_FORMS for at in left)
        extra = [_addition(query, at, unmet) for at in range(len(query.tokens)) if at not in used]
        missing = [weights[at] for at in left]
    for weight in extra:
        found.add_extra(weight)
    if not (query.truncated and _begins(query.tokens, [forms[token] for token in listed])):
        for weight in missing:
            found.add_missing(weight)
    result = score(found)
    return Alignment(result, pairs, query, [forms[token] for token in listed], weights)


def _initials(reading: ParsedQuery, words: list[str], used: set[int], met: set[int]) -> Iterator[Pair]:
    """Left-over initials on one side and words on the other that begin with them; marks both."""
    if not reading.spelt_out:  # A-Logistics is not Alfa Logistics
        return
    for at, token in enumerate(reading.tokens):
        if at in used:
            continue
        for position, word in enumerate(words):
            if position in met or word[0] != token.form[0] or (len(word) > 1) == (len(token.form) > 1):
                continue
            used.add(at)
            met.add(position)
            yield Pair(INITIAL_GAIN, (at,), (position,), "initial")
            break


def _resembling(
    reading: ParsedQuery, words: list[str], weights: list[float], used: set[int], met: set[int]
) -> Iterator[Pair]:
    """Left-over words of which at least half the letters agree; marks them as used and met."""
    for at, token in enumerate(reading.tokens):
        if at in used or at in reading.patronymics or token.kind != "word" or len(token.form) < 3:
            continue
        for position, word in enumerate(words):
            longest = max(len(word), len(token.form))
            if position in met or len(word) < 3 or weights[position] <= CLASS_WEIGHT:
                continue
            if 2 * OSA.distance(word, token.form) <= longest:
                used.add(at)
                met.add(position)
                yield Pair(0.0, (at,), (position,), "edit")
                break


def _left_over(
    reading: ParsedQuery, used: set[int], index: Index, record: int, left: list[int], weights: list[float]
) -> tuple[list[float], list[float]]:
    """What is left over in a person's name and in the listed one: a patronymic that one side alone has says
    little, a family name that nothing met or another given name in front says more."""
    listed, head = index.tokens_of(record), index.heads[record]
    asked = [at for at in range(len(reading.tokens)) if at not in used]
    bare_asked = reading.patronymics.intersection(asked)
    bare = {
        at for at in left if listed[at] in index.patronymics and at >= head and (head or at + 1 < len(listed))
    }
    if bare and bare_asked:  # of two fathers
        bare, bare_asked = set(), set()
    extra = [reading.weights[at] * (PATRONYMIC if at in bare_asked else 1.0) for at in asked]
    if asked and not asked[0] and head and ordinary_share(reading.tokens[0].form, "person"):
        extra[0] *= OTHER_GIVEN
    headless = 0 < head <= len(set(left) & set(range(head))) and not reading.loose
    missing = [
        weights[at] * (PATRONYMIC if at in bare else HEADLESS if headless and at < head else 1.0)
        for at in left
    ]
    return extra, missing


def _addition(reading: ParsedQuery, at: int, form_unmet: bool) -> float:
    """What a word counts that only the query has, in a company's name. `form_unmet` says that the listed name
    has a legal form and the query none: a word of nearly that spelling is it."""
    weight, token = reading.weights[at], reading.tokens[at]
    if token.form in PLACES:
        return min(weight, BRANCH)
    if form_unmet and weight > UNREAD_FORM and token.kind == "word" and may_be_form(token.form):
        return UNREAD_FORM
    return weight


def _foreign(token: Token, written: str) -> bool:
    return token.script != "Latin" and token.shown not in written


def _turned(pairs: list[Pair]) -> bool:
    """Whether words of substance stand in another order in the two names."""
    places = [pair.listed[0] for pair in sorted(pairs, key=_first_asked) if pair.gain > SUBSTANCE]
    return any(left > right for left, right in pairwise(places))


def _first_asked(pair: Pair) -> int:
    return pair.query[0]


def _begins(tokens: tuple[Token, ...], listed: list[str]) -> bool:
    """Whether the query is the beginning of the listed name, its last token perhaps cut."""
    last = len(tokens) - 1
    return len(listed) > last and all(
        listed[at].startswith(token.form) if at == last else listed[at] == token.form
        for at, token in enumerate(tokens)
    )


def _places(parts: Sequence[int], listed: list[int]) -> tuple[int, ...]:
    places: list[int] = []
    for part in parts:
        for position, token in enumerate(listed):
            if token == part and position not in places:
                places.append(position)
                break
        else:
            return ()
    return tuple(places)
