"""Token weights: how much evidence a token is, as the surprisal in nats of meeting it in an ordinary name.

Used by the index for listed tokens and by the query builder for the tokens of a query. A weight takes the
higher of two shares, i.e. the more common one decides: the share of ordinary people or companies that carry
the token (package data, see data/README.md) and the share of listed names that do.
"""

import gzip
from functools import cache
from importlib.resources import files
from math import log
from typing import NamedTuple

from holdgate.core.model.evidence import How
from holdgate.core.names.words.word_classes import Group, TokenClass

MAX_WEIGHT = 9.5
"""Weight of a token in none of 10,000 ordinary names: -ln(1/10,000) is 9.2, plus a little for never seen."""
_MAX_SHORT_WEIGHT = {0: 0.0, 1: 1.0, 2: 4.5, 3: 6.5, 4: 8.0}
"""Maximum weight by length: short tokens coincide more often than their frequency suggests."""
CLASS_WEIGHT = 0.3
"""Maximum weight of a particle, title, legal form or filler: none of them identifies anybody."""
_CLASS_WEIGHTS = {"particle": 0.3, "title": 0.3, "legal": 0.15, "filler": 0.3, "initial": 1.0, "number": 2.0}

PATRONYMIC_FACTOR = 0.85
"""Factor for the weight of a patronymic that only one of two names has: payments often omit it."""


class OrdinaryNames(NamedTuple):
    """Counts of a form among ordinary names, and how many names were counted."""

    counts: dict[str, tuple[int, int]]
    persons: int
    companies: int


@cache
def ordinary_names() -> OrdinaryNames:
    """Return the bundled frequencies: form -> (persons, companies) that carry it."""
    packed = files("holdgate.core.names").joinpath("data", "ordinary-names.tsv.gz").read_bytes()
    lines = gzip.decompress(packed).decode("ascii").splitlines()
    _, persons, companies = lines[0].split("\t")
    counts: dict[str, tuple[int, int]] = {}
    for line in lines[1:]:
        form, in_persons, in_companies = line.split("\t")
        counts[form] = (int(in_persons), int(in_companies))
    return OrdinaryNames(counts, int(persons), int(companies))


def ordinary_share(form: str, group: Group) -> float:
    """Return the share of ordinary names of the group that carry the form, 0.0 if none does."""
    table = ordinary_names()
    in_persons, in_companies = table.counts.get(form, (0, 0))
    if group == "person":
        return in_persons / table.persons
    if group == "entity":
        return in_companies / table.companies
    return max(in_persons / table.persons, in_companies / table.companies)


def surprisal(form: str, probability: float) -> float:
    """Return the nats of evidence in meeting a form that names carry with this probability."""
    surprise = -log(probability) if probability > 0 else MAX_WEIGHT
    return max(0.3, min(surprise, MAX_WEIGHT, _MAX_SHORT_WEIGHT.get(len(form), MAX_WEIGHT)))


TYPO_WEIGHTS: dict[How, float] = {
    "translit": 0.7,
    "symbol": 0.7,
    "homoglyph": 1.0,
    "ocr": 0.5,
    "lost": 0.5,
    "split": 0.5,
}
EDIT_TYPO_WEIGHT = 2.5
"""Nats that a misspelling adds to the weight of the token it came from, by kind and for edits: a typo of a
common name is not rare."""


def typo_weight(weight: float, how: How) -> float:
    """Return the weight of a token that is a misspelling, of the kind `how`, of a token of `weight` nats."""
    if weight <= CLASS_WEIGHT:
        return weight + 0.35
    return weight + TYPO_WEIGHTS.get(how, EDIT_TYPO_WEIGHT)


def token_weight(form: str, kind: TokenClass, group: Group, listed_share: float = 0.0) -> float:
    """Return the weight of a token in a name of the group, in nats.

    `listed_share` is the share of listed names that carry the token.
    """
    if kind in _CLASS_WEIGHTS:
        return _CLASS_WEIGHTS[kind]
    return surprisal(form, max(ordinary_share(form, group), listed_share))
