"""Phrases of companies' names that are compared as one: torgovyi dom and trading house; OKB and its words."""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class _Phrases(NamedTuple):
    """The pattern of all phrases, phrase -> what it is compared as, and the first words of phrases."""

    pattern: re.Pattern[str]
    words: dict[str, str]
    first_words: frozenset[str]


@cache
def _phrases() -> _Phrases:
    text = files("holdgate.core.names").joinpath("data", "company-phrases.toml").read_text(encoding="utf-8")
    words = {phrase: word for word, phrases in tomllib.loads(text).items() for phrase in phrases}
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)")
    return _Phrases(pattern, words, frozenset(phrase.split()[0] for phrase in words))


def join_phrases(text: str) -> str:
    """Return a company's name, in small letters, with the same words for phrases of one meaning."""
    pattern, words, first_words = _phrases()
    if first_words.isdisjoint(re.split(r"\W+", text)):  # a tenth of the time that the pattern takes
        return text
    return pattern.sub(lambda match: words[match.group()], text)
