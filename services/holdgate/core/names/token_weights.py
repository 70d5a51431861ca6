"""What a token is worth as evidence: the surprise, in nats, of meeting it in an ordinary name.

Two sources are taken together, the commoner one deciding: how often ordinary people and companies carry
the token (package data, see data/README.md) and how often the lists do.
"""

import gzip
from functools import cache
from importlib.resources import files
from math import log
from typing import NamedTuple

from holdgate.core.names.word_classes import Group, TokenClass

MAX_WEIGHT = 9.5
"""A token in none of 10,000 ordinary names: -ln(1/10,000) is 9.2, a little more for never seen."""
_SHORT = {0: 0.0, 1: 1.0, 2: 4.5, 3: 6.5, 4: 8.0}
"""Short tokens coincide more often than their frequency tells."""
CLASS_WEIGHT = 0.3
"""The most that a particle, title, legal form or form word weighs: none of them identifies."""
_CLASSES = {"particle": 0.3, "title": 0.3, "legal": 0.15, "filler": 0.3, "initial": 1.0, "number": 2.0}


PATRONYMIC = 0.85
"""Share of its weight that a patronymic counts where only one of two names has one: payments often leave
it out."""


class OrdinaryNames(NamedTuple):
    """Counts of a form among ordinary names, and how many names were counted."""

    counts: dict[str, tuple[int, int]]
    persons: int
    companies: int


@cache
def ordinary_names() -> OrdinaryNames:
    """The bundled frequencies: form -> (persons, companies) that carry it."""
    packed = files("holdgate.core.names").joinpath("data", "ordinary-names.tsv.gz").read_bytes()
    lines = gzip.decompress(packed).decode("ascii").splitlines()
    _, persons, companies = lines[0].split("\t")
    counts: dict[str, tuple[int, int]] = {}
    for line in lines[1:]:
        form, in_persons, in_companies = line.split("\t")
        counts[form] = (int(in_persons), int(in_companies))
    return OrdinaryNames(counts, int(persons), int(companies))


def ordinary_share(form: str, group: Group) -> float:
    """The share of ordinary names of the group that carry the form; 0.0 where none was seen."""
    table = ordinary_names()
    in_persons, in_companies = table.counts.get(form, (0, 0))
    if group == "person":
        return in_persons / table.persons
    if group == "entity":
        return in_companies / table.companies
    return max(in_persons / table.persons, in_companies / table.companies)


def surprisal(form: str, probability: float) -> float:
    """Nats of evidence in meeting `form`, which names carry with the probability."""
    surprise = -log(probability) if probability > 0 else MAX_WEIGHT
    return max(0.3, min(surprise, MAX_WEIGHT, _SHORT.get(len(form), MAX_WEIGHT)))


TYPO = {"translit": 0.7, "homoglyph": 1.0, "ocr": 0.5, "split": 0.5}
TYPO_EDIT = 2.5
"""Nats a misspelling adds to the surprise of the token it came from: a typo of a common name is not rare."""


def typo_weight(weight: float, how: str) -> float:
    """The surprise of a token that is a misspelling, of the kind `how`, of one of this weight."""
    if weight <= CLASS_WEIGHT:
        return weight + 0.35
    return weight + TYPO.get(how, TYPO_EDIT)


def token_weight(form: str, kind: TokenClass, group: Group, listed: float = 0.0) -> float:
    """The weight of a token in a name of the group; `listed` is the share of listed names that carry it."""
    if kind in _CLASSES:
        return _CLASSES[kind]
    return surprisal(form, max(ordinary_share(form, group), listed))
