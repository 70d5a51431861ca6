"""Name analysis: tokens of names in many scripts, and bounded work on any input."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.daemon import ROOT
from holdgate.core.characters.folding import MAX_MARKS, fold
from holdgate.core.names.matching.comparison import compare
from holdgate.core.names.words.analysis import (
    MAX_PIECE,
    PIECE_OVERLAP,
    analyse,
    is_plain_word,
    split_pieces,
)
from holdgate.core.names.words.phonetics import phonetic_key
from holdgate.core.names.words.tokens import LOST, tokenize_word
from holdgate.core.names.words.word_classes import FILLERS, LEGAL, PARTICLES, TITLES, Group

CASES = [json.loads(line) for line in (ROOT / "tests/cases/names.jsonl").read_text().splitlines()]
GROUPS = st.sampled_from(["person", "entity", "vessel"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case["name"]))
def test_a_name_is_analysed_into_the_expected_tokens(case: dict[str, Any]) -> None:
    assert [token.form for token in analyse(case["name"], case["group"]).tokens] == case["forms"]


@pytest.mark.parametrize(
    "spellings",
    [
        ("hussein", "husayn", "hossein", "khussein"),
        ("mohammed", "muhammed", "mohamed"),
        ("alekseyevich", "alekseevich"),
        ("osama", "usama"),
        ("shi", "xi", "si"),
        ("sergey", "sergej", "sergei"),
        ("anatolyevich", "anatolijevitch", "anatolevic", "anatolievich", "anatoljevic"),
        ("alexeyevna", "alexeevna", "aleksejevna"),
        ("medvedyev", "medvedev", "medvedjev", "medvedeff"),
    ],
)
def test_romanisations_of_one_name_have_one_phonetic_key(spellings: tuple[str, ...]) -> None:
    assert len({phonetic_key(spelling) for spelling in spellings}) == 1


@given(st.text(), GROUPS)
def test_any_text_is_analysed_into_plain_tokens(text: str, group: Group) -> None:
    for token in analyse(text, group).tokens:
        assert token.form.isascii()
        assert token.form.replace(LOST, "").isalnum()


@pytest.mark.parametrize(
    "hostile",
    [
        "\ud800\udfff",
        "\x00\x1b",
        "a" + "\u0301" * 5000,
        "\u202e" * 300,
        "\U0001f600" * 99,
        "9" * 384,
        "ﷺ" * 50,
    ],
)
def test_hostile_text_does_not_raise(hostile: str) -> None:
    assert isinstance(analyse(hostile, "person").tokens, tuple)


def test_combining_marks_are_capped_before_normalisation() -> None:
    assert len(fold("e" + "\u0316" * 10_000)) <= 1 + MAX_MARKS


@given(st.text(min_size=1, max_size=3000))
def test_pieces_overlap_and_cover_the_whole_text(text: str) -> None:
    pieces = split_pieces(text)
    joined = pieces[0]
    for piece in pieces[1:]:
        joined += piece[PIECE_OVERLAP:]
    assert joined == text
    assert max(map(len, pieces)) <= MAX_PIECE


@pytest.mark.parametrize(
    ("written", "romanised"),
    [
        ("नरेन्द्र मोदी", ["narendra", "modi"]),
        ("दाऊद इब्राहीम", ["daud", "ibrahim"]),
        ("ทักษิณ-ชินวัตร", ["thaksin", "chinwatr"]),
        ("ব্যাংক, ঢাকা", ["byank", "dhaka"]),
        ("佐々木", ["zuo", "zuo", "mu"]),
    ],
)
def test_vowels_written_as_marks_are_romanised(written: str, romanised: list[str]) -> None:
    assert [token.form for token in analyse(written, "person").tokens] == romanised


@pytest.mark.parametrize("name", ["ហ៊ុន សែន", "ທອງລຸນ ສີສຸລິດ", "මහින්ද රාජපක්ෂ", "བསྟན་འཛིན", "ᠮᠣᠩᠭᠣᠯ"])
def test_a_name_that_cannot_be_romanised_matches_only_itself(name: str) -> None:
    assert compare(name, name, "person").score > 0.9
    assert compare(name, name[::-1], "person").score < 0.3


@given(
    st.text("abcdefilmnorsuwABDEL0123456789", max_size=9)
    | st.sampled_from(sorted(PARTICLES | TITLES | LEGAL | FILLERS | {"gesellschaft", "abdulaziz", "ibn"})),
    st.sampled_from(["person", "entity"]),
)
def test_the_analysis_of_a_plain_word_yields_the_word(word: str, group: Group) -> None:
    if is_plain_word(word, group):
        [token] = analyse(word, group).tokens
        form = word.casefold()
        assert token.form == form
        assert token.kind == ("number" if word.isdigit() else "particle" if form in PARTICLES else "word")


@pytest.mark.parametrize("prefix", ["أبو", "ابو", "عبد", "ال"])
def test_a_repeated_prefix_is_split_off_once(prefix: str) -> None:
    """A word of thousands of prefixes would be split in as many steps."""
    assert len(tokenize_word(prefix * 5_000)) <= 3
