"""Words that stand for listed ones: built with the index, read from its bytes, and never loaded to match."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.model.listed_entry import Entry, ListedName
from holdgate.core.names.index import equivalents
from holdgate.core.names.index.equivalents import USES, EquivalentTable
from holdgate.core.names.index.index_builder import build_index
from holdgate.core.names.index.inverted_index import Index
from holdgate.core.names.matching.matcher import Matcher, Query
from holdgate.core.names.words.abbreviations import abbreviations
from holdgate.core.names.words.analysis import analyse
from holdgate.core.names.words.word_classes import Group

ENTRIES = [
    Entry("x:1", "x", "person", (ListedName("PRYGOZHNOV, Vladimir"),)),
    Entry("x:2", "x", "entity", (ListedName("ZARNADIN TRADING"),)),
]
INDEX = build_index(ENTRIES)


def tables_of(word: str, group: Group) -> set[EquivalentTable]:
    """Return the tables by which a word stands for a listed token."""
    (token,) = analyse(word, group).tokens
    every = len(INDEX.equivalents.variants(token, group))
    return {table for table in USES if len(INDEX.equivalents.variants(token, group, {table})) < every}


@pytest.mark.parametrize(
    ("word", "table"),
    [
        ("Volodymyr", "given names"),
        ("Uladzimir", "given names"),
        ("Vova", "nicknames"),
        ("Уладзімір", "given names"),
    ],
)
def test_a_word_stands_for_a_given_name(word: str, table: EquivalentTable) -> None:
    assert table in tables_of(word, "person")
    assert not tables_of(word, "entity")


@pytest.mark.parametrize("word", ["trdg", "ticaret", "торговля"])
def test_a_word_stands_for_a_word_of_companies(word: str) -> None:
    assert "company words" in tables_of(word, "entity")
    assert not tables_of(word, "person")


@pytest.mark.parametrize("word", ["trad", "tradg", "trdng"])
def test_a_word_that_is_short_for_another_stands_for_it(word: str) -> None:
    assert tables_of(word, "entity") == {"abbreviations"}
    assert not tables_of(word, "person")


@pytest.mark.parametrize(
    ("word", "short"),
    [
        ("national", "natl"),
        ("manufacturing", "mfg"),
        ("services", "svcs"),
        ("management", "mgmt"),
        ("energy", "enrg"),
    ],
)
def test_the_usual_abbreviations_are_found(word: str, short: str) -> None:
    assert short in abbreviations(word)


@given(st.text("abcdefghijklmnopqrstuvwxyz", max_size=20))
def test_an_abbreviation_is_shorter_and_begins_like_its_word(word: str) -> None:
    assert all(len(short) < len(word) and short[0] == word[0] for short in abbreviations(word))


@pytest.mark.parametrize("table", [table for table in USES if USES[table].files])
def test_no_word_of_a_table_stands_for_itself(table: EquivalentTable) -> None:
    words = equivalents._equivalents(table)
    assert len(words) > 1000
    assert all(word not in others for word, others in words.items())


def test_an_index_that_is_read_matches_without_the_tables() -> None:
    packed = INDEX.to_bytes()
    equivalents._equivalents.cache_clear()
    equivalents._shares_by_key.cache_clear()
    (hits,) = Matcher(Index.from_bytes(packed)).match([Query("Volodya Prygozhnov", "person")])
    assert [hit.evidence[0].how for hit in hits] == ["symbol"]
    assert equivalents._equivalents.cache_info().currsize == 0
    assert equivalents._shares_by_key.cache_info().currsize == 0
