"""Which listed tokens a token may stand for, and how well.

A deletion neighbourhood (SymSpell: two strings within two edits share a string that each reaches by at
most two deletions) over the forms proposes, and what is near enough is a neighbour: of equal folds, which are
spellings of one pronunciation, or within one edit in a form of three letters and more, two in one of five and
more, on the spelling or, a little lower, one on the fold. Deletions are hashed and edits counted whole tables
at once, so neither building nor asking loops over strings.
"""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from itertools import combinations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from holdgate.core.names.phonetics import consonants_of, phonetic_key

PREFIX_LENGTH = 8
"""Characters of a form whose deletions are indexed; an edit behind them leaves the prefix equal."""
_BASES = np.array([pow(1_000_003, n, 1 << 64) for n in range(1, PREFIX_LENGTH + 1)], dtype=np.uint64)


BATCH_WORDS = 128
"""Words whose neighbours are sought at once: some 50 listed tokens are compared with each."""
CACHED_VARIANTS = 4_096
"""Words whose neighbours are kept, some 1.1 kB each, until a batch's names have been read in every group."""
ROMANISED_QUALITY = 0.95
"""Quality of equal folds: two romanisations of one name, or two names that sound alike."""


class Variant(Struct, frozen=True, gc=False):
    """A listed token (position in the vocabulary) that a token may stand for: quality 0..1 and how."""

    token: int
    quality: float
    how: str


_ONE_EDIT = np.array((0.0, 0.0, 0.5, 0.82, 0.92, 0.94, 0.95, 0.96, 0.97, 0.97, 0.97, 0.98))
_TWO_EDITS = np.array((0.0, 0.0, 0.0, 0.0, 0.0, 0.75, 0.86, 0.88, 0.9, 0.92, 0.94, 0.95))
"""Quality by the length of the longer form."""
MIN_SIMILARITY = 0.5
"""Quality below which two forms are different tokens."""
SOUNDS = 0.9
"""Part of its quality that an edit of the pronunciation keeps."""
SOUNDS_AT_BEST = SOUNDS * float(_ONE_EDIT[-1])


def one_edit(form: str) -> float:
    """The quality that one edit keeps in a form of this length."""
    return float(_ONE_EDIT[min(len(form), 11)])


@cache
def _kept(length: int) -> NDArray[np.intp]:
    """Which positions survive each tolerated deletion of `length` characters; padded to PREFIX."""
    most = 2 if length >= 5 else 1 if length >= 3 else 0
    rows: list[list[int]] = []
    for dropped in range(most + 1):
        for gone in combinations(range(length), dropped):
            kept = [at for at in range(length) if at not in gone]
            rows.append(kept + [length] * (PREFIX_LENGTH - len(kept)))
    return np.array(rows, dtype=np.intp)


def _deletions(words: Sequence[str], length: int) -> NDArray[np.uint64]:
    """Hashes of the deletions of words whose prefix has `length` characters; one row a word."""
    raw = "".join(text[:PREFIX_LENGTH] for text in words).encode("ascii")
    codes = np.zeros((len(words), length + 1), dtype=np.uint64)
    codes[:, :length] = np.frombuffer(raw, dtype=np.uint8).reshape(len(words), length)
    hashed: NDArray[np.uint64] = (codes[:, _kept(length)] * _BASES).sum(axis=2, dtype=np.uint64)
    return hashed


_BIT = np.zeros(128, dtype=np.uint64)
for _at, _char in enumerate(b"abcdefghijklmnopqrstuvwxyz0123456789"):
    _BIT[_char] = 1 << _at


def _signatures(forms: Sequence[str]) -> NDArray[np.uint64]:
    """One bit a character that occurs, for each of the forms, none of them empty; an edit changes two bits at
    most."""
    if not forms:
        return np.zeros(0, dtype=np.uint64)
    bits = _BIT[np.frombuffer("".join(forms).encode("ascii"), dtype=np.uint8)]
    sizes = np.array([len(form) for form in forms])
    found: NDArray[np.uint64] = np.bitwise_or.reduceat(bits, np.cumsum(sizes) - sizes)
    return found


def _skeletons(words: Sequence[str]) -> list[str]:
    """The skeleton of each word, made in one go: there are 27,000 at a load, while payments wait."""
    return consonants_of("\n".join(words)).split("\n") if words else []


def _slot(hashes: NDArray[np.uint64], shift: np.uint64) -> NDArray[np.int64]:
    return ((hashes * np.uint64(0x9E3779B97F4A7C15)) >> shift).astype(np.int64)


class Vocabulary:
    """The distinct tokens of the lists: forms, folds, their skeletons (`bones`) and the deletion index over
    the forms."""

    def __init__(
        self, forms: list[str], folds: list[str], buckets: NDArray[np.int32], members: NDArray[np.int32]
    ):
        self.forms = forms
        self.folds = folds
        self.buckets = buckets
        self.members = members
        self.ids = {form: at for at, form in enumerate(forms)}
        self.by_phonetic_key: dict[str, list[int]] = {}
        self.by_consonants: dict[str, list[int]] = {}
        for at, text in enumerate(folds):
            self.by_phonetic_key.setdefault(text, []).append(at)
        self.bones = _skeletons(folds)
        for at, (consonants, others) in enumerate(zip(self.bones, _skeletons(forms), strict=True)):
            self.by_consonants.setdefault(consonants, []).append(at)
            if others != consonants:
                self.by_consonants.setdefault(others, []).append(at)
        self._fold_of = np.array([self.by_phonetic_key[text][0] for text in folds], dtype=np.int64)
        self._spelt = _Words(forms)
        self._sounds = _Words(folds)
        self._signatures = _signatures(forms)
        self._sorted: list[str] | None = None
        self._shift = np.uint64(65 - (len(buckets) - 1).bit_length())

    @classmethod
    def build(cls, forms: list[str]) -> "Vocabulary":
        """Index the deletions of the forms."""
        phonetic_keys = [phonetic_key(form) for form in forms]
        hashes: list[NDArray[np.uint64]] = []
        members: list[NDArray[np.int32]] = []
        lengths = np.array([min(len(text), PREFIX_LENGTH) for text in forms])
        for length in range(1, PREFIX_LENGTH + 1):
            chosen = np.flatnonzero(lengths == length).astype(np.int32)
            if len(chosen):
                rows = _deletions([forms[at] for at in chosen], length)
                hashes.append(rows.ravel())
                members.append(np.repeat(chosen, rows.shape[1]))
        bits = max(8, sum(len(part) for part in hashes).bit_length())
        buckets = np.zeros((1 << bits) + 1, dtype=np.int32)
        if not hashes:
            return cls(forms, phonetic_keys, buckets, np.zeros(0, dtype=np.int32))
        slots = _slot(np.concatenate(hashes), np.uint64(64 - bits))
        np.cumsum(np.bincount(slots, minlength=1 << bits), out=buckets[1:])
        return cls(forms, phonetic_keys, buckets, np.concatenate(members)[np.argsort(slots, kind="stable")])

    def exact_variants(self, form: str, folded: str) -> list[Variant]:
        """The listed tokens of this spelling or pronunciation alone, no edits."""
        found = [
            Variant(at, ROMANISED_QUALITY if len(folded) > 3 else 0.85, "translit")
            for at in self.by_phonetic_key.get(folded, ())
        ]
        own = self.ids.get(form)
        return (
            found
            if own is None
            else [*(near for near in found if near.token != own), Variant(own, 1.0, "exact")]
        )

    def starting_with(self, prefix: str) -> list[int]:
        """The tokens whose form begins with the prefix."""
        if self._sorted is None:
            self._sorted = sorted(self.forms)
        first = bisect_left(self._sorted, prefix)
        last = bisect_left(self._sorted, prefix + "\x7f")
        return [self.ids[form] for form in self._sorted[first:last]]

    def variants(self, words: Sequence[tuple[str, str]]) -> list[list[Variant]]:
        """The listed tokens that each of the words, given as form and fold, may stand for.

        Words asked together cost a third of what each costs alone, as numpy's calls are shared.
        """
        found: list[list[Variant]] = []
        for at in range(0, len(words), BATCH_WORDS):
            found += self._together(words[at : at + BATCH_WORDS])
        return found

    def _together(self, words: Sequence[tuple[str, str]]) -> list[list[Variant]]:
        found: list[list[Variant]] = [[] for _ in words]
        asked, sounds = _Words([form for form, _ in words]), _Words([folded for _, folded in words])
        who, listed = self._proposed([form for form, _ in words])
        apart = _distances(asked.texts[who], self._spelt.texts[listed], 2)
        own_fold = np.array([self.by_phonetic_key.get(folded, (-1,))[0] for _, folded in words])
        close = np.flatnonzero((apart <= 2) & (apart > 0) & (self._fold_of[listed] != own_fold[who]))
        who, listed, apart = who[close], listed[close], apart[close]
        quality = _spelling(asked.sizes[who], self._spelt.sizes[listed], apart)
        sound = np.flatnonzero((apart == 2) & (quality < SOUNDS_AT_BEST) & (sounds.sizes[who] >= 5))
        if len(sound):
            one, other = who[sound], listed[sound]
            longest = np.maximum(sounds.sizes[one], self._sounds.sizes[other])
            near = _distances(sounds.texts[one], self._sounds.texts[other], 1) == 1
            heard = np.where(near, SOUNDS * _ONE_EDIT[np.minimum(longest, 11)], 0.0)
            quality[sound] = np.maximum(quality[sound], heard)
        alike = np.flatnonzero(quality >= MIN_SIMILARITY)
        for at, token, value in zip(
            who[alike].tolist(), listed[alike].tolist(), quality[alike].tolist(), strict=True
        ):
            found[at].append(Variant(token, value, "edit"))
        for at, (form, folded) in enumerate(words):
            if form:
                found[at] += self.exact_variants(form, folded)
        return found

    def _proposed(self, words: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Listed tokens that share a deletion with a word and differ in few characters: for each, which word
        and which token."""
        size = max(len(self.forms), 1)
        found: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
        lengths = [min(len(word), PREFIX_LENGTH) for word in words]
        for length in sorted(set(lengths) - {0}):
            chosen = [at for at, own in enumerate(lengths) if own == length]
            slots = _slot(_deletions([words[at] for at in chosen], length), self._shift)
            starts = self.buckets[slots]
            counts = self.buckets[slots + 1] - starts
            each, begin = counts.ravel(), starts.ravel()
            ends = each.cumsum()
            listed = self.members[np.repeat(begin - ends + each, each) + np.arange(ends[-1])]
            rows = np.repeat(np.arange(len(chosen)), counts.sum(axis=1))
            signatures = _signatures([words[at] for at in chosen])
            few = np.bitwise_count(self._signatures[listed] ^ signatures[rows]) <= 4
            found.append(np.array(chosen, dtype=np.int64)[rows[few]] * size + listed[few])
        return np.divmod(np.unique(np.concatenate(found)), size)


class _Words:
    """Words as an array, to be chosen from without a loop, and how many letters each has."""

    def __init__(self, words: Sequence[str]) -> None:
        self.texts: NDArray[np.object_] = np.array(words, dtype=object)
        self.sizes = np.array([len(word) for word in words], dtype=np.intp)


def _distances(left: NDArray[np.object_], right: NDArray[np.object_], most: int) -> NDArray[np.uint8]:
    """Edits between each pair of words; those beyond `most` are told as one more."""
    return cpdist(left.tolist(), right.tolist(), scorer=OSA.distance, score_cutoff=most, dtype=np.uint8)


def _spelling(
    size: NDArray[np.intp], other: NDArray[np.intp], apart: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """The quality of forms of these lengths that are so many edits apart, one or two."""
    longest = np.minimum(np.maximum(size, other), 11)
    two = np.where((longest >= 5) & (size >= 4) & (other >= 4), _TWO_EDITS[longest], 0.0)
    return np.where(apart == 1, _ONE_EDIT[longest], two)


class VariantCache:
    """The neighbours of words last asked about: each group of an index asks for the same ones."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._known: dict[tuple[str, str], list[Variant]] = {}

    def prepare(self, words: Sequence[tuple[str, str]]) -> None:
        """Seek those of many words, given as form and fold, together; of more than are kept, the first."""
        new = [word for word in dict.fromkeys(words) if word not in self._known][:CACHED_VARIANTS]
        if len(self._known) + len(new) > CACHED_VARIANTS:
            self._known.clear()
        self._known.update(zip(new, self._vocabulary.variants(new), strict=True))

    def variants(self, form: str, folded: str) -> Sequence[Variant]:
        """Those of one word."""
        found = self._known.get((form, folded))
        if found is None:
            self.prepare([(form, folded)])
            found = self._known[form, folded]
        return found
