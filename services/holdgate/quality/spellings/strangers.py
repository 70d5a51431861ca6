"""Names one step from a listed one that belong to somebody else, and names that thousands of people bear."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random

from msgspec import Struct
from rapidfuzz.distance import OSA

from holdgate.quality.spellings.persons import chinese_syllables, korean_syllables
from holdgate.quality.spellings.tables import chinese, company_words, korean
from holdgate.quality.spellings.transcription import fold

MIN_SURNAME = 5
"""Fewest letters of a surname that is replaced by another one letter away."""


class CommonNames(Struct, frozen=True):
    """Common given and family names in Latin letters, by country."""

    given: Mapping[str, tuple[str, ...]]
    family: Mapping[str, tuple[str, ...]]


NO_COMMON_NAMES = CommonNames({}, {})


class ListedParty(Struct, frozen=True):
    """A listed name as a payer writes it, and what is known of its bearer."""

    position: int
    text: str
    nationality: str


Source = Callable[[Sequence[ListedParty], CommonNames, Random], Iterator[str]]


def near_surnames(listed: Sequence[ListedParty], common: CommonNames, rng: Random) -> Iterator[str]:
    """Listed given names with another common surname, one letter away from the listed one."""
    by_length: dict[int, set[str]] = defaultdict(set)
    for names in common.family.values():
        for name in names:
            by_length[len(name)].add(name.lower())
    for one in listed:
        words = fold(one.text).split()
        family = words[-1] if words else ""
        if len(words) > 1 and len(family) >= MIN_SURNAME and family in by_length[len(family)]:
            close = [
                other
                for length in (len(family) - 1, len(family), len(family) + 1)
                for other in sorted(by_length[length])
                if OSA.distance(family, other) == 1 and _sound(family) != _sound(other)
            ]
            if close:
                yield " ".join((*words[:-1], rng.choice(close))).title()


def _sound(name: str) -> str:
    """Return a name without what spellings of one name differ in: Gomez and Gomes, Ivanov and Ivanova."""
    plain = re.sub(r"(?<=[nv])a$", "", name.translate(str.maketrans("zywqc", "sivkk")).replace("ph", "f"))
    return re.sub(r"(.)\1", r"\1", plain.replace("h", ""))


def _with_compatriots(listed: Sequence[ListedParty], rng: Random) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the words of each listed name and those of another listed person of the same nationality."""
    groups: dict[str, list[ListedParty]] = defaultdict(list)
    for one in listed:
        groups[one.nationality].append(one)
    for one in listed:
        yield one.text.split(), rng.choice(groups[one.nationality]).text.split()


def siblings(listed: Sequence[ListedParty], common: CommonNames, rng: Random) -> Iterator[str]:
    """Listed surnames with the given name of another listed person of the same nationality."""
    for words, other in _with_compatriots(listed, rng):
        if len(words) > 1 and len(other) > 1 and fold(words[0]) != fold(other[0]):
            yield " ".join((other[0], *words[1:])) if len(words) == 2 else f"{other[0]} {words[-1]}"


def other_surname(listed: Sequence[ListedParty], common: CommonNames, rng: Random) -> Iterator[str]:
    """All given names of a listed person with the surname of another of the same nationality."""
    for words, other in _with_compatriots(listed, rng):
        if len(words) > 1 and fold(words[-1]) != fold(other[-1]):
            yield " ".join((*words[:-1], other[-1]))


def other_patronymic(listed: Sequence[ListedParty], common: CommonNames, rng: Random) -> Iterator[str]:
    """Given name and surname of a listed person with another's patronymic."""
    pattern = re.compile(r"(?i)\w+(ovich|evich|ovna|evna)$")
    rows = [words for one in listed if len(words := one.text.split()) == 3 and pattern.match(words[1])]
    for words in rows:
        other = rng.choice(rows)[1]
        if other[:4] != words[1][:4] and other[-2:] == words[1][-2:]:
            yield " ".join((words[0], other, words[2]))


def korean_neighbours(listed: Sequence[ListedParty], common: CommonNames, rng: Random) -> Iterator[str]:
    """Korean names with another given syllable."""
    given = sorted({row.listed.split("|")[0] for (place, _), row in korean().items() if place == "given"})
    for one in listed:
        rows = korean_syllables(one.text)
        if rows is not None and len(rows) == 3:
            syllables = [row.listed.split("|")[0] for row in rows]
            syllables[rng.choice((1, 2))] = rng.choice(given)
            yield " ".join(syllables).title()


def chinese_neighbours(listed: Sequence[ListedParty], common: CommonNames, rng: Random) -> Iterator[str]:
    """Chinese names with another given syllable."""
    for one in listed:
        syllables = chinese_syllables(one.text)
        if syllables is not None and len(syllables) == 3:
            syllables[rng.choice((1, 2))] = rng.choice(sorted(chinese()))
            yield f"{syllables[0]} {''.join(syllables[1:])}".title()


def same_place(listed: Sequence[ListedParty], common: CommonNames, rng: Random) -> Iterator[str]:
    """The first word of one listed company with the rest of another: they share a place or a trade."""
    common_words = {row["english"][0] for row in company_words()}
    for one in listed:
        words = one.text.split()
        trade = [word for word in words if word.lower().strip(",.") in common_words]
        other = rng.choice(listed).text.split()
        if len(trade) >= 2 and other[0].lower() not in common_words and fold(other[0]) != fold(words[0]):
            yield " ".join((other[0], *trade))


def other_number(listed: Sequence[ListedParty], common: CommonNames, rng: Random) -> Iterator[str]:
    """A listed name with another number."""
    for one in listed:
        match = re.search(r"\d+", one.text)
        if match and match.start():
            number = int(match[0]) + rng.choice((1, 2, 7, 10))
            yield one.text[: match.start()] + str(number) + one.text[match.end() :]


def given_alone(listed: Sequence[ListedParty], common: CommonNames, rng: Random) -> Iterator[str]:
    """Common given names alone."""
    yield from _shuffled(common.given, rng)


def family_alone(listed: Sequence[ListedParty], common: CommonNames, rng: Random) -> Iterator[str]:
    """Common family names alone."""
    yield from _shuffled(common.family, rng)


def common_pairs(listed: Sequence[ListedParty], common: CommonNames, rng: Random) -> Iterator[str]:
    """A common given and a common family name of one country."""
    for country, names in sorted(common.given.items()):
        for family in common.family.get(country, ()):
            yield f"{rng.choice(names)} {family}"


def islamic_pairs(listed: Sequence[ListedParty], common: CommonNames, rng: Random) -> Iterator[str]:
    """Two common given names of one Muslim country, as millions are called: Ahmed Hassan."""
    for country in ("AE", "BD", "DZ", "EG", "IQ", "IR", "JO", "KW", "LB", "LY", "MA", "PK", "SA", "TN", "TR"):
        names = common.given.get(country, ())
        for name in names:
            yield f"{name} {rng.choice(names)}"


def _shuffled(names: Mapping[str, tuple[str, ...]], rng: Random) -> list[str]:
    unique = sorted({name for group in names.values() for name in group})
    rng.shuffle(unique)
    return unique


STRANGERS: Mapping[str, Source] = {
    "near_surnames": near_surnames,
    "siblings": siblings,
    "other_surname": other_surname,
    "other_patronymic": other_patronymic,
    "korean_neighbours": korean_neighbours,
    "chinese_neighbours": chinese_neighbours,
    "same_place": same_place,
    "other_number": other_number,
    "given_alone": given_alone,
    "family_alone": family_alone,
    "common_pairs": common_pairs,
    "islamic_pairs": islamic_pairs,
}
"""Sources of names that are nobody's on the list, by the name that `kinds.toml` has for them."""
