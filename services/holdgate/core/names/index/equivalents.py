"""Equivalents: words that stand for a listed word without resembling it.

A given name in another language (Hryhorii for Grigory), a nickname (Misha for Mikhail), and in companies'
names an abbreviation or a translation (TRDG and ticaret for trading). The tables are read when a list is
built; the index keeps the words that stand for a listed one. In a payment each word of a name then costs one
look-up.
"""

import gzip
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdgate.core.names.index.vocabulary import Variant, Vocabulary
from holdgate.core.names.words.abbreviations import abbreviations
from holdgate.core.names.words.phonetics import phonetic_key
from holdgate.core.names.words.token_weights import CLASS_WEIGHT, ordinary_names, ordinary_share, surprisal
from holdgate.core.names.words.tokens import Token
from holdgate.core.names.words.trade_words import trade_words
from holdgate.core.names.words.word_classes import GROUPS, Group

MIN_KEY_LENGTH = 5
"""Letters of a phonetic key from which spellings with equal keys are one name here. Shorter keys are shared
by unrelated names (Juan, Jun, John): of those, each spelling stands for itself."""
ROMANISED = frozenset({"Latin", "Cyrillic", "Greek", "Common"})
"""Scripts whose romanisation has the vowels; of the others it is no spelling of the tables."""

EquivalentTable = Literal["given names", "nicknames", "company words", "abbreviations"]
"""The table that makes two words equivalent."""


class _Use(NamedTuple):
    """The group of names in which the words of a table are equivalent, their quality, and its files."""

    group: Group
    quality: float
    files: tuple[str, ...]


USES: dict[EquivalentTable, _Use] = {
    "given names": _Use("person", 0.92, ("name-equivalents.tsv.gz", "given-names.tsv")),
    "nicknames": _Use("person", 0.85, ("nicknames.tsv", "given-names.tsv")),
    "company words": _Use("entity", 0.85, ("company-words.tsv", "company-translations.tsv")),
    "abbreviations": _Use("entity", 0.8, ()),
}
_TABLES: tuple[EquivalentTable, ...] = tuple(USES)

MIN_ABBREVIATED = 5
"""Letters of a company's word that is abbreviated."""
MIN_LISTED_COMPANIES = 20
"""Listed names of companies that have a word from which it is abbreviated like those that say what a company
does (trade_words.py). Of 240 names with usual abbreviations .68 were held without and .91 are, and as many of
14,997 ordinary companies."""

EQUIVALENT_ARRAYS = ("starts", "tokens", "tables", "qualities")
"""The arrays of `Equivalents`. For word i the others have the listed tokens, numbers of tables and qualities
from `starts[i]` to `starts[i + 1]`."""


def spelling_key(form: str, key: str) -> str:
    """Return what spellings of one name share, of a romanised form and its phonetic key."""
    return key if len(key) >= MIN_KEY_LENGTH else form


class Equivalents:
    """The words that stand for listed tokens, with arrays as named in EQUIVALENT_ARRAYS."""

    def __init__(self, words: Sequence[str], arrays: Mapping[str, NDArray[Any]]) -> None:
        self.words = words
        self.arrays = {key: arrays[key] for key in EQUIVALENT_ARRAYS}
        self._ids = {word: i for i, word in enumerate(words)}

    def variants(self, token: Token, group: Group, without: Collection[str] = ()) -> list[Variant]:
        """Return the listed tokens of the group that the word stands for, but by the tables in `without`."""
        if token.script not in ROMANISED:
            return []
        i = self._ids.get(spelling_key(token.form, token.phonetic_key))
        if i is None:
            return []
        start, end = self.arrays["starts"][i : i + 2].tolist()
        columns = (self.arrays[key][start:end].tolist() for key in ("tokens", "tables", "qualities"))
        return [
            Variant(listed, quality, "symbol")
            for listed, number, quality in zip(*columns, strict=True)
            if USES[_TABLES[number]].group == group and _TABLES[number] not in without
        ]


def build_equivalents(vocabulary: Vocabulary, arrays: Mapping[str, NDArray[Any]]) -> Equivalents:
    """Return the words that stand for the tokens of weight of an index, given its arrays.

    A given name is any token that no comma sets apart as a family name. The quality of an equivalent is
    lowered by how many ordinary names have any of the words that stand for the token: half of the world is
    called Michael in one language or other.
    """
    forms, phonetic_keys = vocabulary.forms, vocabulary.phonetic_keys
    weights: dict[Group, list[float]] = dict(zip(GROUPS, arrays["weights"].tolist(), strict=True))
    listed = _tokens_by_table(forms, arrays)
    tokens_by_word: defaultdict[str, set[tuple[int, int, float]]] = defaultdict(set)
    for number, table in enumerate(_TABLES):
        equivalents, group = _equivalents(table), USES[table].group
        shares = _shares_by_key(group)
        for token in listed[table]:
            own = spelling_key(forms[token], phonetic_keys[token])
            words = equivalents.get(own, set()) if USES[table].files else _abbreviations(forms[token])
            share = sum(shares.get(word, 0.0) for word in (own, *(words if USES[table].files else ())))
            quality = USES[table].quality * min(1.0, surprisal("any word", share) / weights[group][token])
            for word in words:
                tokens_by_word[word].add((token, number, quality))
    listed_words = sorted(tokens_by_word)
    pairs = [pair for word in listed_words for pair in sorted(tokens_by_word[word])]
    sizes = [len(tokens_by_word[word]) for word in listed_words]
    columns: dict[str, NDArray[Any]] = {
        "starts": np.cumsum([0, *sizes], dtype=np.int32),
        "tokens": np.array([token for token, _, _ in pairs], dtype=np.int32),
        "tables": np.array([number for _, number, _ in pairs], dtype=np.uint8),
        "qualities": np.array([quality for _, _, quality in pairs], dtype=np.float32),
    }
    return Equivalents(listed_words, columns)


def _tokens_by_table(
    forms: Sequence[str], arrays: Mapping[str, NDArray[Any]]
) -> dict[EquivalentTable, list[int]]:
    """Return the listed tokens for which each table is asked."""
    starts, tokens = arrays["starts"], arrays["tokens"]
    records = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    is_given = np.arange(len(tokens)) - starts[records] >= arrays["heads"][records]
    is_person, is_company = (
        (arrays["group"][records] == number) & (arrays["weights"][number][tokens] > CLASS_WEIGHT)
        for number in (GROUPS.index("person"), GROUPS.index("entity"))
    )
    given_names, company_words = (
        np.unique(tokens[chosen]).tolist() for chosen in (is_person & is_given, is_company)
    )
    is_abbreviated = [
        len(form) >= MIN_ABBREVIATED and (form in trade_words() or number >= MIN_LISTED_COMPANIES)
        for form, number in zip(forms, np.diff(arrays["offsets"][GROUPS.index("entity")]), strict=True)
    ]
    return {
        "given names": given_names,
        "nicknames": given_names,
        "company words": company_words,
        "abbreviations": [token for token in company_words if is_abbreviated[token]],
    }


def _abbreviations(word: str) -> set[str]:
    """Return the keys of the abbreviations of a word that are no words of companies themselves."""
    return {
        spelling_key(short, phonetic_key(short))
        for short in abbreviations(word)
        if short not in trade_words()
    }


@cache
def _shares_by_key(group: Group) -> dict[str, float]:
    """Return the share of ordinary names that carry any spelling of a name, by its key."""
    shares: defaultdict[str, float] = defaultdict(float)
    for form in ordinary_names().counts:
        shares[spelling_key(form, phonetic_key(form))] += ordinary_share(form, group)
    return dict(shares)


@cache
def _equivalents(table: EquivalentTable) -> dict[str, set[str]]:
    """Return the words that stand for each word of a table."""
    equivalents: defaultdict[str, set[str]] = defaultdict(set)
    for forms, others in chain.from_iterable(map(_groups, USES[table].files)):
        keys = _keys(forms)
        if table == "nicknames":
            nicknames = _keys(others)
            for nickname in nicknames:
                equivalents[nickname].update(keys)
            for key in keys:
                equivalents[key].update(nicknames)
        else:
            for key in keys:
                equivalents[key].update(keys)
    return {word: others - {word} for word, others in equivalents.items()}


def _groups(file: str) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the two columns of each line of a table, as words."""
    packed = files("holdgate.core.names").joinpath("data", file).read_bytes()
    content = gzip.decompress(packed) if file.endswith(".gz") else packed
    for line in content.decode("utf-8").splitlines():
        if not line.startswith("#"):
            left, _, right = line.partition("\t")
            yield left.split(), right.split()


def _keys(forms: Iterable[str]) -> list[str]:
    return [spelling_key(form, phonetic_key(form)) for form in forms]
