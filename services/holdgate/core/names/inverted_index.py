"""The names of a list, analysed once: vocabulary, weights, and which names carry which token.

Built in a process of its own, it travels as bytes (MessagePack around raw arrays, no pickle) and is read
by every worker.
"""

from collections.abc import Sequence
from typing import Any, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from holdgate.core.model.listed_entry import Entry, EntryType, NameKind
from holdgate.core.names.analysis import analyse, split_pieces
from holdgate.core.names.bag_of_words import BagOfWordsIndex
from holdgate.core.names.phonetics import is_patronymic
from holdgate.core.names.token_weights import CLASS_WEIGHT, PATRONYMIC, token_weight, typo_weight
from holdgate.core.names.vocabulary import Vocabulary
from holdgate.core.names.word_classes import LEGAL, TITLES, Group, word_class

INDEX_FORMAT = 2
CARRIERS = 1_000
"""Tokens whose records are kept as a set: the few that words written together begin with, al and abu."""
GROUPS: tuple[Group, ...] = get_args(Group)
_KINDS: tuple[NameKind, ...] = get_args(NameKind)
_GROUPS_OF: dict[EntryType, tuple[Group, ...]] = {
    "person": ("person",),
    "entity": ("entity",),
    "vessel": ("vessel",),
    "aircraft": ("vessel",),
    "unknown": ("person", "entity"),
}


class IndexFormatError(ValueError):
    """The bytes are not an index that this version reads."""


class _Packed(msgspec.Struct, array_like=True):
    format: int
    forms: list[str]
    folds: list[str]
    texts: list[str]
    arrays: dict[str, tuple[str, bytes]]


class Index:
    """Names of a list, ready to be matched.

    A *record* is one name of an entry in one group (a name over 384 characters makes several). For record
    r: `entry[r]`, `name[r]` say where it stands among the entries, `kind[r]` and `text[r]` what it is,
    `tokens_of(r)` its tokens in order, as positions in the vocabulary, `heads[r]` how many of them are the
    family name (0 where nothing sets it apart). `weights[g][t]` is the evidence in token t for group g,
    `records(g, t)` the records of the group that carry it.
    """

    def __init__(self, vocabulary: Vocabulary, texts: list[str], arrays: dict[str, NDArray[Any]]):
        self.vocabulary = vocabulary
        self.text = texts
        self.arrays = arrays
        numbers = list(range(max(len(arrays["tokens"]), len(vocabulary.forms), len(texts)) + 1))
        self.entry = _shared(arrays["entry"], numbers)
        self.name: list[int] = arrays["name"].tolist()
        self.kind: list[NameKind] = [_KINDS[at] for at in arrays["kind"].tolist()]
        self.group: list[int] = arrays["group"].tolist()
        self.heads: list[int] = arrays["heads"].tolist()
        self.weights = [_alike(row) for row in arrays["weights"]]
        self.shares = [_alike(row) for row in arrays["shares"]]
        self._starts = _shared(arrays["starts"], numbers)
        self._tokens = _shared(arrays["tokens"], numbers)
        self._postings = _shared(arrays["postings"], numbers)
        self._offsets = [_shared(row, numbers) for row in arrays["offsets"]]
        self._carriers: dict[tuple[int, int], frozenset[int]] = {}
        self._bag_of_words = BagOfWordsIndex(*self.parts(), len(vocabulary.forms))
        self._summarise()

    def _summarise(self) -> None:
        forms = self.vocabulary.forms
        self.patronymics = {at for at, text in enumerate(self.vocabulary.folds) if is_patronymic(text)}
        records, tokens = self.parts()
        weights = self.arrays["weights"][self.arrays["group"][records], tokens]
        weights[np.isin(tokens, list(self.patronymics))] *= PATRONYMIC
        size = len(self.entry)
        self.total: list[float] = np.bincount(records, weights, size).tolist()
        single = np.array([len(form) == 1 for form in forms], dtype=bool)
        self.initials: list[int] = np.bincount(records[single[tokens]], minlength=size).tolist()

    def parts(self) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """Every token of every record, in order: the record, and the token."""
        lengths = np.diff(self.arrays["starts"])
        return np.repeat(np.arange(len(lengths)), lengths), self.arrays["tokens"]

    def tokens_of(self, record: int) -> list[int]:
        """The tokens of a record in the order of the name."""
        return self._tokens[self._starts[record] : self._starts[record + 1]]

    def records(self, group: int, token: int) -> list[int]:
        """The records of the group that carry the token, ascending."""
        offsets = self._offsets[group]
        return self._postings[offsets[token] : offsets[token + 1]]

    def carriers(self, group: int, token: int) -> frozenset[int]:
        """The same as a set; those last asked for are kept."""
        found = self._carriers.get((group, token))
        if found is None:
            if len(self._carriers) >= CARRIERS:
                self._carriers.clear()
            found = self._carriers[group, token] = frozenset(self.records(group, token))
        return found

    def records_of_words(self, forms: Sequence[str]) -> list[int]:
        """The records of just these words in any order: what differs in case and punctuation alone."""
        tokens: list[int] = []
        for form in forms:
            token = self.vocabulary.ids.get(form)
            if token is None:
                return []
            tokens.append(token)
        tokens.sort()
        return [
            record
            for record in self._bag_of_words.records_with(tokens)
            if sorted(self.tokens_of(record)) == tokens
        ]

    def count(self, group: int, token: int) -> int:
        """How many records of the group carry the token."""
        return self._offsets[group][token + 1] - self._offsets[group][token]

    def to_bytes(self) -> bytes:
        """The index as bytes; equal indexes give equal bytes."""
        arrays = {
            key: (
                f"{array.dtype.str}:{','.join(map(str, array.shape))}",
                np.ascontiguousarray(array).tobytes(),
            )
            for key, array in {
                **self.arrays,
                "buckets": self.vocabulary.buckets,
                "members": self.vocabulary.members,
            }.items()
        }
        packed = _Packed(INDEX_FORMAT, self.vocabulary.forms, self.vocabulary.folds, self.text, arrays)
        return msgspec.msgpack.encode(packed)

    @classmethod
    def from_bytes(cls, packed: bytes | memoryview) -> "Index":
        """Raises IndexFormatError if the bytes are damaged or of another format."""
        try:
            read = msgspec.msgpack.decode(packed, type=_Packed)
            if read.format != INDEX_FORMAT:
                raise IndexFormatError(
                    f"index format {read.format}, this version reads {INDEX_FORMAT}: rebuild the snapshot"
                )
            arrays = {key: _array(*value) for key, value in read.arrays.items()}
            buckets, members = arrays.pop("buckets"), arrays.pop("members")
            return cls(Vocabulary(read.forms, read.folds, buckets, members), read.texts, arrays)
        except (msgspec.DecodeError, KeyError, IndexError, TypeError) as error:
            raise IndexFormatError(f"not an index ({error}): rebuild the snapshot") from error


def _array(layout: str, content: bytes) -> NDArray[Any]:
    dtype, shape = layout.split(":")
    return np.frombuffer(content, dtype=np.dtype(dtype)).reshape([int(size) for size in shape.split(",")])


def _shared(values: NDArray[Any], numbers: list[int]) -> list[int]:
    """The values as a list, each the number at its place: one object wherever it is kept, 13 MB less."""
    return [numbers[value] for value in values.tolist()]


def _alike(values: NDArray[Any]) -> list[float]:
    """The values as a list, equal ones the same object."""
    distinct, places = np.unique(values, return_inverse=True)
    floats: list[float] = distinct.tolist()
    return [floats[at] for at in places.tolist()]


def build_index(entries: Sequence[Entry]) -> Index:
    """Analyse every name of the entries. Names without a single comparable token have no record."""
    forms = sorted(word for word in LEGAL | TITLES if len(word) > 3)
    ids = {form: at for at, form in enumerate(forms)}
    texts: list[str] = []
    columns: dict[str, list[int]] = {"entry": [], "name": [], "kind": [], "group": [], "heads": []}
    starts: list[int] = [0]
    tokens: list[int] = []
    for at, entry in enumerate(entries):
        for position, name in enumerate(entry.names):
            for group in _GROUPS_OF[entry.type]:
                for piece in split_pieces(name.text):
                    analysed = analyse(piece, group).tokens
                    if not analysed:
                        continue
                    for token in analysed:
                        if token.form not in ids:
                            ids[token.form] = len(ids)
                            forms.append(token.form)
                        tokens.append(ids[token.form])
                    starts.append(len(tokens))
                    texts.append(name.text)
                    columns["entry"].append(at)
                    columns["name"].append(position)
                    columns["kind"].append(_KINDS.index(name.kind))
                    columns["group"].append(GROUPS.index(group))
                    columns["heads"].append(_head(piece) if group == "person" else 0)
    vocabulary = Vocabulary.build(forms)
    arrays: dict[str, NDArray[Any]] = {
        key: np.array(column, dtype=np.int32) for key, column in columns.items()
    }
    arrays["starts"] = np.array(starts, dtype=np.int32)
    arrays["tokens"] = np.array(tokens, dtype=np.int32)
    arrays |= _postings(arrays, len(forms))
    arrays |= _weights(vocabulary, arrays)
    return Index(vocabulary, texts, arrays)


def _head(name: str) -> int:
    """Tokens of the family name where a comma sets it apart, else 0."""
    family, comma, given = name.partition(",")
    return len(analyse(family, "person").tokens) if comma and given and "," not in given else 0


MIN_LISTED = 10_000
"""A short list tells little about how common a token is: shares are taken as if it had this many names."""


def _postings(arrays: dict[str, NDArray[Any]], size: int) -> dict[str, NDArray[Any]]:
    """For each group, offsets by token into one array of records."""
    lengths = np.diff(arrays["starts"])
    records = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    groups = arrays["group"][records] if len(records) else np.zeros(0, dtype=np.int32)
    offsets = np.zeros((len(GROUPS), size + 1), dtype=np.int64)
    parts: list[NDArray[np.int32]] = []
    base = 0
    for g in range(len(GROUPS)):
        chosen = groups == g
        pairs = np.unique(arrays["tokens"][chosen].astype(np.int64) << 32 | records[chosen])
        parts.append((pairs & 0xFFFFFFFF).astype(np.int32))
        offsets[g, 1:] = np.cumsum(np.bincount(pairs >> 32, minlength=size)) if size else 0
        offsets[g] += base
        base += len(pairs)
    return {"offsets": offsets, "postings": np.concatenate(parts)}


def _weights(vocabulary: Vocabulary, arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Shares and weights by group and token; a variant spelling weighs little more than what it varies."""
    forms, folds = vocabulary.forms, vocabulary.folds
    shares = np.zeros((len(GROUPS), len(forms)), dtype=np.float32)
    weights = np.zeros((len(GROUPS), len(forms)))  # in full: a class word must not weigh over CLASS_WEIGHT
    near = vocabulary.variants(list(zip(forms, folds, strict=True)))
    for g, group in enumerate(GROUPS):
        listed = max(int((arrays["group"] == g).sum()), MIN_LISTED)
        shares[g] = np.diff(arrays["offsets"][g]) / listed
        own = [
            token_weight(form, word_class(form, group), group, share)
            for form, share in zip(forms, shares[g].tolist(), strict=True)
        ]
        weights[g] = [
            min(
                [
                    weight,
                    *(
                        typo_weight(own[other.token], other.how)
                        for other in around
                        if own[other.token] > CLASS_WEIGHT
                    ),
                ]
            )
            for weight, around in zip(own, near, strict=True)
        ]
    return {"shares": shares, "weights": weights}
