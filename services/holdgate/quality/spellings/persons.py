"""Names of persons as other languages, and other habits of the same language, write them."""

import re
from collections.abc import Sequence
from random import Random

from holdgate.quality.spellings.tables import KoreanSyllable, chinese, given_names, korean, letter_rules
from holdgate.quality.spellings.transcription import capitalise, fold

_PATRONYMIC = re.compile(r"(?i)\b(\w{3,}?)(?:ov|y?ev)(ich|na)\b")


def equivalent(name: str, of: str, choices: Sequence[str], rng: Random) -> str | None:
    """Replace the first word that has another spelling in the set of given names."""
    words = fold(name).split()
    for i, word in enumerate(words):
        others = given_names(of).get(word)
        if others and len(words) > 1:
            return capitalise(" ".join((*words[:i], rng.choice(others), *words[i + 1 :])))
    return None


def korean_spelling(name: str, of: str, choices: Sequence[str], rng: Random) -> str | None:
    """Write a Korean name by a column of korean.tsv, with given names as the choice says."""
    syllables = korean_syllables(name)
    if syllables is None:
        return None
    family, *given = (rng.choice(getattr(row, of).split("|")) for row in syllables)
    if of == "hangul":
        return "".join((family, *given))
    joined = {"joined": "".join, "hyphen": "-".join, "apart": " ".join}[rng.choice(choices)](given)
    return capitalise(f"{family} {joined}")


def korean_syllables(name: str) -> list[KoreanSyllable] | None:
    """Return the syllables of a Korean name, family name first; None if it is something else."""
    words = fold(name).replace("-", " ").split()
    for order in (words, [*words[-1:], *words[:-1]]):
        rows = [
            row for i, word in enumerate(order) if (row := korean().get(("given" if i else "family", word)))
        ]
        if 2 <= len(rows) <= 3 and len(rows) == len(order):
            return rows
    return None


def chinese_spelling(name: str, of: str, choices: Sequence[str], rng: Random) -> str | None:
    """Write a Chinese name by a column of chinese.tsv or by syllable rules."""
    syllables = chinese_syllables(name)
    if syllables is None:
        return None
    family, given = syllables[0], syllables[1:]
    if of in ("simplified", "traditional"):
        return "".join(getattr(chinese()[syllable], of) for syllable in syllables)
    if of in ("cantonese", "hokkien"):
        spellings = getattr(chinese()[family], of)
        spelt = "".join(given).title()
        return f"{rng.choice(spellings.split('|')).title()} {spelt}" if spellings else None
    if of == "pinyin":
        joined = {"joined": "".join, "hyphen": "-".join, "apart": " ".join}[rng.choice(choices)](given)
        return capitalise(f"{family} {joined}")
    rules = letter_rules(f"{of}.syllables")
    family, *given = (rules(syllable, rng) for syllable in syllables)
    if of == "palladius":
        return capitalise(f"{family} {''.join(given)}")
    plain = capitalise(f"{family} {'-'.join(given)}")
    return plain if rng.random() < 0.3 else plain.replace("'", "")


def chinese_syllables(name: str) -> list[str] | None:
    """Return the two to four syllables of a Chinese name, family name first; None if it is something else."""
    words = fold(name).split()
    if len(words) not in (2, 3):
        return None
    for order in (words, [*words[-1:], *words[:-1]]):
        if chinese().get(order[0]) and chinese()[order[0]].cantonese:
            given = [
                syllable for word in order[1:] for syllable in split_pinyin(word.replace("-", "")) or ["?"]
            ]
            if 1 <= len(given) <= 2 and "?" not in given:
                return [order[0], *given]
    return None


def split_pinyin(word: str) -> list[str] | None:
    """Return a word of Pinyin in syllables, as few as possible; None if it is something else."""
    if word in chinese():
        return [word]
    for cut in range(len(word) - 1, 0, -1):
        if word[:cut] in chinese() and (rest := split_pinyin(word[cut:])):
            return [word[:cut], *rest]
    return None


def turkic_patronymic(name: str, of: str, choices: Sequence[str], rng: Random) -> str | None:
    """Write a Russian patronymic with a Turkic word: for a son of the choices, for a daughter of `of`."""
    match = _PATRONYMIC.search(name)
    if match is None:
        return None
    word = rng.choice(choices if match[2].lower() == "ich" else of.split())
    return f"{name[: match.start()]}{match[1]} {word}{name[match.end() :]}"


def initials(name: str, of: str, choices: Sequence[str], rng: Random) -> str | None:
    """Shorten given names to initials: `V. V. Putin`, `Putin V.V.`."""
    words = name.split()
    if len(words) < 2 or len(words[-1]) < 5 or not all(word[0].isalpha() for word in words):
        return None
    short, family = [word[0] for word in words[:-1]], words[-1]
    return rng.choice(
        (
            ". ".join(short) + f". {family}",
            f"{family} " + ".".join(short) + ".",
            " ".join(short) + f" {family}",
        )
    )
