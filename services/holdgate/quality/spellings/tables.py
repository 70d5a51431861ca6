"""The tables of this package, read once: kinds, letter rules, syllables, given names and company words."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from random import Random
from typing import Literal, NamedTuple

import msgspec
from msgspec import Struct

from holdgate.core.model.listed_entry import EntryType

PACKAGE = "holdgate.quality.spellings"


class Kind(Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of spelling. `change` names a function of `changes.CHANGES`, which gets `of` (a table, column or
    pattern) and `choices`; `expects` says whether the entry should be found, whether nobody should, or
    whether a share found is only measured; `origin` selects listed names."""

    name: str
    group: str
    type: EntryType
    change: str
    of: str = ""
    choices: tuple[str, ...] = ()
    origin: str = ""
    expects: Literal["found", "nobody", "measured"] = "found"


class Origin(Struct, frozen=True, forbid_unknown_fields=True):
    """Selects entries: patterns of names and programmes, and nationalities. Empty fields select all."""

    names: str = ""
    programs: str = ""
    nationalities: tuple[str, ...] = ()


class KoreanSyllable(NamedTuple):
    """A row of korean.tsv."""

    place: str
    listed: str
    hangul: str
    revised: str
    reischauer: str
    south: str


class ChineseSyllable(NamedTuple):
    """A row of chinese.tsv."""

    pinyin: str
    simplified: str
    traditional: str
    cantonese: str
    hokkien: str


LetterRules = Callable[[str, Random], str]
"""Rewrites small Latin letters."""


@cache
def kinds() -> tuple[Kind, ...]:
    """Return the kinds of `kinds.toml`, in its order."""
    return msgspec.convert(_toml("kinds.toml")["kind"], tuple[Kind, ...])


@cache
def origins() -> Mapping[str, Origin]:
    """Return the origins of `kinds.toml`."""
    return msgspec.convert(_toml("kinds.toml")["origins"], dict[str, Origin])


@cache
def letter_rules(name: str) -> LetterRules:
    """Return the rules of `rules.toml` that are called `section.key`."""
    section, _, key = name.partition(".")
    rules = [rule.rpartition(">")[::2] for rule in _toml("rules.toml")[section][key].split()]
    spellings = [spelling.split("|") for _, spelling in rules]
    patterns = (
        re.sub(r"(?<!\[)\^|\$", r"\\b", pattern).replace("_", " ").replace("(?<\\b", "(?<")
        for pattern, _ in rules
    )
    finder = re.compile("|".join(f"(?P<r{i}>{pattern})" for i, pattern in enumerate(patterns)))

    def rewrite(name: str, rng: Random) -> str:
        return finder.sub(lambda match: rng.choice(spellings[int((match.lastgroup or "")[1:])]), name)

    return rewrite


@cache
def korean() -> Mapping[tuple[str, str], KoreanSyllable]:
    """Return the Korean syllables by place (`family` or `given`) and spelling on a list."""
    rows = [KoreanSyllable(*row) for row in _rows("korean.tsv")]
    return {(row.place, listed): row for row in reversed(rows) for listed in row.listed.split("|")}


@cache
def chinese() -> Mapping[str, ChineseSyllable]:
    """Return the Chinese syllables by their Pinyin."""
    return {row[0]: ChineseSyllable(*(*row, "", "")[:5]) for row in _rows("chinese.tsv")}


@cache
def given_names(of: str) -> Mapping[str, Sequence[str]]:
    """Return other spellings of the given names of a set, by spelling; of nicknames, the short forms."""
    others: dict[str, list[str]] = {}
    for kind, spellings in _rows("given-names.tsv"):
        if kind == of:
            full, _, short = spellings.partition("|")
            for name in full.split():
                others.setdefault(name, []).extend(
                    short.split() or [other for other in full.split() if other != name]
                )
    return others


@cache
def company_words() -> tuple[Mapping[str, Sequence[str]], ...]:
    """Return the rows of company-words.tsv: spellings by the name of the column."""
    columns = ("english", "abbreviation", "russian", "french", "spanish", "german", "turkish", "arabic")
    return tuple(
        {column: cell.split("|") for column, cell in zip(columns, row, strict=False) if cell}
        for row in _rows("company-words.tsv")
    )


@cache
def legal_forms() -> Mapping[str, Sequence[str]]:
    """Return the spellings of each group of legal forms."""
    return {row[0]: row[1:] for row in _rows("legal-forms.tsv")}


def _rows(name: str) -> Iterator[list[str]]:
    for line in _text(name).splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def _toml(name: str) -> dict[str, dict[str, str]]:
    return tomllib.loads(_text(name))


def _text(name: str) -> str:
    return resources.files(PACKAGE).joinpath(name).read_text(encoding="utf-8")
