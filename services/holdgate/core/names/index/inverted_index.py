"""The inverted index of a list: vocabulary, token weights, and a posting list per token.

Built once per list from the analysed names (`index_builder.py`), and searched by every later stage of name
matching. A posting list holds the records (names) that carry a token, as in any full-text index. The index is
built in a child process, travels as bytes (MessagePack around raw arrays, no pickle) and is read by every
worker.
"""

from collections.abc import Sequence
from typing import Any, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from holdgate.core.model.listed_entry import NameKind
from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.names.index.bag_of_words import BagOfWordsIndex
from holdgate.core.names.index.equivalents import EQUIVALENT_ARRAYS, Equivalents
from holdgate.core.names.index.vocabulary import Vocabulary
from holdgate.core.names.words.phonetics import is_patronymic
from holdgate.core.names.words.token_weights import PATRONYMIC_FACTOR
from holdgate.core.names.words.trade_words import trade_words

INDEX_FORMAT = 5
SOUNDS = "sounds: "
"""Prefix of the names of the arrays of `sounds`."""
CACHED_RECORD_SETS = 4_000
"""Tokens whose records are cached as a set: those that begin compounds, such as al and abu. A payment between
new parties asks for 18 sets; it builds 6.7 of them with 1,000 cached, and 2.9 with 4,000."""
NAME_KINDS: tuple[NameKind, ...] = get_args(NameKind)


class IndexFormatError(ValueError):
    """The bytes are not an index that this version reads."""


class _Packed(msgspec.Struct, array_like=True):
    format: int
    forms: list[str]
    phonetic_keys: list[str]
    texts: list[str]
    equivalents: list[str]
    arrays: dict[str, tuple[str, bytes]]


class Index:
    """The names of a list, ready to be matched.

    A *record* is one name of an entry in one group (a name over 384 characters makes several). For record r:
    `entry[r]` and `name[r]` are its positions among the entries and their names, `kind[r]` and `text[r]` the
    kind and text of the name, `tokens_of(r)` its tokens in order as positions in the vocabulary,
    `family_name_lengths[r]` the number of tokens of the family name (0 if no comma sets it apart), `total[r]`
    its weight in nats, `trade_weight[r]` that of its trade words, and `initials[r]` the number of its
    one-letter tokens. For group g and token t: `weights[g][t]` is the evidence in nats, `shares[g][t]` the
    share of listed names that carry the token, and `records(g, t)` the posting list.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        texts: list[str],
        equivalents: Equivalents,
        arrays: dict[str, NDArray[Any]],
    ):
        self.vocabulary = vocabulary
        self.equivalents = equivalents
        self.text = texts
        self.arrays = arrays
        numbers = list(range(max(len(arrays["tokens"]), len(vocabulary.forms), len(texts)) + 1))
        self.entry = _to_shared_ints(arrays["entry"], numbers)
        self.name: list[int] = arrays["name"].tolist()
        self.kind: list[NameKind] = [NAME_KINDS[i] for i in arrays["kind"].tolist()]
        self.group: list[int] = arrays["group"].tolist()
        self.family_name_lengths: list[int] = arrays["heads"].tolist()
        self.weights = [_to_shared_floats(row) for row in arrays["weights"]]
        self.shares = [_to_shared_floats(row) for row in arrays["shares"]]
        self._starts = _to_shared_ints(arrays["starts"], numbers)
        self._tokens = _to_shared_ints(arrays["tokens"], numbers)
        self._postings = _to_shared_ints(arrays["postings"], numbers)
        self._offsets = [_to_shared_ints(row, numbers) for row in arrays["offsets"]]
        self._record_sets: BoundedCache[tuple[int, int], frozenset[int]] = BoundedCache(CACHED_RECORD_SETS)
        self._bag_of_words = BagOfWordsIndex(*self.token_pairs(), len(vocabulary.forms))
        self._summarise()

    def _summarise(self) -> None:
        """Compute what follows from the arrays: patronymics, and weights and initials of each record."""
        forms, phonetic_keys = self.vocabulary.forms, self.vocabulary.phonetic_keys
        self.patronymics = {token for token, key in enumerate(phonetic_keys) if is_patronymic(key)}
        records, tokens = self.token_pairs()
        weights = self.arrays["weights"][self.arrays["group"][records], tokens]
        weights[np.isin(tokens, list(self.patronymics))] *= PATRONYMIC_FACTOR
        size = len(self.entry)
        self.total: list[float] = np.bincount(records, weights, size).tolist()
        trade = trade_words()
        is_trade_word = np.array([form in trade for form in forms], dtype=bool)[tokens]
        self.trade_weight: list[float] = np.bincount(records, weights * is_trade_word, size).tolist()
        single = np.array([len(form) == 1 for form in forms], dtype=bool)
        self.initials: list[int] = np.bincount(records[single[tokens]], minlength=size).tolist()

    def token_pairs(self) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """Return every (record, token) pair in order, as two arrays."""
        lengths = np.diff(self.arrays["starts"])
        return np.repeat(np.arange(len(lengths)), lengths), self.arrays["tokens"]

    def tokens_of(self, record: int) -> list[int]:
        """Return the tokens of a record in the order of the name."""
        return self._tokens[self._starts[record] : self._starts[record + 1]]

    def records(self, group: int, token: int) -> list[int]:
        """Return the posting list of a token: the records of the group that carry it, ascending."""
        offsets = self._offsets[group]
        return self._postings[offsets[token] : offsets[token + 1]]

    def record_set(self, group: int, token: int) -> frozenset[int]:
        """Return the posting list of a token as a set, cached."""
        records = self._record_sets.get((group, token))
        if records is None:
            records = self._record_sets[group, token] = frozenset(self.records(group, token))
        return records

    def records_of_words(self, forms: Sequence[str]) -> list[int]:
        """Return the records that consist of exactly these words in any order."""
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
        """Return the length of a token's posting list."""
        return self._offsets[group][token + 1] - self._offsets[group][token]

    def to_bytes(self) -> bytes:
        """Return the index as bytes; equal indexes give equal bytes."""
        vocabulary = self.vocabulary
        arrays = {
            key: (
                f"{array.dtype.str}:{','.join(map(str, array.shape))}",
                np.ascontiguousarray(array).tobytes(),
            )
            for key, array in {
                **self.arrays,
                "buckets": vocabulary.buckets,
                "members": vocabulary.members,
                **{f"equivalent {key}": array for key, array in self.equivalents.arrays.items()},
                **{SOUNDS + name: array for name, array in vocabulary.sounds.arrays().items()},
            }.items()
        }
        packed = _Packed(
            INDEX_FORMAT,
            vocabulary.forms,
            vocabulary.phonetic_keys,
            self.text,
            list(self.equivalents.words),
            arrays,
        )
        return msgspec.msgpack.encode(packed)

    @classmethod
    def from_bytes(cls, packed: bytes | memoryview) -> "Index":
        """Read an index. Raises IndexFormatError if the bytes are damaged or of another format."""
        try:
            read = msgspec.msgpack.decode(packed, type=_Packed)
            if read.format != INDEX_FORMAT:
                raise IndexFormatError(
                    f"index format {read.format}, this version reads {INDEX_FORMAT}: rebuild the snapshot"
                )
            arrays = {key: _unpack_array(*value) for key, value in read.arrays.items()}
            buckets, members = arrays.pop("buckets"), arrays.pop("members")
            equivalents = Equivalents(
                read.equivalents, {key: arrays.pop(f"equivalent {key}") for key in EQUIVALENT_ARRAYS}
            )
            names = [name for name in arrays if name.startswith(SOUNDS)]
            sounds = {name.removeprefix(SOUNDS): arrays.pop(name) for name in names}
            vocabulary = Vocabulary(read.forms, read.phonetic_keys, buckets, members, sounds)
            return cls(vocabulary, read.texts, equivalents, arrays)
        except (msgspec.DecodeError, KeyError, IndexError, TypeError) as error:
            raise IndexFormatError(f"not an index ({error}): rebuild the snapshot") from error


def _unpack_array(layout: str, content: bytes) -> NDArray[Any]:
    dtype, shape = layout.split(":")
    return np.frombuffer(content, dtype=np.dtype(dtype)).reshape([int(size) for size in shape.split(",")])


def _to_shared_ints(values: NDArray[Any], numbers: list[int]) -> list[int]:
    """Return the values as a list of the objects in `numbers`: sharing the ints saves 13 MB."""
    return [numbers[value] for value in values.tolist()]


def _to_shared_floats(values: NDArray[Any]) -> list[float]:
    """Return the values as a list in which equal values are the same object."""
    distinct, positions = np.unique(values, return_inverse=True)
    floats: list[float] = distinct.tolist()
    return [floats[i] for i in positions.tolist()]
