"""The vocabulary: which listed tokens a token may stand for, by symmetric delete spelling correction.

A query token is compared with few of the listed ones. As in SymSpell (Wolf Garbe,
github.com/wolfgarbe/SymSpell), the index holds the deletions of every listed form: two strings within two
edits share a string that each reaches by at most two deletions. Forms that share a deletion are candidates,
and these are *variants* of the token:
- forms with an equal phonetic key, i.e. spellings of one pronunciation;
- forms within one edit (three letters or more) or two edits (five or more);
- a little lower in quality, forms whose phonetic keys are within one edit.

Deletions are hashed and edits are counted for whole tables in numpy, so neither building nor searching loops
over strings.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from holdgate.core.model.evidence import How
from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.names.index.sorted_words import SortedWords
from holdgate.core.names.words.phonetics import consonants_of, phonetic_key
from holdgate.core.names.words.sounds import SoundIndexes

PREFIX_LENGTH = 8
"""Leading characters of a form whose deletions are indexed; an edit after them leaves the prefix equal."""
_BASES = np.array([pow(1_000_003, n, 1 << 64) for n in range(1, PREFIX_LENGTH + 1)], dtype=np.uint64)

BATCH_WORDS = 128
"""Words looked up at a time: each is compared with some 50 listed tokens."""
CACHED_VARIANTS = 4_096
"""Words whose variants are cached, 1.1 to 2.4 kB each: enough for the names of one batch in every group."""
ROMANISED_QUALITY = 0.95
"""Quality of equal phonetic keys: two romanisations of one name, or two names that sound alike."""
_SHORT_ROMANISED_QUALITY = 0.85
"""The same for keys of up to three letters."""


class Variant(Struct, frozen=True, gc=False):
    """A listed token (position in the vocabulary) that a token may stand for, with quality 0..1 and kind."""

    token: int
    quality: float
    how: How


_ONE_EDIT_QUALITY = np.array((0.0, 0.0, 0.5, 0.82, 0.92, 0.94, 0.95, 0.96, 0.97, 0.97, 0.97, 0.98))
_TWO_EDITS_QUALITY = np.array((0.0, 0.0, 0.0, 0.0, 0.0, 0.75, 0.86, 0.88, 0.9, 0.92, 0.94, 0.95))
"""Quality by the length of the longer form."""
MIN_QUALITY = 0.5
"""Quality below which two forms are different tokens."""
SOUND_EDIT_FACTOR = 0.9
"""Factor for the quality of an edit in the phonetic key."""
MAX_SOUND_EDIT_QUALITY = SOUND_EDIT_FACTOR * float(_ONE_EDIT_QUALITY[-1])


def one_edit_quality(form: str) -> float:
    """Return the quality of a form of this length with one edit."""
    return float(_ONE_EDIT_QUALITY[min(len(form), 11)])


@cache
def _deletion_rows(length: int) -> NDArray[np.intp]:
    """Return the positions that survive each tolerated deletion of `length` characters.

    One row per deletion, padded to PREFIX_LENGTH with the index of a zero.
    """
    max_deletions = 2 if length >= 5 else 1 if length >= 3 else 0
    rows: list[list[int]] = []
    for deletions in range(max_deletions + 1):
        for deleted in combinations(range(length), deletions):
            remaining = [i for i in range(length) if i not in deleted]
            rows.append(remaining + [length] * (PREFIX_LENGTH - len(remaining)))
    return np.array(rows, dtype=np.intp)


def _deletion_hashes(words: Sequence[str], length: int) -> NDArray[np.uint64]:
    """Return the hashes of the deletions of words whose prefix has `length` characters, one row per word."""
    raw = "".join(word[:PREFIX_LENGTH] for word in words).encode("ascii")
    codes = np.zeros((len(words), length + 1), dtype=np.uint64)
    codes[:, :length] = np.frombuffer(raw, dtype=np.uint8).reshape(len(words), length)
    hashes: NDArray[np.uint64] = (codes[:, _deletion_rows(length)] * _BASES).sum(axis=2, dtype=np.uint64)
    return hashes


_BIT = np.zeros(128, dtype=np.uint64)
for _i, _char in enumerate(b"abcdefghijklmnopqrstuvwxyz0123456789"):
    _BIT[_char] = 1 << _i


def _signatures(forms: Sequence[str]) -> NDArray[np.uint64]:
    """Return a bit set of the characters of each non-empty form; an edit changes at most two bits."""
    if not forms:
        return np.zeros(0, dtype=np.uint64)
    bits = _BIT[np.frombuffer("".join(forms).encode("ascii"), dtype=np.uint8)]
    sizes = np.array([len(form) for form in forms])
    signatures: NDArray[np.uint64] = np.bitwise_or.reduceat(bits, np.cumsum(sizes) - sizes)
    return signatures


def _consonants_of_all(words: Sequence[str]) -> list[str]:
    """Return the consonants of each word, in one call: a load has 27,000 words, while payments wait."""
    return consonants_of("\n".join(words)).split("\n") if words else []


def _slot(hashes: NDArray[np.uint64], shift: np.uint64) -> NDArray[np.int64]:
    """Return the bucket of each hash (Fibonacci hashing: the high bits of a product)."""
    return ((hashes * np.uint64(0x9E3779B97F4A7C15)) >> shift).astype(np.int64)


class Vocabulary:
    """The distinct tokens of the lists: forms, phonetic keys, consonants and the deletion index.

    A token is its position in these lists. The tokens of bucket b of the deletion index are
    `members[buckets[b]:buckets[b + 1]]`.
    """

    def __init__(
        self,
        forms: list[str],
        phonetic_keys: list[str],
        buckets: NDArray[np.int32],
        members: NDArray[np.int32],
        sounds: Mapping[str, NDArray[Any]] | None = None,
    ):
        self.forms = forms
        self.phonetic_keys = phonetic_keys
        self.buckets = buckets
        self.members = members
        self.ids = {form: token for token, form in enumerate(forms)}
        self.by_phonetic_key: dict[str, list[int]] = {}
        for token, key in enumerate(phonetic_keys):
            self.by_phonetic_key.setdefault(key, []).append(token)
        self.consonants = _consonants_of_all(phonetic_keys)
        self.sounds = SoundIndexes(forms, sounds)
        self._first_with_key = np.array(
            [self.by_phonetic_key[key][0] for key in phonetic_keys], dtype=np.int64
        )
        self._form_array = _WordArray(forms)
        self._key_array = _WordArray(phonetic_keys)
        self._signatures = _signatures(forms)
        self.sorted_forms = SortedWords(forms)
        self._shift = np.uint64(65 - (len(buckets) - 1).bit_length())

    @classmethod
    def build(cls, forms: list[str]) -> "Vocabulary":
        """Index the deletions of the forms."""
        phonetic_keys = [phonetic_key(form) for form in forms]
        hashes: list[NDArray[np.uint64]] = []
        members: list[NDArray[np.int32]] = []
        lengths = np.array([min(len(form), PREFIX_LENGTH) for form in forms])
        for length in range(1, PREFIX_LENGTH + 1):
            tokens = np.flatnonzero(lengths == length).astype(np.int32)
            if len(tokens):
                rows = _deletion_hashes([forms[token] for token in tokens], length)
                hashes.append(rows.ravel())
                members.append(np.repeat(tokens, rows.shape[1]))
        bits = max(8, sum(len(part) for part in hashes).bit_length())
        buckets = np.zeros((1 << bits) + 1, dtype=np.int32)
        if not hashes:
            return cls(forms, phonetic_keys, buckets, np.zeros(0, dtype=np.int32))
        slots = _slot(np.concatenate(hashes), np.uint64(64 - bits))
        np.cumsum(np.bincount(slots, minlength=1 << bits), out=buckets[1:])
        return cls(forms, phonetic_keys, buckets, np.concatenate(members)[np.argsort(slots, kind="stable")])

    def exact_variants(self, form: str, key: str) -> list[Variant]:
        """Return the listed tokens with this form or this phonetic key, without edits."""
        quality = ROMANISED_QUALITY if len(key) > 3 else _SHORT_ROMANISED_QUALITY
        variants = [Variant(token, quality, "translit") for token in self.by_phonetic_key.get(key, ())]
        own = self.ids.get(form)
        if own is None:
            return variants
        return [*(variant for variant in variants if variant.token != own), Variant(own, 1.0, "exact")]

    def starting_with(self, prefix: str) -> list[int]:
        """Return the tokens whose form begins with the prefix."""
        return [self.ids[form] for form in self.sorted_forms.starting_with(prefix)]

    def variants(self, words: Sequence[tuple[str, str]]) -> list[list[Variant]]:
        """Return the variants of each word; a word is (form, phonetic key).

        In a batch a word costs a third of what it costs alone, as the numpy calls are shared.
        """
        variants: list[list[Variant]] = []
        for start in range(0, len(words), BATCH_WORDS):
            variants += self._batch_variants(words[start : start + BATCH_WORDS])
        return variants

    def _batch_variants(self, words: Sequence[tuple[str, str]]) -> list[list[Variant]]:
        variants: list[list[Variant]] = [[] for _ in words]
        forms, keys = _WordArray([form for form, _ in words]), _WordArray([key for _, key in words])
        word_ids, tokens = self._propose([form for form, _ in words])
        edits = _count_edits(forms.texts[word_ids], self._form_array.texts[tokens], 2)
        own_first = np.array([self.by_phonetic_key.get(key, (-1,))[0] for _, key in words])
        # Equal forms and equal phonetic keys are exact variants, which are added below.
        close = np.flatnonzero(
            (edits <= 2) & (edits > 0) & (self._first_with_key[tokens] != own_first[word_ids])
        )
        word_ids, tokens, edits = word_ids[close], tokens[close], edits[close]
        quality = _spelling_quality(forms.sizes[word_ids], self._form_array.sizes[tokens], edits)
        by_sound = np.flatnonzero(
            (edits == 2) & (quality < MAX_SOUND_EDIT_QUALITY) & (keys.sizes[word_ids] >= 5)
        )
        if len(by_sound):
            sound_words, sound_tokens = word_ids[by_sound], tokens[by_sound]
            longest = np.maximum(keys.sizes[sound_words], self._key_array.sizes[sound_tokens])
            one_edit = _count_edits(keys.texts[sound_words], self._key_array.texts[sound_tokens], 1) == 1
            sound_quality = SOUND_EDIT_FACTOR * _ONE_EDIT_QUALITY[np.minimum(longest, 11)]
            quality[by_sound] = np.maximum(quality[by_sound], np.where(one_edit, sound_quality, 0.0))
        similar = np.flatnonzero(quality >= MIN_QUALITY)
        numbers = [re.findall("[0-9]+", form) for form, _ in words]
        for word_id, token, value in zip(
            word_ids[similar].tolist(), tokens[similar].tolist(), quality[similar].tolist(), strict=True
        ):
            own = numbers[word_id]  # skay17 is not skay19, but may be 5kay17, with a letter misread
            if not own or len(other := re.findall("[0-9]+", self.forms[token])) != len(own) or other == own:
                variants[word_id].append(Variant(token, value, "edit"))
        for word_id, (form, key) in enumerate(words):
            if form:
                variants[word_id] += self.exact_variants(form, key)
        return variants

    def _propose(self, words: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return pairs of a word's position and a listed token that share a deletion and most characters."""
        size = max(len(self.forms), 1)
        pairs: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]  # each as word * size + token
        lengths = [min(len(word), PREFIX_LENGTH) for word in words]
        for length in sorted(set(lengths) - {0}):
            word_ids = [i for i, own in enumerate(lengths) if own == length]
            slots = _slot(_deletion_hashes([words[i] for i in word_ids], length), self._shift)
            starts = self.buckets[slots]
            counts = self.buckets[slots + 1] - starts
            each, begin = counts.ravel(), starts.ravel()
            ends = each.cumsum()
            tokens = self.members[np.repeat(begin - ends + each, each) + np.arange(ends[-1])]
            rows = np.repeat(np.arange(len(word_ids)), counts.sum(axis=1))
            signatures = _signatures([words[i] for i in word_ids])
            similar = np.bitwise_count(self._signatures[tokens] ^ signatures[rows]) <= 4
            pairs.append(np.array(word_ids, dtype=np.int64)[rows[similar]] * size + tokens[similar])
        return np.divmod(np.unique(np.concatenate(pairs)), size)


class _WordArray:
    """Words as an array that can be indexed without a loop, and their lengths."""

    def __init__(self, words: Sequence[str]) -> None:
        self.texts: NDArray[np.object_] = np.array(words, dtype=object)
        self.sizes = np.array([len(word) for word in words], dtype=np.intp)


def _count_edits(left: NDArray[np.object_], right: NDArray[np.object_], max_edits: int) -> NDArray[np.uint8]:
    """Return the edits between each pair of words; more than `max_edits` are reported as one more."""
    return cpdist(left.tolist(), right.tolist(), scorer=OSA.distance, score_cutoff=max_edits, dtype=np.uint8)


def _spelling_quality(
    sizes: NDArray[np.intp], other_sizes: NDArray[np.intp], edits: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """Return the quality of pairs of forms of these lengths that are one or two edits apart."""
    longest = np.minimum(np.maximum(sizes, other_sizes), 11)
    two = np.where((longest >= 5) & (sizes >= 4) & (other_sizes >= 4), _TWO_EDITS_QUALITY[longest], 0.0)
    longest = np.where(longest == 4, np.minimum(sizes, other_sizes), longest)  # NABC is not ABC
    return np.where(edits == 1, _ONE_EDIT_QUALITY[longest], two)


class VariantCache:
    """The variants of recent words; the query builders of all groups of an index share one."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._cache: BoundedCache[tuple[str, str], list[Variant]] = BoundedCache(CACHED_VARIANTS)

    def prepare(self, words: Sequence[tuple[str, str]]) -> None:
        """Look up the variants of many words, given as (form, phonetic key), in one batch.

        Of more words than the cache holds, the first are looked up.
        """
        new = [word for word in dict.fromkeys(words) if word not in self._cache][:CACHED_VARIANTS]
        for word, variants in zip(new, self._vocabulary.variants(new), strict=True):
            self._cache[word] = variants

    def variants(self, form: str, key: str) -> Sequence[Variant]:
        """Return the variants of one word."""
        variants = self._cache.get((form, key))
        if variants is None:
            variants = self._cache[form, key] = self._vocabulary.variants([(form, key)])[0]
        return variants
