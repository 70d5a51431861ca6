"""What else is known of a party, against what a list says of the entry: birth date and country.

It raises or lowers the score of a name, each step visible as evidence with the change of score as its
weight. A fact that either side lacks changes nothing. Identifiers are not here: an equal one is a match of
its own.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from holdgate.core.model.evidence import Evidence
from holdgate.core.model.listed_entry import Entry
from holdgate.core.model.screened_fields import Facts
from holdgate.core.policy.policy import Corroboration

YEARS_APART = 2
"""Birth years further apart than this are a conflict: lists print approximate dates ("circa 1961")."""


class CorroboratedScore(NamedTuple):
    """A name's score with what corroborates or contradicts it.

    `score` ranks; `holding` is what the policy's threshold is asked about. A country moves the first and
    not the second: it is shared by millions, and nobody is held for where they live. `identified` says
    that a birth date agrees, which is what a weak alias needs.
    """

    score: float
    holding: float
    identified: bool
    evidence: tuple[Evidence, ...]


def corroborate(name_score: float, facts: Facts, entry: Entry, rules: Corroboration) -> CorroboratedScore:
    """Weigh a name's score against what else is known of the party and of the entry."""
    score, evidence, identified = name_score, [], False
    if facts.birth_date and entry.birth_dates:
        agrees = birth_dates_agree(facts.birth_date, entry.birth_dates)
        if agrees is not None:
            identified = agrees
            share = rules.birth_date_agrees if agrees else rules.birth_date_conflicts
            moved = _moved(score, share)
            evidence.append(
                _evidence("birth date", facts.birth_date, entry.birth_dates, agrees, moved - score)
            )
            score = moved
    holding = max(score, name_score) if name_score >= rules.strong else score
    listed = entry_countries(entry)
    if facts.countries and listed:
        agrees = not listed.isdisjoint(facts.countries)
        moved = _moved(score, rules.country_agrees if agrees else rules.country_conflicts)
        evidence.append(
            _evidence("country", ", ".join(facts.countries), sorted(listed), agrees, moved - score)
        )
        score = moved
    return CorroboratedScore(round(score, 4), holding, identified, tuple(evidence))


def min_name_score(threshold: float, facts: Facts, rules: Corroboration) -> float:
    """The name score from which facts such as these can still reach the threshold."""
    if facts.birth_date is None:
        return threshold
    return max(0.0, (threshold - rules.birth_date_agrees) / (1 - rules.birth_date_agrees))


def _moved(score: float, share: float) -> float:
    """The score with a share of the doubt taken away, or with a share of itself: it never reaches 0 or 1."""
    return score + share * (1 - score) if share > 0 else score + share * score


def birth_dates_agree(given: str, listed: Iterable[str]) -> bool | None:
    """True if a listed date agrees as far as both are known, False if all are years apart, else None.

    A listed range (`1960/1965`) agrees with any date in it.
    """
    year = int(given[:4])
    nearest = None
    for date in listed:
        first, _, last = date.partition("/")
        if not last and (given.startswith(first) or first.startswith(given)):
            return True
        low, high = int(first[:4]), int((last or first)[:4])
        if last and low <= year <= high:
            return True
        apart = max(low - year, year - high, 0)
        nearest = apart if nearest is None else min(nearest, apart)
    return False if nearest is not None and nearest > YEARS_APART else None


def entry_countries(entry: Entry) -> frozenset[str]:
    """The countries that a list connects an entry with: nationalities and addresses."""
    addresses = (address.country for address in entry.addresses if address.country)
    return frozenset((*entry.nationalities, *addresses))


def _evidence(what: str, given: str, listed: Sequence[str], agrees: bool, weight: float) -> Evidence:
    return Evidence(
        part=f"{what} {given}",
        matched=f"{what} {', '.join(listed)}",
        how="agrees" if agrees else "conflicts",
        weight=round(weight, 4),
    )
