"""Names cut short, misheard, mistyped or wrapped in other words."""

import re
from collections.abc import Sequence
from random import Random

from holdgate.quality.spellings.tables import letter_rules
from holdgate.quality.spellings.transcription import capitalise, fold, write_in

_NEXT_KEYS = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo",
    "j": "hk", "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "wa", "r": "et",
    "s": "ad", "t": "ry", "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip
MIN_CHANGED_LETTERS = 6
"""Fewest letters of a name or word that is changed by one letter."""


def by_rules(name: str, of: str, choices: Sequence[str], rng: Random) -> str | None:
    """Write the small letters by rules of rules.toml."""
    return capitalise(letter_rules(of)(fold(name), rng))


def in_script(name: str, of: str, choices: Sequence[str], rng: Random) -> str | None:
    """Write the name in a script; None for names with digits."""
    return None if any(char.isdigit() for char in name) else write_in(of, name, rng)


def by_pattern(name: str, of: str, choices: Sequence[str], rng: Random) -> str | None:
    """Replace what the pattern `of` finds first by one of the choices."""
    match = re.search(of, name)
    if match is None:
        return None
    return " ".join((name[: match.start()] + match.expand(rng.choice(choices)) + name[match.end() :]).split())


def wrap_name(name: str, of: str, choices: Sequence[str], rng: Random) -> str | None:
    """Put the name into one of the choices, where {name} is; {digits} and {letters} are drawn."""
    template = rng.choice(choices)
    return template.format(
        name=name,
        digits=rng.randint(9_000_000, 9_999_999),
        letters="".join(rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(4)),
    )


def cut(name: str, of: str, choices: Sequence[str], rng: Random) -> str | None:
    """Cut the name: `anywhere` behind 60 % of its letters, `word` before its last word, `words` each to five
    letters, `first` its first letter, `last` to the first letter of its last word."""
    words = name.split()
    if of == "anywhere":
        shortest = max(10, len(name) * 3 // 5)
        return name[: rng.randrange(shortest, len(name))].strip() if shortest < len(name) - 1 else None
    if of == "word":
        return " ".join(words[:-1]) if len(words) > 3 else None
    if of == "words":
        return " ".join(word[:5] for word in words) if len(words) > 2 and max(map(len, words)) > 6 else None
    if of == "first":
        return name[1:] if len(words) > 1 and len(words[0]) > 5 and name[1].isalpha() else None
    return " ".join((*words[:-1], words[-1][0])) if len(words) > 2 and len(words[-1]) > 3 else None


def vowels_dropped(name: str, of: str, choices: Sequence[str], rng: Random) -> str | None:
    """Drop the vowels inside `one` long word, or inside all words."""
    words = name.split()
    long = [i for i, word in enumerate(words) if len(word) >= MIN_CHANGED_LETTERS and word.isalpha()]
    if not long or len(words) < 2:
        return None
    chosen = {rng.choice(long)} if of == "one" else set(range(len(words)))
    return " ".join(_without_vowels(word) if i in chosen else word for i, word in enumerate(words))


def letter_changed(name: str, of: str, choices: Sequence[str], rng: Random) -> str | None:
    """Change one long word: `double` a consonant or write a double once, `key` beside the right one, `swap`
    two letters, `first` letter wrong, `repeat` the whole word."""
    words = name.split()
    long = [i for i, word in enumerate(words) if len(word) >= MIN_CHANGED_LETTERS and word.isalpha()]
    if not long or len(words) < 2:
        return None
    i = rng.choice(long)
    word, at = words[i], rng.randrange(1, len(words[i]) - 1)
    if of == "double":
        word = re.sub(r"(?i)([a-z])\1", r"\1", word, count=1)
        if word == words[i]:
            consonants = [n for n in range(1, len(word) - 1) if word[n].lower() in "bdfglmnprstz"]
            at = rng.choice(consonants or [at])
            word = word[:at] + word[at] + word[at:]
    elif of == "key":
        key = rng.choice(_NEXT_KEYS.get(word[at].lower(), "x"))
        word = word[:at] + (key.upper() if word[at].isupper() else key) + word[at + 1 :]
    elif of == "swap":
        word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    elif of == "first":
        key = rng.choice(_NEXT_KEYS.get(word[0].lower(), "x"))
        word = key.upper() + word[1:]
    else:
        word = f"{word} {word}"
    return " ".join((*words[:i], word, *words[i + 1 :]))


def _without_vowels(word: str) -> str:
    return word[:1] + re.sub("(?i)[aeiouy]", "", word[1:])
