"""Two names part by part: which token agrees with which, and what is left over."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz.distance import OSA

from holdgate.core.evidence import Evidence
from holdgate.core.index import Index
from holdgate.core.reading import Reading
from holdgate.core.scoring import DOUBT, DOUBT_CONSONANTS, RARE_ALONE, RESEMBLING, TRIVIAL, score
from holdgate.core.tokens import Token
from holdgate.core.weights import CLASS_WEIGHT, PATRONYMIC, share

INITIAL = 1.0
"""Nats of an initial that agrees: one letter in about three, as names begin with few letters."""
SUBSTANCE = 1.1
"""Nats from which a part counts as a word; particles, titles, legal forms and initials weigh less."""
TURNED = 0.88
"""Factor for a company whose words agree in part and in another order: Diamond Block is not Black Diamond."""
HEADLESS = 2.5
"""Factor for a family name that nothing met: Christopher Vincent is not KINAHAN, Christopher Vincent."""
OTHER_GIVEN = 2.5
"""Factor for an ordinary name before those that agree: Andrew Daniel Moreno is not MORENO, Daniel."""
RESEMBLES_FROM = 8.0
"""Nats that other parts must bring before two words that merely resemble count as one misspelt."""
INITIAL_REST = 0.15
"""Share of the spelt-out name's weight that an initial leaves unconfirmed."""


class Pair(NamedTuple):
    """Parts that agree: positions in both names, evidence in nats, how."""

    gain: float
    query: tuple[int, ...]
    listed: tuple[int, ...]
    how: str


class Alignment(NamedTuple):
    """The alignment of a query with a record."""

    score: float
    pairs: list[Pair]
    reading: Reading
    listed: list[str]
    listed_weights: list[float]

    def evidence(self, text: str) -> tuple[Evidence, ...]:
        """Part by part, in the order of the query; what is left over last. `text` is the listed name as
        written: what is exact in another script than the name's is a transliteration."""
        tokens = self.reading.tokens
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
        weights = self.reading.weights
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


def align(reading: Reading, index: Index, record: int) -> Alignment:
    """Pair the parts greedily, the weightiest first, then initials; score what agrees and what is left."""
    listed = index.tokens_of(record)
    forms = index.vocabulary.forms
    all_weights = index.weights[index.group[record]]
    weights = [all_weights[token] for token in listed]
    options: list[Pair] = []
    for at, term in enumerate(reading.terms):
        gains = term.gains
        for position, token in enumerate(listed):
            if token in gains:
                options.append(Pair(gains[token], (at,), (position,), term.neighbours[token].how))
        broken = term.parts.get(record)
        if broken is not None:
            places = _places([part for part in broken if all_weights[part] > CLASS_WEIGHT], listed)
            if places:
                options.append(Pair(term.post[record], (at,), places, "joined"))
    for at, term in reading.joined:
        for position, token in enumerate(listed):
            if token in term.gains:
                both = reading.weights[at] + reading.weights[at + 1]
                options.append(Pair(min(term.gains[token], both), (at, at + 1), (position,), "split"))
    options.sort(key=lambda pair: (-pair.gain, pair.query, pair.listed))
    used: set[int] = set()
    met: set[int] = set()
    pairs: list[Pair] = []
    for option in options:
        if used.isdisjoint(option.query) and met.isdisjoint(option.listed):
            pairs.append(option)
            used.update(option.query)
            met.update(option.listed)
    evidence = extra = missing = 0.0
    unseen = False
    for pair in pairs:
        evidence += pair.gain
        asked = sum(reading.weights[at] for at in pair.query)
        if pair.how in ("prefix", "joined"):
            continue
        if reading.loose:  # several names share these consonants: nothing tells them apart
            unseen = unseen or pair.how != "exact"
            continue
        extra += max(0.0, asked - pair.gain)
        missing += max(0.0, sum(weights[at] for at in pair.listed) - pair.gain)
    for at, word_asked in enumerate(reading.tokens):
        if at in used or not reading.spelt_out:  # A-Logistics is not Alfa Logistics
            continue
        for position, other in enumerate(listed):
            word = forms[other]
            if (
                position in met
                or word[0] != word_asked.form[0]
                or (len(word) > 1) == (len(word_asked.form) > 1)
            ):
                continue
            pairs.append(Pair(INITIAL, (at,), (position,), "initial"))
            used.add(at)
            met.add(position)
            evidence += INITIAL
            extra += INITIAL_REST * max(0.0, reading.weights[at] - INITIAL)
            missing += INITIAL_REST * max(0.0, weights[position] - INITIAL)
            break
    if evidence >= RESEMBLES_FROM and not reading.loose:
        for pair in _resembling(reading, [forms[token] for token in listed], weights, used, met):
            pairs.append(pair)
            extra += RESEMBLING * reading.weights[pair.query[0]]
            missing += RESEMBLING * weights[pair.listed[0]]
    left = [at for at in range(len(weights)) if at not in met]
    if reading.group == "person":
        asked_more, rest = _left_over(reading, used, index, record, left, weights)
        extra += asked_more
    else:
        extra += sum(weight for at, weight in enumerate(reading.weights) if at not in used)
        rest = sum(weights[at] for at in left)
    if not (reading.truncated and _begins(reading.tokens, [forms[token] for token in listed])):
        missing += rest
    same = not rest and not extra and len(pairs) == len(listed)
    whole = not unseen and extra + missing < TRIVIAL and (same or evidence >= RARE_ALONE)
    words = sum(pair.gain > SUBSTANCE for pair in pairs)
    result = score(evidence, extra, missing, whole, words == 1, DOUBT_CONSONANTS if unseen else DOUBT)
    if reading.group == "entity" and not whole and _turned(pairs):
        result *= TURNED
    return Alignment(result, pairs, reading, [forms[token] for token in listed], weights)


def _resembling(
    reading: Reading, words: list[str], weights: list[float], used: set[int], met: set[int]
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
    reading: Reading, used: set[int], index: Index, record: int, left: list[int], weights: list[float]
) -> tuple[float, float]:
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
    extra = sum(reading.weights[at] * (PATRONYMIC if at in bare_asked else 1.0) for at in asked)
    if asked and not asked[0] and head and share(reading.tokens[0].form, "person"):
        extra += (OTHER_GIVEN - 1.0) * reading.weights[0]
    headless = 0 < head <= len(set(left) & set(range(head))) and not reading.loose
    missing = sum(
        weights[at] * (PATRONYMIC if at in bare else HEADLESS if headless and at < head else 1.0)
        for at in left
    )
    return extra, missing


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
