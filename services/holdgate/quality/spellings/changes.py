"""The changes that kinds.toml names, and the names of a kind: drawn from a seed, always the same."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random

from holdgate.core.model.listed_entry import Entry
from holdgate.quality.manipulations import given_name_first
from holdgate.quality.report import ManipulatedName
from holdgate.quality.spellings import companies, misspellings, persons
from holdgate.quality.spellings.strangers import STRANGERS, CommonNames, ListedParty
from holdgate.quality.spellings.tables import Kind, kinds, origins
from holdgate.quality.spellings.transcription import fold

Change = Callable[[str, str, Sequence[str], Random], str | None]
"""(name as a payer writes it, argument, choices, random generator) -> changed name, or None."""

CHANGES: Mapping[str, Change] = {
    "rules": misspellings.by_rules,
    "script": misspellings.in_script,
    "pattern": misspellings.by_pattern,
    "wrapped": misspellings.wrap_name,
    "cut": misspellings.cut,
    "vowels": misspellings.vowels_dropped,
    "letter": misspellings.letter_changed,
    "equivalent": persons.equivalent,
    "korean": persons.korean_spelling,
    "chinese": persons.chinese_spelling,
    "turkic": persons.turkic_patronymic,
    "initials": persons.initials,
    "abbreviated": companies.abbreviate_words,
    "translated": companies.translate_word,
    "acronym": companies.acronym,
    "acronym behind": companies.add_acronym,
    "number": companies.rewrite_number,
    "form": companies.form_changed,
    "form added": companies.form_added,
    "word added": companies.word_added,
    "word dropped": companies.word_dropped,
}
NO_ENTRY = -1
"""The entry of a name that is nobody's on the list."""


def spelt_names(
    entries: Sequence[Entry], common: CommonNames, seed: int, size: int, only: str = ""
) -> Iterator[ManipulatedName]:
    """Yield up to `size` names of each kind whose name contains `only`."""
    listed = ListedWords(entries)
    for kind in kinds():
        if only in kind.name:
            rng = Random(f"{seed}:{kind.name}")  # noqa: S311 - a reproducible sample, not a secret
            if kind.expects == "nobody":
                yield from _strangers(kind, entries, common, listed, rng, size)
            else:
                yield from _changed(kind, entries, rng, size)


class ListedWords:
    """The words of all listed names, to tell names that are nobody's on the list."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._bearers: dict[str, set[int]] = defaultdict(set)
        self._sizes: list[int] = []
        for entry in entries:
            for name in entry.names:
                for word in _words(name.text):
                    self._bearers[word].add(len(self._sizes))
                self._sizes.append(len(_words(name.text)))

    def may_name(self, name: str) -> bool:
        """Say whether a listed name has all of these words, or several and no others; of one word, whether
        it is a whole listed name."""
        words = _words(name)
        shared = Counter(bearer for word in words for bearer in self._bearers.get(word, ()))
        if len(words) == 1:
            return any(self._sizes[bearer] == 1 for bearer in shared)
        return any(number >= min(len(words), max(2, self._sizes[i])) for i, number in shared.items())


def _words(name: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", fold(name).replace("'", "").replace("-", "")))


def _changed(kind: Kind, entries: Sequence[Entry], rng: Random, size: int) -> Iterator[ManipulatedName]:
    """Yield listed names changed: primary names first among a draw, then aliases of good quality."""
    pool = listed_names(kind, entries)
    rng.shuffle(pool)
    count = 0
    for one in pool:
        if count == size:
            return
        changed = CHANGES[kind.change](one.text, kind.of, kind.choices, rng)
        if changed and changed.casefold().split() != one.text.casefold().split():
            count += 1
            yield ManipulatedName(kind.name, one.position, one.text, changed, kind.type)


def _strangers(
    kind: Kind, entries: Sequence[Entry], common: CommonNames, listed: ListedWords, rng: Random, size: int
) -> Iterator[ManipulatedName]:
    pool = listed_names(kind, entries)
    rng.shuffle(pool)
    names: dict[str, None] = {}
    for name in STRANGERS[kind.change](pool, common, rng):
        if len(names) == size:
            break
        if not listed.may_name(name):
            names.setdefault(name)
    for name in names:
        yield ManipulatedName(kind.name, NO_ENTRY, "", name, kind.type)


def listed_names(kind: Kind, entries: Sequence[Entry]) -> list[ListedParty]:
    """Return the primary names and good aliases of the kind's type and origin, as a payer writes them."""
    origin = origins()[kind.origin] if kind.origin else None
    pool: list[ListedParty] = []
    for position, entry in enumerate(entries):
        if entry.type != kind.type:
            continue
        if origin is not None and not (
            (not origin.nationalities or set(entry.nationalities) & set(origin.nationalities))
            and (not origin.programs or any(re.search(origin.programs, item) for item in entry.programs))
        ):
            continue
        for name in entry.names:
            if name.kind in ("primary", "strong") and len(name.text) >= 4 and name.text.isascii():
                text = given_name_first(name.text, entry.type)
                if origin is None or not origin.names or re.search(f"(?i){origin.names}", text):
                    pool.append(ListedParty(position, text, next(iter(entry.nationalities), "")))
    return pool
