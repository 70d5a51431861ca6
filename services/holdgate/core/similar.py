"""Which listed tokens a token may stand for, and how well.

A deletion neighbourhood (SymSpell: two strings within two edits share a string that each reaches by at
most two deletions) over the forms proposes, `similarity` decides. Deletions are hashed with numpy,
whole tables at once, so neither building nor asking loops over strings.
"""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from holdgate.core.folding import fold, skeleton

PREFIX = 8
"""Characters of a form whose deletions are indexed; an edit behind them leaves the prefix equal."""
_BASES = np.array([pow(1_000_003, n, 1 << 64) for n in range(1, PREFIX + 1)], dtype=np.uint64)


MAX_SPELLING = 5
"""Edits beyond which two spellings are not compared, even where their folds agree."""


ROMANISED = 0.95
"""Quality of equal folds: two romanisations of one name, or two names that sound alike."""


class Neighbour(NamedTuple):
    """A listed token (position in the vocabulary) that a token may stand for: quality 0..1 and how."""

    token: int
    quality: float
    how: str


def similarity(form: str, folded: str, other: str, other_fold: str) -> tuple[float, str] | None:
    """Quality (0..1) and kind of the likeness of two forms, or None where they are different tokens."""
    return _judge(form, folded, other, other_fold, OSA.distance(form, other, score_cutoff=MAX_SPELLING))


def _judge(form: str, folded: str, other: str, other_fold: str, edits: int) -> tuple[float, str] | None:
    """Equal folds are spellings of one pronunciation. Otherwise one edit in a form of three and more, two
    in one of six and more, on the spelling or, a little lower, one on the fold."""
    if not edits:
        return 1.0, "exact"
    if folded == other_fold:
        return (ROMANISED, "translit") if len(folded) > 3 else (0.85, "translit")
    if edits > 2:
        return None
    size, other_size = len(form), len(other)
    longest = max(other_size, size)
    if edits == 1:
        best = _ONE_EDIT[longest] if longest < 11 else _ONE_EDIT[11]
    else:
        best = 0.0
        if longest >= 5 and size >= 4 and other_size >= 4:
            best = _TWO_EDITS[longest] if longest < 11 else _TWO_EDITS[11]
        if (
            best < SOUNDS_AT_BEST
            and len(folded) >= 5
            and OSA.distance(folded, other_fold, score_cutoff=1) == 1
        ):
            best = max(best, SOUNDS * one_edit(max(folded, other_fold, key=len)))
    return (best, "edit") if best >= 0.5 else None


_ONE_EDIT = (0.0, 0.0, 0.5, 0.82, 0.92, 0.94, 0.95, 0.96, 0.97, 0.97, 0.97, 0.98)
_TWO_EDITS = (0.0, 0.0, 0.0, 0.0, 0.0, 0.75, 0.86, 0.88, 0.9, 0.92, 0.94, 0.95)
"""Quality by the length of the longer form."""
SOUNDS = 0.9
"""Part of its quality that an edit of the pronunciation keeps."""
SOUNDS_AT_BEST = SOUNDS * _ONE_EDIT[-1]


def one_edit(form: str) -> float:
    """The quality that one edit keeps in a form of this length."""
    return _ONE_EDIT[min(len(form), 11)]


@cache
def _kept(length: int) -> NDArray[np.intp]:
    """Which positions survive each tolerated deletion of `length` characters; padded to PREFIX."""
    most = 2 if length >= 5 else 1 if length >= 3 else 0
    rows: list[list[int]] = []
    for dropped in range(most + 1):
        for gone in combinations(range(length), dropped):
            kept = [at for at in range(length) if at not in gone]
            rows.append(kept + [length] * (PREFIX - len(kept)))
    return np.array(rows, dtype=np.intp)


def _deletions(words: Sequence[str], length: int) -> NDArray[np.uint64]:
    """Hashes of the deletions of words whose prefix has `length` characters; one row a word."""
    raw = "".join(text[:PREFIX] for text in words).encode("ascii")
    codes = np.zeros((len(words), length + 1), dtype=np.uint64)
    codes[:, :length] = np.frombuffer(raw, dtype=np.uint8).reshape(len(words), length)
    hashed: NDArray[np.uint64] = (codes[:, _kept(length)] * _BASES).sum(axis=2, dtype=np.uint64)
    return hashed


_BIT = {char: 1 << at for at, char in enumerate("abcdefghijklmnopqrstuvwxyz0123456789")}


def _signature(form: str) -> int:
    """One bit a character that occurs; an edit changes two bits at most."""
    bits = 0
    for char in form:
        bits |= _BIT[char]
    return bits


def _slot(hashes: NDArray[np.uint64], shift: np.uint64) -> NDArray[np.int64]:
    return ((hashes * np.uint64(0x9E3779B97F4A7C15)) >> shift).astype(np.int64)


class Vocabulary:
    """The distinct tokens of the lists: forms, folds and the deletion index over the forms."""

    def __init__(
        self, forms: list[str], folds: list[str], buckets: NDArray[np.int32], members: NDArray[np.int32]
    ):
        self.forms = forms
        self.folds = folds
        self.buckets = buckets
        self.members = members
        self.ids = {form: at for at, form in enumerate(forms)}
        self.by_fold: dict[str, list[int]] = {}
        self.by_skeleton: dict[str, list[int]] = {}
        for at, text in enumerate(folds):
            self.by_fold.setdefault(text, []).append(at)
            for bones in {skeleton(text), skeleton(forms[at])}:
                self.by_skeleton.setdefault(bones, []).append(at)
        self._signatures = np.array([_signature(form) for form in forms], dtype=np.uint64)
        self._sorted: list[str] | None = None
        self._shift = np.uint64(65 - (len(buckets) - 1).bit_length())

    @classmethod
    def build(cls, forms: list[str]) -> "Vocabulary":
        """Index the deletions of the forms."""
        folds = [fold(form) for form in forms]
        hashes: list[NDArray[np.uint64]] = []
        members: list[NDArray[np.int32]] = []
        lengths = np.array([min(len(text), PREFIX) for text in forms])
        for length in range(1, PREFIX + 1):
            chosen = np.flatnonzero(lengths == length).astype(np.int32)
            if len(chosen):
                rows = _deletions([forms[at] for at in chosen], length)
                hashes.append(rows.ravel())
                members.append(np.repeat(chosen, rows.shape[1]))
        bits = max(8, sum(len(part) for part in hashes).bit_length())
        buckets = np.zeros((1 << bits) + 1, dtype=np.int32)
        if not hashes:
            return cls(forms, folds, buckets, np.zeros(0, dtype=np.int32))
        slots = _slot(np.concatenate(hashes), np.uint64(64 - bits))
        np.cumsum(np.bincount(slots, minlength=1 << bits), out=buckets[1:])
        return cls(forms, folds, buckets, np.concatenate(members)[np.argsort(slots, kind="stable")])

    def spelt(self, form: str, folded: str) -> list[Neighbour]:
        """The listed tokens of this spelling or pronunciation alone, no edits."""
        found = [
            Neighbour(at, ROMANISED if len(folded) > 3 else 0.85, "translit")
            for at in self.by_fold.get(folded, ())
        ]
        own = self.ids.get(form)
        return (
            found
            if own is None
            else [*(near for near in found if near.token != own), Neighbour(own, 1.0, "exact")]
        )

    def starting_with(self, prefix: str) -> list[int]:
        """The tokens whose form begins with the prefix."""
        if self._sorted is None:
            self._sorted = sorted(self.forms)
        first = bisect_left(self._sorted, prefix)
        last = bisect_left(self._sorted, prefix + "\x7f")
        return [self.ids[form] for form in self._sorted[first:last]]

    def _proposed(self, form: str) -> list[int]:
        """Listed tokens that share a deletion with the form and differ in few characters."""
        slots = _slot(_deletions((form,), min(len(form), PREFIX))[0], self._shift)
        starts = self.buckets[slots]
        counts = self.buckets[slots + 1] - starts
        ends = counts.cumsum()
        near = self.members[np.repeat(starts - ends + counts, counts) + np.arange(ends[-1])]
        near = near[np.bitwise_count(self._signatures[near] ^ np.uint64(_signature(form))) <= 4]
        return list(set(near.tolist()))

    def neighbours(self, form: str, folded: str) -> list[Neighbour]:
        """The listed tokens that `form` may stand for."""
        if not form:
            return []
        forms, folds = self.forms, self.folds
        proposed = self._proposed(form)
        found: list[Neighbour] = []
        if len(proposed):
            edits = cdist(
                (form,), [forms[at] for at in proposed], scorer=OSA.distance, score_cutoff=2, dtype=np.uint8
            )[0].tolist()
            for at, apart in zip(proposed, edits, strict=True):
                if apart <= 2 and folds[at] != folded:
                    alike = _judge(form, folded, forms[at], folds[at], apart)
                    if alike is not None:
                        found.append(Neighbour(at, *alike))
        return found + self.spelt(form, folded)
