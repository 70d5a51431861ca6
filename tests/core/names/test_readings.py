"""Other readings of a name: what is read in another way, and what is left as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.names.matching.comparison import compare
from holdgate.core.names.words.readings import MAX_LENGTH, readings


@pytest.mark.parametrize(
    "name",
    [
        "Vladimir Putin",
        "V1ADIMIR PUTIN",
        "J. R. R. Tolkien",
        "A. B. C. Ltd",
        "S.A. Volkswagen d.o.o.",
        "3M Company",
        "Al-Shabaab / O'Brien & Sons (2019)",
        "कृष्ण जैन",
    ],
)
def test_an_ordinary_name_has_no_other_reading(name: str) -> None:
    assert readings(name) == (name,)


@pytest.mark.parametrize(
    ("name", "reading"),
    [
        ("VLAD?MIR", "VLAD\u0294MIR"),
        ("VOJISLAV .E.ELJ", "VOJISLAV \u0294E\u0294ELJ"),
        ("J. R. T. K. Smith", "JRTK. Smith"),
        ("K I M  J O N G  U N", "KIM JONG UN"),
        ("A L - S H A D D A D I", "AL SHADDADI"),
        ("P_U_T_I_N", "PUTIN"),
        ("SergeiShoigu", "Sergei Shoigu"),
        ("INN7720649916.AO ARGUMENT", " .AO ARGUMENT"),
        ("KIM12345", "KIM "),
        ("G#ZPROM_NEFT", "G\u0294ZPROM_NEFT"),
    ],
)
def test_an_unusual_name_has_the_reading(name: str, reading: str) -> None:
    assert reading in readings(name)


@given(st.text(alphabet="ab ?*#._-/A1\ufffdя", max_size=400))
def test_readings_are_few_and_hardly_longer_than_the_name(name: str) -> None:
    found = readings(name)
    assert found[0] == name
    assert len(found) <= (7 if len(name) <= MAX_LENGTH else 3)
    assert all(len(reading) <= 2 * len(name) for reading in found)


@given(st.text(alphabet="abcdefgh ?#.", min_size=1, max_size=30))
def test_no_sign_makes_a_name_incomparable(name: str) -> None:
    assert 0.0 <= compare(name, "abcd efgh", "person").score < 1.0
