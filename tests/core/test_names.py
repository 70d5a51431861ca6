import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.folding import fold
from holdgate.core.names import MAX_MARKS, MAX_PIECE, OVERLAP, analyse, clean, pieces, uncomparable
from holdgate.core.words import Group

CASES = [
    json.loads(line) for line in (Path(__file__).parents[1] / "cases/names.jsonl").read_text().splitlines()
]
GROUPS = st.sampled_from(["person", "entity", "vessel"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case["name"]))
def test_a_name_gives_these_tokens(case: dict[str, Any]) -> None:
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
def test_romanisations_of_one_name_fold_alike(spellings: tuple[str, ...]) -> None:
    assert len({fold(spelling) for spelling in spellings}) == 1


@given(st.text(), GROUPS)
def test_any_text_is_analysed_into_plain_tokens(text: str, group: Group) -> None:
    for token in analyse(text, group).tokens:
        assert token.form.isascii()
        assert token.form.isalnum()


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
def test_hostile_text_is_analysed(hostile: str) -> None:
    assert isinstance(analyse(hostile, "person").tokens, tuple)
    assert uncomparable(hostile) is None


def test_marks_are_capped_before_normalising() -> None:
    assert len(clean("e" + "\u0316" * 10_000)) <= 1 + MAX_MARKS


@given(st.text(min_size=1, max_size=3000))
def test_pieces_overlap_and_leave_nothing_out(text: str) -> None:
    parts = pieces(text)
    whole = parts[0]
    for part in parts[1:]:
        whole += part[OVERLAP:]
    assert whole == text
    assert max(map(len, parts)) <= MAX_PIECE


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("Vladimir Putin", None),
        ("محمد", None),
        ("习近平", None),
        ("ᠮᠣᠩᠭᠣᠯ", "Mongolian"),
        ("Ali ⵜⵉⴼⵉ", "Tifinagh"),
    ],
)
def test_a_script_that_cannot_be_compared_is_named(name: str, script: str | None) -> None:
    assert uncomparable(name) == script
