"""Facts beside the name raise or lower its score, with evidence; absent facts change nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.engine.corroboration import birth_dates_agree, corroborate, entry_countries, min_name_score
from holdgate.core.model.listed_entry import Entry, ListedAddress, ListedName
from holdgate.core.model.screened_fields import Facts
from tests.support.listed import policy

RULES = policy().corroboration
ENTRY = Entry(
    id="test:1",
    list="test",
    type="person",
    names=(ListedName("X"),),
    birth_dates=("1961-03-14", "1963"),
    nationalities=("RU",),
    addresses=(ListedAddress("Minsk", "BY"), ListedAddress("nowhere")),
)
BARE = Entry(id="test:2", list="test", type="person", names=(ListedName("X"),))


@pytest.mark.parametrize(
    ("given_date", "listed", "agrees"),
    [
        ("1961-03-14", ("1961-03-14",), True),
        ("1961", ("1961-03-14",), True),
        ("1961-03-14", ("1961",), True),
        ("1961-03-14", ("1950", "1961-03"), True),
        ("1962", ("1960/1965",), True),
        ("1960-12-31", ("1960/1965",), True),
        ("1961-03-15", ("1961-03-14",), None),
        ("1963", ("1961",), None),
        ("1967", ("1960/1965",), None),
        ("1964", ("1961",), False),
        ("1968", ("1960/1965",), False),
        ("1990", ("1950", "1961-03-14"), False),
    ],
)
def test_birth_dates_agree_conflict_or_are_inconclusive(
    given_date: str, listed: tuple[str, ...], agrees: bool | None
) -> None:
    """A difference of two years is no conflict, since lists print approximate dates."""
    assert birth_dates_agree(given_date, listed) is agrees


def test_an_entrys_countries_are_its_nationalities_and_addresses() -> None:
    assert entry_countries(ENTRY) == {"RU", "BY"}


scores = st.floats(0, 1)


@given(scores, st.sampled_from([Facts(), Facts("1961"), Facts(None, ("KZ",)), Facts("1961", ("KZ",))]))
def test_an_absent_fact_changes_nothing(score: float, facts: Facts) -> None:
    """It may be absent on either side."""
    bare = corroborate(score, facts, BARE, RULES)
    unknown = corroborate(score, Facts(), ENTRY, RULES)
    for weighed in (bare, unknown):
        assert (weighed.score, weighed.holding, weighed.evidence) == (round(score, 4), score, ())
        assert not weighed.identified


@given(scores, st.sampled_from(["1961-03-14", "1999"]), st.sampled_from([(), ("RU",), ("KZ", "DE")]))
def test_every_change_of_the_score_has_evidence_with_its_weight(
    score: float, birth: str, countries: tuple[str, ...]
) -> None:
    weighed = corroborate(score, Facts(birth, countries), ENTRY, RULES)
    assert 0 <= weighed.score <= 1
    assert weighed.score == pytest.approx(score + sum(part.weight for part in weighed.evidence), abs=2e-4)
    assert len(weighed.evidence) == 1 + bool(countries)


@given(scores, st.sampled_from([("RU",), ("KZ",), ("KZ", "BY")]))
def test_a_country_alone_neither_holds_nor_clears(score: float, countries: tuple[str, ...]) -> None:
    assert corroborate(score, Facts(None, countries), ENTRY, RULES).holding == score


@given(scores)
def test_a_conflict_ranks_a_match_lower_and_clears_nothing(score: float) -> None:
    weighed = corroborate(score, Facts("1999", ("KZ",)), ENTRY, RULES)
    assert weighed.holding == score
    assert weighed.score < score or score < 0.001  # scores have four digits
    assert [part.how for part in weighed.evidence] == ["conflicts", "conflicts"]


@given(scores)
def test_a_verified_birth_date_that_conflicts_clears_a_name_that_is_not_strong(score: float) -> None:
    weighed = corroborate(score, Facts("1999", ("KZ",)), ENTRY, RULES, "verified")
    lowered = score * (1 + RULES.birth_date_conflicts)
    assert weighed.holding == pytest.approx(score if score >= RULES.strong else lowered)
    agreeing = corroborate(score, Facts("1961-03-14"), ENTRY, RULES, "verified")
    assert agreeing == corroborate(score, Facts("1961-03-14"), ENTRY, RULES)


@given(scores)
def test_only_a_birth_date_can_confirm_a_weak_name_match(score: float) -> None:
    assert corroborate(score, Facts("1961-03-14"), ENTRY, RULES).identified
    assert not corroborate(score, Facts(None, ("RU",)), ENTRY, RULES).identified
    assert not corroborate(score, Facts("1999", ("RU",)), ENTRY, RULES).identified


@given(st.floats(0.01, 1), scores, st.sampled_from([Facts(), Facts("1961"), Facts("1999", ("RU",))]))
def test_the_search_keeps_every_name_that_facts_could_raise_to_a_hold(
    threshold: float, score: float, facts: Facts
) -> None:
    """Names below the minimum score are not searched for."""
    if corroborate(score, facts, ENTRY, RULES).holding >= threshold:
        assert score >= min_name_score(threshold, facts, RULES) - 1e-9
