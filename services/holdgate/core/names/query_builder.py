"""The tokens of a query as terms: what each weighs, what it may stand for, and who carries that."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Literal

from rapidfuzz.distance import OSA

from holdgate.core.names.compounds import is_nearly_legal, spell_out
from holdgate.core.names.inverted_index import GROUPS, Index
from holdgate.core.names.phonetics import consonants_of, phonetic_key
from holdgate.core.names.query import ParsedQuery, Term
from holdgate.core.names.scoring import SUBSTANCE
from holdgate.core.names.token_weights import (
    CLASS_WEIGHT,
    MAX_WEIGHT,
    ordinary_share,
    token_weight,
    typo_weight,
)
from holdgate.core.names.tokens import ABJADS, SYLLABIC, Token
from holdgate.core.names.vocabulary import ROMANISED_QUALITY, Variant, VariantCache, one_edit
from holdgate.core.names.word_classes import LEGAL

CACHED_TERMS = 5_000
"""Per group, those last met; a term takes some 5 kB. A payment of distinct parties makes 3.7 tokens anew,
with 8,000 kept it is 3.1 and with 20,000 it is 2.4."""
CACHED_PAIRS = 40_000
"""Per group; most pairs spell nothing and are kept as None."""
SPLIT_PENALTY = 1.0
"""Nats by which a word written in two surprises more than the word."""
JOINED_QUALITY = 0.97
CONCATENATED_QUALITY = 0.97
OTHER_READING_QUALITY = 0.92
"""A Han or Hangul syllable has more readings than the one that was compared."""
CONSONANTS_QUALITY = 0.9
"""An abjad writes consonants alone: the listed vowels agree unseen."""
OTHER_WORD_FACTOR, OTHER_RARE_FACTOR = 0.75, 0.85
"""Factors for an edit of an ordinary word, by whether ordinary names carry the listed one too."""
OTHER_SOUND_FACTOR = 0.88
"""Factor for an ordinary word of companies that only sounds like the listed one: Coats is not Koach."""
MAX_CARRIERS_OF_COMPOUND = 3
"""Listed names that carry a word which may still be two others written together: YASAIR and YAS AIR."""
MIN_GAIN = 0.2
"""Nats under which agreement is not looked up: legal forms are on every second record."""
NEARLY_LEGAL_WEIGHT = 0.8
_RARE_WEIGHT = 5.0
"""Nats from which an unlisted token may be a misspelling; a commoner one is a name of its own."""


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
    "other words",
]
"""What can be switched off to measure what it earns."""


class QueryBuilder:
    """Terms of one group of an index, cached by token; `without` some techniques for an ablation."""

    def __init__(
        self, index: Index, group: int, around: VariantCache, without: frozenset[Technique] = frozenset()
    ):
        self.index = index
        self._variants = around
        self.group = group
        self._without = without
        self._cache: OrderedDict[Token, Term] = OrderedDict()
        self._pairs: OrderedDict[str, Term | None] = OrderedDict()

    def build(self, tokens: tuple[Token, ...], truncated: bool, thorough: bool = True) -> ParsedQuery:
        """A query's tokens, and the pairs of neighbours that together spell a listed token.

        Unless `thorough`, tokens not met before are sought by spelling and pronunciation alone.
        """
        without = self._without
        terms = [self._term(token, thorough) for token in tokens]
        joined: list[tuple[int, Term]] = []
        for at in range(len(tokens) - 1 if thorough and "split words" not in without else 0):
            pair = self._pair(tokens[at], tokens[at + 1])
            if pair is not None:
                joined.append((at, pair))
        truncated = truncated and "truncation" not in without
        if truncated and tokens and tokens[-1].kind == "word":
            terms[-1] = self._prefix_term(tokens[-1], terms[-1])
        initials = "initials" not in without
        return ParsedQuery(tokens, terms, joined, truncated, GROUPS[self.group], initials)

    def drop_terms(self, number: int) -> bool:
        """Forget some of the terms that are kept; whether any is left."""
        for _ in range(min(number, len(self._cache))):
            self._cache.popitem()
        return bool(self._cache)

    def _cache_pair(self, form: str, pair: Term | None) -> Term | None:
        self._pairs[form] = pair
        if len(self._pairs) > CACHED_PAIRS:
            self._pairs.popitem(last=False)
        return pair

    def _term(self, token: Token, thorough: bool) -> Term:
        term = self._cache.get(token)
        if term is None:
            term = self._build_term(token, thorough)
            if thorough:
                self._cache[token] = term
                if len(self._cache) > CACHED_TERMS:
                    self._cache.popitem(last=False)
        else:
            self._cache.move_to_end(token)
        return term

    def _build_term(self, token: Token, thorough: bool) -> Term:
        index, vocabulary, group = self.index, self.index.vocabulary, self.group
        own = vocabulary.ids.get(token.form)
        listed = index.shares[group][own] if own is not None else 0.0
        weight = token_weight(token.form, token.kind, GROUPS[group], listed)
        best: dict[int, Variant] = {}
        weights = index.weights[group]
        if token.kind == "word":
            shares = index.shares[group]
            found = self._find_variants(token, thorough)
            for near in self._enabled_variants(found) if self._without else found:
                if not shares[near.token] and weights[near.token] > CLASS_WEIGHT:
                    continue  # no name of this group carries it
                known = best.get(near.token)
                if known is None or known.quality < near.quality:
                    best[near.token] = near
        elif own is not None:
            best[own] = Variant(own, 1.0, "exact")
        if own is not None and (
            token.kind != "word" or weights[own] > CLASS_WEIGHT or token.script == "Latin"
        ):
            weight = min(weight, weights[own])
        if token.script in ABJADS:
            weight = min([weight, *(weights[at] for at in best if weights[at] > SUBSTANCE)])
        elif best and weight > _RARE_WEIGHT and own is None:
            weight = min(
                [
                    weight,
                    *(
                        typo_weight(weights[near.token], near.how)
                        for near in best.values()
                        if weights[near.token] > CLASS_WEIGHT or (len(token.form) > 4 and near.quality >= 0.9)
                    ),
                ]
            )
            if GROUPS[group] == "entity" and len(token.form) <= 4 and is_nearly_legal(token.form):
                weight = min(weight, NEARLY_LEGAL_WEIGHT)
        gains = {at: min(weight, weights[at]) * near.quality for at, near in best.items()}
        parts: dict[int, tuple[int, ...]] = {}
        if (
            token.kind == "word"
            and (own is None or index.count(group, own) <= MAX_CARRIERS_OF_COMPOUND)
            and thorough
            and len(token.form) >= 4
            and "joined words" not in self._without
        ):
            parts, hollow = spell_out(token.form, self.index, self.group)
            if hollow:
                weight = min(weight, 0.3)
        return self._make_term(token, weight, best, gains, parts)

    def _enabled_variants(self, found: list[Variant]) -> list[Variant]:
        """Those that the techniques left on would have found."""
        without, forms = self._without, self.index.vocabulary.forms
        if "edits" in without:
            found = [near for near in found if near.how != "edit"]
        elif "second edit" in without:
            found = [
                near for near in found if near.how != "edit" or near.quality >= one_edit(forms[near.token])
            ]
        if "romanisation" in without:
            found = [near for near in found if near.how != "translit" or near.quality < ROMANISED_QUALITY]
        return found

    def forms_to_look_up(self, tokens: Iterable[Token]) -> Iterator[tuple[str, str]]:
        """Forms and folds whose neighbours the tokens will ask for, those met before left out."""
        for token in tokens:
            if token.kind == "word" and token.script not in SYLLABIC and token not in self._cache:
                yield token.form, token.phonetic_key
                for form, _ in token.readings:
                    yield form, phonetic_key(form)

    def _find_variants(self, token: Token, thorough: bool) -> list[Variant]:
        vocabulary = self.index.vocabulary
        if not thorough:
            return vocabulary.exact_variants(token.form, token.phonetic_key)
        if token.script in SYLLABIC:  # one syllable: an edit makes it another
            return [
                Variant(near.token, near.quality * OTHER_READING_QUALITY, "translit")
                for near in vocabulary.exact_variants(token.form, token.phonetic_key)
            ]
        found = [*self._variants.variants(token.form, token.phonetic_key)]
        for form, how in token.readings if "other readings" not in self._without else ():
            found += [
                Variant(near.token, near.quality * 0.97, how if near.how == "exact" else near.how)
                for near in self._variants.variants(form, phonetic_key(form))
            ]
        if ordinary_share(token.form, GROUPS[self.group]) and "other words" not in self._without:
            bones = consonants_of(token.phonetic_key)
            found = [self._other_word(near, token, bones) for near in found]
        if token.script in ABJADS and "consonants" not in self._without:
            read = {consonants_of(token.phonetic_key), consonants_of(token.form)}  # t + h is no th here
            read |= {consonants_of(phonetic_key(form)) for form, _ in token.readings}
            found += [
                Variant(at, CONSONANTS_QUALITY, "translit")
                for bones in read
                for at in vocabulary.by_consonants.get(bones, ())
                if self.index.weights[self.group][at] > 1.0
                and (len(bones) > 1 or len(vocabulary.forms[at]) <= 6)
            ]
        return found

    def _other_word(self, near: Variant, token: Token, bones: str) -> Variant:
        """An edit of an ordinary word is rather a different word (Carlos, Carla; mobility, Nobility)."""
        vocabulary, group = self.index.vocabulary, GROUPS[self.group]
        other = vocabulary.forms[near.token]
        if near.how == "edit" and vocabulary.bones[near.token] != bones:
            factor = OTHER_WORD_FACTOR if ordinary_share(other, group) else OTHER_RARE_FACTOR
            return Variant(near.token, near.quality * factor, near.how)
        if near.how == "translit" and group == "entity" and OSA.distance(token.form, other) > 1:
            return Variant(near.token, near.quality * OTHER_SOUND_FACTOR, near.how)
        return near

    def _make_term(
        self,
        token: Token,
        weight: float,
        best: dict[int, Variant],
        gains: dict[int, float],
        parts: dict[int, tuple[int, ...]],
    ) -> Term:
        post: dict[int, float] = {}
        for at, gain in sorted(gains.items(), key=itemgetter(1)):
            if gain > MIN_GAIN and (records := self.index.records(self.group, at)):
                post.update(dict.fromkeys(records, gain))
        weights = self.index.weights[self.group]
        for record, broken in parts.items():
            whole = sum(weights[at] for at in broken) * CONCATENATED_QUALITY
            if weight < MAX_WEIGHT:
                whole = min(whole, weight)
            if whole > post.get(record, 0.0):
                post[record] = whole
        return Term(token, weight, best, gains, post, max(post.values(), default=0.0), parts)

    def _pair(self, left: Token, right: Token) -> Term | None:
        if left.kind == "number" or right.kind == "number":
            return None
        form = left.form + right.form
        if form in self._pairs:
            return self._pairs[form]
        vocabulary = self.index.vocabulary
        if len(form) < 4 or left.form == "abdul":
            return self._cache_pair(form, None)
        folded = phonetic_key(form)
        ids = (
            vocabulary.by_phonetic_key.get(folded, [])
            if len(folded) > 3 and left.script not in SYLLABIC
            else []
        )
        if left.script in ABJADS and right.script in ABJADS and "consonants" not in self._without:
            bones = consonants_of(left.phonetic_key) + consonants_of(right.phonetic_key)
            ids = [*ids, *(vocabulary.by_consonants.get(bones, ()) if len(bones) > 3 else ())]
        own = vocabulary.ids.get(form)
        if own is None and not ids:
            return self._cache_pair(form, None)
        best = {at: Variant(at, 0.9, "joined") for at in ids}
        if own is not None:
            best[own] = Variant(own, JOINED_QUALITY, "joined")
        weights = self.index.weights[self.group]
        gains = {at: weights[at] * near.quality for at, near in best.items()}
        token = Token(left.shown + " " + right.shown, form, folded, "word")
        weight = token_weight(form, "word", GROUPS[self.group], 0.0)
        weight = min([weight, *(weights[at] for at in best)])
        weight += SPLIT_PENALTY if weight > CLASS_WEIGHT else 0.0
        return self._cache_pair(form, self._make_term(token, weight, best, gains, {}))

    def _prefix_term(self, token: Token, term: Term) -> Term:
        """The last token of a name that may have been cut: any listed token that begins with it."""
        form = token.form
        if len(form) < 3:
            return Term(token, 0.3, {}, {}, {}, 0.0, {})
        weights = self.index.weights[self.group]
        if any(word.startswith(form) for word in LEGAL) and len(form) > 4:
            return Term(token, 0.3, {}, {}, {}, 0.0, {})
        best = dict(term.variants)
        gains = dict(term.gains)
        weight = term.weight
        for at in self.index.vocabulary.starting_with(form):
            if at not in best or best[at].quality < 0.9:
                quality = 0.7 + 0.28 * len(form) / len(self.index.vocabulary.forms[at])
                best[at] = Variant(at, quality, "prefix")
                gains[at] = weights[at] * quality
        if form not in self.index.vocabulary.ids:  # a word cut off is no rarer than the words it begins
            weight = min([weight, *(weights[at] + 1.0 for at in gains if weights[at] > CLASS_WEIGHT)])
        return self._make_term(
            token, weight, best, {at: min(gain, weight) for at, gain in gains.items()}, term.compound_parts
        )
