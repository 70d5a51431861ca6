"""Name matching: which names hold, how scores rank, and bounded work on long names."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.daemon import ROOT
from holdgate.core.engine.screener import Screener
from holdgate.core.lists.snapshot import build_snapshot, load_snapshot
from holdgate.core.model.listed_entry import Entry, EntryType, ListedName
from holdgate.core.names.index.index_builder import build_index
from holdgate.core.names.matching.comparison import compare
from holdgate.core.names.matching.matcher import MAX_ALIGNED, Matcher, Query
from tests.support.listed import edition, payment, policy

CASES = [
    json.loads(line)
    for line in (ROOT / "tests/cases/matching.jsonl").read_text(encoding="utf-8").splitlines()
]
HOLDS_FROM = 0.7
ENTRIES = [
    Entry("x:1", "x", "person", (ListedName("PUTIN, Vladimir Vladimirovich"), ListedName("PUTIN, Vladimir"))),
    Entry("x:2", "x", "person", (ListedName("SECHIN, Igor Ivanovich"), ListedName("Игорь Сечин", "native"))),
    Entry("x:3", "x", "entity", (ListedName("TACTICAL MISSILES CORPORATION JOINT STOCK COMPANY"),)),
    Entry("x:4", "x", "entity", (ListedName("OOO ROMASHKA"),)),
    Entry("x:5", "x", "vessel", (ListedName("FU YUAN YU 8653"),)),
    Entry("x:6", "x", "person", (ListedName("ALI, Mohammad"), ListedName("Abu Salim", "weak"))),
]
MATCHER = Matcher(build_index(ENTRIES))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_a_pair_of_names_holds_or_not_as_its_case_says(case: dict[str, Any]) -> None:
    listed = Entry("x:1", "x", case.get("listed_type", case["type"]), (ListedName(case["listed"]),))
    hits = Matcher(build_index([listed])).match([Query(case["query"], case["type"])], min_score=0.1)[0]
    score = hits[0].score if hits else 0.0
    assert (score >= HOLDS_FROM) == case["holds"], (score, hits)
    if "how" in case:
        assert case["how"] in {part.how for part in hits[0].evidence}


def test_every_name_finds_its_entry_first() -> None:
    for position, entry in enumerate(ENTRIES):
        for name_position, name in enumerate(entry.names):
            (hits,) = MATCHER.match([Query(name.text, entry.type)])
            assert hits[0].entry == position
            assert hits[0].score >= HOLDS_FROM
            assert (hits[0].matched_name, hits[0].name_kind) == (entry.names[hits[0].name].text, name.kind)
            assert hits[0].score >= MATCHER.match([Query(name.text + " Xyz", entry.type)])[0][0].score, (
                name_position
            )


def test_closer_spellings_score_higher_and_none_reaches_one() -> None:
    scores = [
        MATCHER.match([Query(name, "person")], min_score=0.1)[0][0].score
        for name in ("Vladimir Vladimirovich Putin", "Vladimir Vladimirovich Putyn", "Vladimir Vladimirovich")
    ]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 3
    assert scores[0] < 1.0


def test_hits_are_one_per_entry_best_first_up_to_the_limit() -> None:
    (hits,) = MATCHER.match([Query("Vladimir Putin", "person")], min_score=0.1)
    assert len({hit.entry for hit in hits}) == len(hits)
    assert hits == sorted(hits, key=lambda hit: -hit.score)
    assert len(MATCHER.match([Query("Vladimir Putin", "person")], min_score=0.1, limit=1)[0]) == 1


def test_a_weak_alias_does_not_hide_a_name_that_holds() -> None:
    """The weak alias scores higher, but the primary name is over the threshold and holds."""
    names = (ListedName("VERZHBITSKY, Kazimir Anatolievich"), ListedName("Kazimir Verzhbitsky", "weak"))
    for listed in (names[:1], names):
        entry = Entry("test:1", "test", "person", listed)
        screener = Screener(load_snapshot(build_snapshot([edition()], [entry])), policy())
        [decision] = screener.screen([payment(creditor={"name": "Kazimir Verzhbitsky", "kind": "person"})])
        assert decision.reason == "LIST_MATCH", listed
    [hits] = MATCHER.match([Query("Abu Salim", "person")])
    assert [(hit.entry, hit.name_kind) for hit in hits] == [(5, "weak")]


def test_a_badly_misspelt_word_scores_higher_than_a_different_word() -> None:
    listed = "IBRAHIM ALI ABU BAKR TANTOUSH"
    misspelt = compare("Ibrahim Ali Abu Bazk Tantoush", listed, "person").score
    assert compare("Ibrahim Ali Abu Omid Tantoush", listed, "person").score < misspelt < 0.9


def test_evidence_covers_every_part_of_both_names() -> None:
    evidence = compare("Igor Petrovich Sechin", "SECHIN, Igor Ivanovich", "person").evidence
    parts = {part.part: part for part in evidence}
    assert parts["igor"].how == "exact"
    assert parts["igor"].weight > 0
    assert parts["petrovich"].how == "conflict"
    assert parts["petrovich"].weight < 0
    assert "ivanovich" in {part.matched for part in evidence if part.how == "conflict"}


def test_an_unknown_party_is_searched_among_persons_and_entities() -> None:
    results = MATCHER.match([Query("Vladimir Putin", "unknown"), Query("Romashka Ltd", "unknown")])
    assert [hits[0].entry for hits in results] == [0, 3]


def test_counters_count_names_cache_hits_and_comparisons() -> None:
    matcher = Matcher(build_index(ENTRIES), cache_size=1)
    matcher.match([Query("Vladimir Putin", "person")] * 2 + [Query("Igor Sechin", "person")])
    assert (matcher.names, matcher.cache_hits) == (3, 1)
    assert matcher.comparisons >= 2


@given(st.text(max_size=400), st.sampled_from(["person", "entity", "vessel", "aircraft", "unknown"]))
def test_any_text_is_matched_without_error(text: str, type: EntryType) -> None:
    for hit in MATCHER.match([Query(text, type)], min_score=0.1)[0]:
        assert 0 < hit.score < 1


@pytest.mark.parametrize(
    "name",
    [
        "Putin " * 2000,
        " ".join(f"w{n}" for n in range(5000)),
        "ab" * 5000,
        "vladimir" * 1000,
        "a\u0301\u0302" * 3000,
        "\ud800" * 500,
        "1 " * 3000,
        "مح" * 3000,
        "习" * 3000,
    ],
    ids=lambda name: f"{name[:8]!r} x {len(name)}",
)
def test_the_longest_names_are_screened_in_bounded_work(name: str) -> None:
    matcher = Matcher(build_index(ENTRIES))
    matcher.match([Query(name, "unknown")])
    assert matcher.comparisons <= MAX_ALIGNED + len(name) / 10


def test_a_listed_name_is_found_anywhere_in_a_long_one() -> None:
    for before in (0, 300, 370, 380, 400, 800):
        name = ("x " * before)[:before] + " Vladimir Vladimirovich Putin " + "y " * 300
        assert 0 in {hit.entry for hit in MATCHER.match([Query(name, "person")], min_score=0.3)[0]}, before


def test_two_names_can_be_compared_without_a_list() -> None:
    assert compare("Barack Obama", "Բարակ Օբամա", "person").score >= HOLDS_FROM
    assert compare("Pol Pot", "Paul Murphy", "person").score < HOLDS_FROM
    assert compare("", "Igor Sechin", "person").score == 0.0
