"""Query building: turn the tokens of an analysed name into terms with weights, variants and postings.

Follows analysis and precedes candidate generation. For every token the builder collects the listed tokens it
may stand for (its variants), its weight, and the records that carry these variants. Terms are cached, as
names share most of their words.
"""

from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.names.index.inverted_index import Index
from holdgate.core.names.index.vocabulary import Variant, VariantCache
from holdgate.core.names.matching.compounds import spell_out
from holdgate.core.names.matching.cut_names import cut_words
from holdgate.core.names.matching.query import ParsedQuery, Term
from holdgate.core.names.matching.variant_finder import Technique, VariantFinder
from holdgate.core.names.words.phonetics import phonetic_key
from holdgate.core.names.words.token_weights import CLASS_WEIGHT, MAX_WEIGHT, token_weight
from holdgate.core.names.words.tokens import ABJADS, Token, is_syllable
from holdgate.core.names.words.trade_words import SPELT_AS_LISTED, is_rare_word
from holdgate.core.names.words.vowels import lacks_all_vowels
from holdgate.core.names.words.word_classes import GROUPS, LEGAL

CACHED_TERMS = 5_000
"""Terms per group; a term takes some 5 kB. With distinct parties a payment builds 3.7 terms, with 8,000
cached terms 3.1 and with 20,000 it builds 2.4."""
CACHED_WORD_TERMS = 2_000
"""Terms per group for the words of names that are said to be of another type."""
CACHED_PLAIN_TERMS = 500
"""Terms per group for the later pieces of long names, which ordinary names do not have."""
CACHED_PAIRS = 40_000
"""Pairs of adjacent words per group; most pairs spell nothing and are cached as None."""
SPLIT_PENALTY = 1.0
"""Nats that are added to the weight of a word when it is written in two."""
JOINED_QUALITY = 0.97
"""Quality of two adjacent words that together spell a listed token."""
JOINED_VARIANT_QUALITY = 0.9
"""The same where they only sound like it."""
CONCATENATED_QUALITY = 0.97
"""Quality of a word that spells several listed tokens."""
MAX_CARRIERS_OF_COMPOUND = 3
"""Maximum listed names with a word that may also be two words written together: YASAIR and YAS AIR."""
MIN_GAIN = 0.2
"""Nats up to which agreement is not looked up: every second record has a legal form."""
ONLY_LEGAL_FORMS_WEIGHT = 0.3
"""Maximum weight of a word that legal forms written together spell."""
SHORT_PREFIX_WEIGHT = 0.3
"""Weight of a truncated last token of under three letters, or of one that begins a legal form."""
PREFIX_WEIGHT_MARGIN = 1.0
"""Nats by which a truncated token may outweigh the listed words that begin with it."""
_RARE_WEIGHT = 5.0
"""Nats above which an unlisted token may be a misspelling; a commoner one is a name of its own."""


class QueryBuilder:
    """Builds queries for one group of an index, caching terms by token; `without` switches techniques off."""

    def __init__(
        self,
        index: Index,
        group: int,
        variant_cache: VariantCache,
        without: frozenset[Technique] = frozenset(),
    ):
        self.index = index
        self.group = group
        self._without = without
        self._variant_finder = VariantFinder(index, group, variant_cache, without)
        self._term_cache: BoundedCache[Token, Term] = BoundedCache(CACHED_TERMS)
        self._word_cache: BoundedCache[Token, Term] = BoundedCache(CACHED_WORD_TERMS)
        self._plain_cache: BoundedCache[Token, Term] = BoundedCache(CACHED_PLAIN_TERMS)
        self._pair_cache: BoundedCache[str, Term | None] = BoundedCache(CACHED_PAIRS)

    def build(
        self, tokens: tuple[Token, ...], truncated: bool, thorough: bool = True, words_only: bool = False
    ) -> ParsedQuery:
        """Return the query of these tokens, with the adjacent pairs that together spell a listed token.

        Unless `thorough`, tokens are looked up by spelling and pronunciation only. With `words_only`, words
        written together or in two are not looked for, which takes half the time. What is cached never changes
        a query, so that any worker repeats a decision.
        """
        find_term = self._term if thorough else self._plain_term
        if thorough and GROUPS[self.group] == "person" and lacks_all_vowels(tokens):
            find_term = self._term_without_vowels
        if words_only:
            words = [(self._word_term if thorough else find_term)(token) for token in tokens]
            return ParsedQuery(tokens, words, [], False, GROUPS[self.group])
        without = self._without
        terms = [find_term(token) for token in tokens]
        joined_terms: list[tuple[int, Term]] = []
        for i in range(len(tokens) - 1 if thorough and "split words" not in without else 0):
            pair = self._pair_term(tokens[i], tokens[i + 1])
            if pair is not None:
                joined_terms.append((i, pair))
        truncated = truncated and "truncation" not in without
        is_cut = truncated and tokens and tokens[-1].kind == "word"
        has_cuts = thorough and len(tokens) > 1 and "cuts" not in without
        cut = cut_words(tokens, self.index, self.group) if has_cuts else []
        for i in {*cut, len(tokens) - 1} if is_cut else cut:
            terms[i] = self._prefix_term(tokens[i], terms[i])
        with_initials = "initials" not in without
        return ParsedQuery(tokens, terms, joined_terms, truncated, GROUPS[self.group], with_initials)

    def max_gain(self, token: Token) -> float:
        """Return the most evidence that a token, which is all of a query, contributes to a listed name."""
        return self._term(token).max_gain

    def drop_terms(self, number: int) -> bool:
        """Drop up to `number` cached terms; return whether any is left."""
        return self._term_cache.drop(number)

    def forms_to_look_up(
        self, tokens: Iterable[Token], words_only: bool = False
    ) -> Iterator[tuple[str, str]]:
        """Yield (form, phonetic key) of every look-up of variants that uncached tokens will need."""
        for token in tokens:
            if (
                token.kind == "word"
                and not is_syllable(token)
                and token not in (self._word_cache if words_only else self._term_cache)
            ):
                yield token.form, token.phonetic_key
                for form, _ in token.readings:
                    yield form, phonetic_key(form)

    def prepare(self, words: Sequence[tuple[str, str]]) -> None:
        """Look up the variants of words, given as (form, phonetic key), in one batch."""
        self._variant_finder.variant_cache.prepare(words)

    def _term(self, token: Token) -> Term:
        return self._cached(self._term_cache, token)

    def _word_term(self, token: Token) -> Term:
        """Return the term of a token without the listed names that the word may contain."""
        return self._cached(self._word_cache, token, words_only=True)

    def _plain_term(self, token: Token) -> Term:
        """Return the term of a token that is looked up by spelling and pronunciation only."""
        return self._cached(self._plain_cache, token, thorough=False)

    def _term_without_vowels(self, token: Token) -> Term:
        """Return the term of a word of a name that has no vowels; such names are too rare to cache them."""
        return self._build_term(token, True, False, is_without_vowels=True)

    def _cached(
        self,
        cache: BoundedCache[Token, Term],
        token: Token,
        *,
        thorough: bool = True,
        words_only: bool = False,
    ) -> Term:
        term = cache.get(token)
        if term is None:
            term = cache[token] = self._build_term(token, thorough, words_only)
        else:
            cache.move_to_end(token)
        return term

    def _build_term(
        self, token: Token, thorough: bool, words_only: bool, *, is_without_vowels: bool = False
    ) -> Term:
        index, group = self.index, self.group
        weights = index.weights[group]
        own = index.vocabulary.ids.get(token.form)
        listed_share = index.shares[group][own] if own is not None else 0.0
        weight = token_weight(token.form, token.kind, GROUPS[group], listed_share)
        best: dict[int, Variant] = {}
        if token.kind == "word":
            best = self._variant_finder.best(token, thorough, is_without_vowels=is_without_vowels)
        elif own is not None:
            best[own] = Variant(own, 1.0, "exact")
        if own is not None and (
            token.kind != "word" or weights[own] > CLASS_WEIGHT or token.script == "Latin"
        ):
            weight = min(weight, weights[own])
        if token.script in ABJADS or is_syllable(token):
            weight = self._variant_finder.weight_in_script(token, weight, best)
        elif best and weight > _RARE_WEIGHT and own is None:
            weight = self._variant_finder.misspelling_weight(token, weight, best)
        gains = {
            listed: (weights[listed] if weights[listed] < weight else weight) * variant.quality  # noqa: FURB136
            for listed, variant in best.items()
        }
        compound_parts: dict[int, tuple[int, ...]] = {}
        if (
            token.kind == "word"
            and (own is None or index.count(group, own) <= MAX_CARRIERS_OF_COMPOUND)
            and thorough
            and not words_only
            and len(token.form) >= 4
            and "joined words" not in self._without
        ):
            compound_parts, only_legal_forms = spell_out(token.form, index, group)
            if only_legal_forms:
                weight = min(weight, ONLY_LEGAL_FORMS_WEIGHT)
        return self._make_term(token, weight, best, gains, compound_parts)

    def _make_term(
        self,
        token: Token,
        weight: float,
        best: dict[int, Variant],
        gains: dict[int, float],
        compound_parts: dict[int, tuple[int, ...]],
    ) -> Term:
        """Return the term with the gain of every record that carries a variant or the parts of a compound."""
        gain_by_record: dict[int, float] = {}
        for listed, gain in sorted(gains.items(), key=itemgetter(1)):
            if gain > MIN_GAIN:
                for record in self.index.records(self.group, listed):
                    gain_by_record[record] = gain
        weights = self.index.weights[self.group]
        for record, parts in compound_parts.items():
            gain = sum(weights[part] for part in parts) * CONCATENATED_QUALITY
            if weight < MAX_WEIGHT:
                gain = min(gain, weight)
            if gain > gain_by_record.get(record, 0.0):
                gain_by_record[record] = gain
        max_gain = max(gain_by_record.values(), default=0.0)
        rare_gain = 0.0
        if GROUPS[self.group] == "entity":
            forms = self.index.vocabulary.forms
            for listed, variant in best.items():
                if (
                    gains[listed] > rare_gain
                    and variant.how in SPELT_AS_LISTED
                    and is_rare_word(forms[listed])
                ):
                    rare_gain = gains[listed]
        return Term(token, weight, best, gains, gain_by_record, max_gain, compound_parts, rare_gain)

    def _pair_term(self, left: Token, right: Token) -> Term | None:
        """Return the term of two adjacent tokens that together spell a listed token, else None; cached."""
        if left.kind == "number" or right.kind == "number":
            return None
        form = left.form + right.form
        pair = form if left.script == right.script == "Latin" else f"{left.written} {right.written}"
        if pair in self._pair_cache:
            return self._pair_cache[pair]
        term = self._pair_cache[pair] = self._build_pair_term(left, right, form)
        return term

    def _build_pair_term(self, left: Token, right: Token, form: str) -> Term | None:
        vocabulary = self.index.vocabulary
        if len(form) < 4 or left.form == "abdul":
            return None
        key = phonetic_key(form)
        similar = self._variant_finder.find_joined(left, right, form, key)
        own = vocabulary.ids.get(form)
        if own is None and not similar:
            return None
        best = {listed: Variant(listed, JOINED_VARIANT_QUALITY, "joined") for listed in similar}
        if own is not None:
            best[own] = Variant(own, JOINED_QUALITY, "joined")
        weights = self.index.weights[self.group]
        gains = {listed: weights[listed] * variant.quality for listed, variant in best.items()}
        token = Token(left.written + " " + right.written, form, key, "word")
        weight = token_weight(form, "word", GROUPS[self.group], 0.0)
        weight = min([weight, *(weights[listed] for listed in best)])
        weight += SPLIT_PENALTY if weight > CLASS_WEIGHT else 0.0
        return self._make_term(token, weight, best, gains, {})

    def _prefix_term(self, token: Token, term: Term) -> Term:
        """Return the term of the last token of a truncated name: it stands for any token it begins."""
        form = token.form
        if len(form) < 3:
            return Term(token, SHORT_PREFIX_WEIGHT, {}, {}, {}, 0.0, {})
        weights = self.index.weights[self.group]
        if any(word.startswith(form) for word in LEGAL) and len(form) > 4:
            return Term(token, SHORT_PREFIX_WEIGHT, {}, {}, {}, 0.0, {})
        best = dict(term.variants)
        gains = dict(term.gains)
        weight = term.weight
        vocabulary = self.index.vocabulary
        for listed in vocabulary.starting_with(form):
            if listed not in best or best[listed].quality < 0.9:
                quality = 0.7 + 0.28 * len(form) / len(vocabulary.forms[listed])
                best[listed] = Variant(listed, quality, "prefix")
                gains[listed] = weights[listed] * quality
        if form not in vocabulary.ids:  # a truncated word is no rarer than the words that begin with it
            weight = min(
                [
                    weight,
                    *(
                        weights[listed] + PREFIX_WEIGHT_MARGIN
                        for listed in gains
                        if weights[listed] > CLASS_WEIGHT
                    ),
                ]
            )
        gains = {listed: min(gain, weight) for listed, gain in gains.items()}
        return self._make_term(token, weight, best, gains, term.compound_parts)
