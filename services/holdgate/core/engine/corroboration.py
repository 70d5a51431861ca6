"""Compare the other facts known about a party, birth date and country, with those of a list entry.

They raise or lower the score of a name; each change is reported as evidence with the change of score as its
weight. A fact that conflicts ranks a match lower and does not clear it: the sender of a payment writes it.
Only a birth date clears, on a rail whose birth dates are verified. A fact that either side lacks changes
nothing. Identifiers are not corroboration: an equal one is a match of its own.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from holdgate.core.model.evidence import Evidence
from holdgate.core.model.listed_entry import Entry
from holdgate.core.model.screened_fields import Facts
from holdgate.core.policy.policy import Corroboration
from holdgate.core.policy.profile import BirthDates

YEARS_APART = 2
"""Birth years further apart than this are a conflict: lists print approximate dates ("circa 1961")."""


class CorroboratedScore(NamedTuple):
    """A name's score after the facts that corroborate or contradict it.

    `score` ranks matches; `holding` is compared with the policy's threshold. A birth date that agrees raises
    both. A country changes only `score`: millions share it, and nobody is held for where they live.
    `identified` means that a birth date agrees, which a weak alias needs in order to hold.
    """

    score: float
    holding: float
    identified: bool
    evidence: tuple[Evidence, ...]


def corroborate(
    name_score: float,
    facts: Facts,
    entry: Entry,
    rules: Corroboration,
    birth_dates: BirthDates = "hint",
) -> CorroboratedScore:
    """Return the score of a name, changed by what else is known about the party and the entry.

    Of `verified` birth dates, one that conflicts clears a name that scores below `strong`.
    """
    score, evidence, identified = name_score, [], False
    if facts.birth_date and entry.birth_dates:
        agrees = birth_dates_agree(facts.birth_date, entry.birth_dates)
        if agrees is not None:
            identified = agrees
            share = rules.birth_date_agrees if agrees else rules.birth_date_conflicts
            changed = _changed(score, share)
            evidence.append(
                _evidence("birth date", facts.birth_date, entry.birth_dates, agrees, changed - score)
            )
            score = changed
    may_clear = birth_dates == "verified" and name_score < rules.strong
    holding = score if may_clear else max(score, name_score)
    listed = entry_countries(entry)
    if facts.countries and listed:
        agrees = not listed.isdisjoint(facts.countries)
        changed = _changed(score, rules.country_agrees if agrees else rules.country_conflicts)
        evidence.append(
            _evidence("country", ", ".join(facts.countries), sorted(listed), agrees, changed - score)
        )
        score = changed
    return CorroboratedScore(round(score, 4), holding, identified, tuple(evidence))


def min_name_score(threshold: float, facts: Facts, rules: Corroboration) -> float:
    """Return the lowest name score that these facts could still raise to the threshold."""
    if facts.birth_date is None:
        return threshold
    return max(0.0, (threshold - rules.birth_date_agrees) / (1 - rules.birth_date_agrees))


def _changed(score: float, share: float) -> float:
    """Return the score less a share of its doubt (positive) or of itself (negative); never 0 or 1."""
    return score + share * (1 - score) if share > 0 else score + share * score


def birth_dates_agree(given: str, listed: Iterable[str]) -> bool | None:
    """Return True if a listed date agrees as far as both are known, False if all are years apart, else None.

    A listed range (`1960/1965`) agrees with any date in it.
    """
    year = int(given[:4])
    min_distance = None
    for date in listed:
        first, _, last = date.partition("/")
        if not last and (given.startswith(first) or first.startswith(given)):
            return True
        low, high = int(first[:4]), int((last or first)[:4])
        if last and low <= year <= high:
            return True
        distance = max(low - year, year - high, 0)
        min_distance = distance if min_distance is None else min(min_distance, distance)
    return False if min_distance is not None and min_distance > YEARS_APART else None


def entry_countries(entry: Entry) -> frozenset[str]:
    """Return the countries of an entry's nationalities and addresses."""
    addresses = (address.country for address in entry.addresses if address.country)
    return frozenset((*entry.nationalities, *addresses))


def _evidence(fact: str, given: str, listed: Sequence[str], agrees: bool, weight: float) -> Evidence:
    return Evidence(
        part=f"{fact} {given}",
        matched=f"{fact} {', '.join(listed)}",
        how="agrees" if agrees else "conflicts",
        weight=round(weight, 4),
    )
