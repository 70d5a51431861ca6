"""Build the inverted index of a list: analyse its names, and compute posting lists and token weights.

It takes seconds and runs in a child process; workers read the finished index.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from holdgate.core.model.listed_entry import Entry
from holdgate.core.names.index.equivalents import build_equivalents
from holdgate.core.names.index.inverted_index import NAME_KINDS, Index
from holdgate.core.names.index.vocabulary import Vocabulary
from holdgate.core.names.words.analysis import analyse, split_pieces
from holdgate.core.names.words.token_weights import CLASS_WEIGHT, token_weight, typo_weight
from holdgate.core.names.words.word_classes import GROUPS, GROUPS_OF_TYPE, LEGAL, TITLES, word_class

MIN_LISTED_NAMES = 10_000
"""A short list says little about how common a token is: shares are computed over at least this many names."""


def build_index(entries: Sequence[Entry]) -> Index:
    """Analyse every name of the entries and index it. Names without a comparable token have no record."""
    forms = sorted(word for word in LEGAL | TITLES if len(word) > 3)
    ids = {form: token for token, form in enumerate(forms)}
    texts: list[str] = []
    columns: dict[str, list[int]] = {"entry": [], "name": [], "kind": [], "group": [], "heads": []}
    starts: list[int] = [0]
    tokens: list[int] = []
    for entry_position, entry in enumerate(entries):
        for name_position, name in enumerate(entry.names):
            for group in GROUPS_OF_TYPE[entry.type]:
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
                    columns["entry"].append(entry_position)
                    columns["name"].append(name_position)
                    columns["kind"].append(NAME_KINDS.index(name.kind))
                    columns["group"].append(GROUPS.index(group))
                    columns["heads"].append(_family_name_length(piece) if group == "person" else 0)
    vocabulary = Vocabulary.build(forms)
    arrays: dict[str, NDArray[Any]] = {
        key: np.array(column, dtype=np.int32) for key, column in columns.items()
    }
    arrays["starts"] = np.array(starts, dtype=np.int32)
    arrays["tokens"] = np.array(tokens, dtype=np.int32)
    arrays |= _build_postings(arrays, len(forms))
    arrays |= _build_weights(vocabulary, arrays)
    return Index(vocabulary, texts, build_equivalents(vocabulary, arrays), arrays)


def _family_name_length(name: str) -> int:
    """Return the number of tokens before the only comma of a name, else 0."""
    family, comma, given = name.partition(",")
    return len(analyse(family, "person").tokens) if comma and given and "," not in given else 0


def _build_postings(arrays: dict[str, NDArray[Any]], vocabulary_size: int) -> dict[str, NDArray[Any]]:
    """Return all posting lists in one array, and for each group the offsets into it by token."""
    lengths = np.diff(arrays["starts"])
    records = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    groups = arrays["group"][records] if len(records) else np.zeros(0, dtype=np.int32)
    offsets = np.zeros((len(GROUPS), vocabulary_size + 1), dtype=np.int64)
    parts: list[NDArray[np.int32]] = []
    base = 0
    for g in range(len(GROUPS)):
        in_group = groups == g
        pairs = np.unique(arrays["tokens"][in_group].astype(np.int64) << 32 | records[in_group])
        parts.append((pairs & 0xFFFFFFFF).astype(np.int32))
        counts = np.bincount(pairs >> 32, minlength=vocabulary_size)
        offsets[g, 1:] = np.cumsum(counts) if vocabulary_size else 0
        offsets[g] += base
        base += len(pairs)
    return {"offsets": offsets, "postings": np.concatenate(parts)}


def _build_weights(vocabulary: Vocabulary, arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return shares and weights by group and token; a variant weighs little more than its original."""
    forms, phonetic_keys = vocabulary.forms, vocabulary.phonetic_keys
    shares = np.zeros((len(GROUPS), len(forms)), dtype=np.float32)
    weights = np.zeros((len(GROUPS), len(forms)))  # float64: a class word must not weigh over CLASS_WEIGHT
    variants_by_token = vocabulary.variants(list(zip(forms, phonetic_keys, strict=True)))
    for g, group in enumerate(GROUPS):
        names = max(int((arrays["group"] == g).sum()), MIN_LISTED_NAMES)
        shares[g] = np.diff(arrays["offsets"][g]) / names
        own_weights = [
            token_weight(form, word_class(form, group), group, share)
            for form, share in zip(forms, shares[g].tolist(), strict=True)
        ]
        weights[g] = [
            min(
                [
                    weight,
                    *(
                        typo_weight(own_weights[variant.token], variant.how)
                        for variant in variants
                        if own_weights[variant.token] > CLASS_WEIGHT
                    ),
                ]
            )
            for weight, variants in zip(own_weights, variants_by_token, strict=True)
        ]
    return {"shares": shares, "weights": weights}
