"""Names in the cases of Russian: what a text may write for a name that the policy gives in the nominative."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.places.inflection import adjective_forms, decline


@pytest.mark.parametrize(
    ("name", "accusative", "oblique"),
    [
        ("Иран", set(), {"ирана", "иране"}),
        ("Куба", {"кубу"}, {"кубы", "кубе"}),
        ("Сирия", {"сирию"}, {"сирии"}),
        ("Керчь", set(), {"керчи"}),
        ("Северная Корея", {"северную корею"}, {"северной кореи"}),
        ("Исламская Республика Иран", {"исламскую республику иран"}, {"исламской республики иран"}),
        ("Республика Крым", {"республику крым"}, {"республики крым"}),
    ],
)
def test_a_name_is_declined(name: str, accusative: set[str], oblique: set[str]) -> None:
    forms = decline(name)
    assert forms.accusative == accusative
    assert forms.oblique >= oblique


@pytest.mark.parametrize("name", ["Iran", "Нова Каховка", "إيران", "", " "])
def test_other_names_are_left_alone(name: str) -> None:
    assert decline(name) == (frozenset(), frozenset())


def test_an_adjective_has_its_cases_and_genders() -> None:
    assert {"иранского", "иранская", "иранских"} <= adjective_forms("Иранский")
    assert {"iranisch", "iranischen"} <= adjective_forms("Iranisch")
    assert adjective_forms("Iranian") == {"iranian"}


@given(st.text(max_size=30))
def test_any_text_is_accepted(text: str) -> None:
    assert decline(text) is not None
    assert adjective_forms(text)
