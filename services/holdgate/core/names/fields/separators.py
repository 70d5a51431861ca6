"""Separators: the words between, before and behind the names in a field, in the languages of payments.

`data/separators.toml` lists them by group. A separator is recognised by its words in any case; full stops do
not count, a slash does: `F.A.O.` is `fao`, `A/C` is `a/c`.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal, NamedTuple, get_args

from holdgate.core.names.words.trade_words import trade_words

SeparatorGroup = Literal["form", "joint", "for", "alias", "label", "honorific", "address", "sentence"]
"""Groups of words; those of `form` are legal forms in single letters, which separate nothing (sp. z o.o.)."""
MAX_PHRASE_WORDS = 5
"""Words of the longest separator: `for and on behalf of`."""
_MARK = re.compile(r"[,;:|^=()\[\]{}<>«»\n\t\d/\\&+和与與及–—]|(?<!\S)-")
"""A mark, a digit, or what joins words without a blank; without them words alone separate."""


class Separators(NamedTuple):
    """The separators: group by phrase, the first words of phrases, and endings of street names."""

    groups: Mapping[str, SeparatorGroup]
    first_words: frozenset[str]
    suffixes: tuple[str, ...]


@cache
def separators() -> Separators:
    """Return the separators of the package's data."""
    text = files("holdgate.core.names").joinpath("data", "separators.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    groups: dict[str, SeparatorGroup] = {}
    for group in reversed(get_args(SeparatorGroup)):  # of a word in two groups the first one counts
        groups |= dict.fromkeys(map(plain_word, tables[group]["words"]), group)
    return Separators(
        groups,
        frozenset(phrase.partition(" ")[0] for phrase in groups),
        tuple(tables["address"]["suffixes"]),
    )


@lru_cache(1 << 14)
def plain_word(word: str) -> str:
    """Return a word as separators are compared: in lower case, without full stops."""
    return word.casefold().replace(".", "")


def group_at(words: Sequence[str], position: int) -> tuple[SeparatorGroup | None, int]:
    """Return the group of the separator that begins at a position, and its number of words.

    `words` are plain words. The longest separator counts; (None, 0) if none begins there.
    """
    known = separators()
    word = words[position]
    if word in known.first_words:
        longest = min(MAX_PHRASE_WORDS, len(words) - position)
        for size in range(longest, 1, -1):
            group = known.groups.get(" ".join(words[position : position + size]))
            if group is not None:
                return group, size
        group = known.groups.get(word)
        if group is not None:
            return group, 1
    if _is_street(word):
        return "address", 1
    return None, 0


def may_be_separated(value: str) -> bool:
    """Return whether anything in a name field may separate names: a quick test that one in three passes."""
    words = value.casefold().replace(".", "").split()
    return (
        _MARK.search(value) is not None
        or not separators().first_words.isdisjoint(words)
        or any(map(_is_street, words))
    )


def is_separator(word: str) -> bool:
    """Return whether a single plain word separates names, or stands beside them in sentences."""
    return word in separators().groups or _is_street(word)


def _is_street(word: str) -> bool:
    """Return whether a plain word ends as street names do; a trade does not (engineering, Ring)."""
    return len(word) > 6 and word.endswith(separators().suffixes) and word not in trade_words()
