"""Respellings: a word in Latin letters as the lists would write it, if another language spelt it.

German writes Michail and Dschabur, Dutch Timosjenko, Turkish Cemal for what the lists romanise in English. A
reading is looked up by its pronunciation alone (`data/respellings.toml`).
"""

import tomllib
from functools import cache
from importlib.resources import files

MIN_RESPELT_LETTERS = 5
"""Letters of a word from which it is respelt: shorter ones are other names (Jong is not Yong)."""


@cache
def _readings() -> tuple[tuple[tuple[str, ...], tuple[tuple[str, str], ...]], ...]:
    text = files("holdgate.core.names").joinpath("data", "respellings.toml").read_text(encoding="utf-8")
    return tuple(
        (tuple(reading["if"]), tuple((old, new) for old, new in reading["replace"]))
        for reading in tomllib.loads(text)["reading"]
    )


def respellings(form: str) -> list[str]:
    """Return the other spellings of a romanised form, without the form itself."""
    found: list[str] = []
    if len(form) < MIN_RESPELT_LETTERS:
        return found
    for letters, pairs in _readings():
        if any([part in form for part in letters]):  # noqa: C419 - a list is faster
            word = form
            for old, new in pairs:
                if old in word:
                    word = word.replace(old, new)
            if word != form and word not in found:
                found.append(word)
    return found
