"""Territory names are looked up in a table that agrees with rigour."""

import gzip
from collections.abc import Iterator
from importlib import metadata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rigour.territories import lookup_territory

from deploy.data import build_territories
from holdgate.core.places import territories
from holdgate.core.places.territories import country_code, territory_of


@pytest.fixture
def cleared_caches() -> Iterator[None]:
    """Clear the caches before and after each test."""
    for cached in (territories._names, territory_of):
        cached.cache_clear()
    yield
    for cached in (territories._names, territory_of):
        cached.cache_clear()


def test_the_table_was_built_from_the_installed_rigour() -> None:
    """Run `python deploy/data/build_territories.py` after an update of rigour."""
    assert gzip.decompress(build_territories.TARGET.read_bytes()).decode() == build_territories.table()


NAMES = (
    *("UA", "ua", "UA-43", "ua-cri", "Q212", "UKR", "Krym", "Крым", "CRIMEA", " Iran ", "Korea, North"),
    *("Côte d'Ivoire", "Россия", "伊朗", "Donetsk People's Republic", "", "nowhere", "xx", "a-b"),
)


@given(st.sampled_from(NAMES) | st.text(max_size=12))
def test_the_table_agrees_with_rigour(text: str) -> None:
    territory = lookup_territory(text)
    assert territory_of(text) == (territory.code if territory else None)


def test_with_another_version_of_rigour_the_table_is_not_used(
    monkeypatch: pytest.MonkeyPatch, cleared_caches: None
) -> None:
    monkeypatch.setattr(metadata, "version", lambda _: "0.0")
    lookups: list[str] = []
    monkeypatch.setattr(territories, "lookup_territory", lookups.append)
    assert territory_of("Ukraine") is None
    assert lookups == ["Ukraine"]


def test_a_text_longer_than_any_name_is_not_looked_up() -> None:
    assert territory_of("Ukraine" + " " * 80) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ir", "IR"),
        (" IRN ", "IR"),
        ("364", "IR"),
        ("Iran, Islamic Republic of", "IR"),
        ("\u4f0a\u6717", "IR"),
        ("Korea (North)", "KP"),
        ("410", "KR"),
        ("999", None),
        ("nowhere", None),
        ("\ud800", None),
        ("", None),
        (None, None),
    ],
)
def test_a_country_has_a_code_in_any_spelling(text: str | None, code: str | None) -> None:
    assert country_code(text) == code
