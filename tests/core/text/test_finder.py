"""Free text: listed names are found at their place, ordinary sentences name nobody, work is bounded."""

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.daemon import ROOT
from holdgate.adapters.files.policy_file import default_policy
from holdgate.core.engine.screener import Screener
from holdgate.core.lists.snapshot import Snapshot, load_snapshot
from holdgate.core.names.matching.matcher import Matcher
from holdgate.core.names.words.analysis import analyse
from holdgate.core.text.finder import MAX_NAMES, MAX_SPANS, TextFinder
from holdgate.core.text.phrases import NO_NUMBER, PHRASE_GROUPS, PhraseFinder
from holdgate.core.text.postings import MAX_NEW_WORDS
from holdgate.core.text.words import join_lines, text_at_cut
from holdgate.explain.nearest_entries import compare_fields, text_of
from holdgate.lists.building import build_lists
from tests.support.listed import payment, screener

pytestmark = pytest.mark.slow  # indexes the full OFAC list

CASES = ROOT / "tests" / "cases"
MIN_SCORE = default_policy().thresholds.text


def _cases(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CASES / name).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def sample() -> Snapshot:
    """The whole OFAC sample."""
    return load_snapshot(build_lists({"ofac": str(ROOT / "deploy" / "sample" / "ofac")}, lambda _: None).data)


@pytest.fixture(scope="module")
def finder(sample: Snapshot) -> TextFinder:
    return TextFinder(Matcher(sample.index))


@pytest.mark.parametrize("case", _cases("text.jsonl"), ids=lambda case: str(case["case"]))
def test_a_listed_name_is_found_at_its_place(case: dict[str, Any], finder: TextFinder) -> None:
    found = {name.hit.matched_name: name for name in finder.find(case["lines"], MIN_SCORE).names}
    assert case["listed"] in found
    if case["places"] is not None:
        assert [list(place) for place in found[case["listed"]].line_spans] == case["places"]


def test_ordinary_sentences_name_nobody(finder: TextFinder) -> None:
    held = [
        case["text"] for case in _cases("ordinary_text.jsonl") if finder.find([case["text"]], MIN_SCORE).names
    ]
    assert held == []


def test_planted_names_are_found(sample: Snapshot, finder: TextFinder) -> None:
    """Every 60th person, given name first, between words of an ordinary sentence."""
    persons = [entry for entry in sample.entries if entry.type == "person"][::60]
    missed = 0
    for entry in persons:
        family, _, given = entry.name.partition(",")
        line = f"Transfer of salary to {given.strip()} {family} as per contract"
        missed += all(
            sample.entries[name.hit.entry].id != entry.id for name in finder.find([line], MIN_SCORE).names
        )
    assert missed <= len(persons) * 0.1


def test_a_match_gives_line_and_characters() -> None:
    received = payment(remittance=["invoice 12", "for Kazimir Anatolievich Verzhbitsky, thanks"])
    [decision] = screener().screen([received])
    [match] = decision.matches
    assert (decision.decision, match.rule, match.field) == ("HOLD", "text", "remittance[1]")
    assert match.value == "Kazimir Anatolievich Verzhbitsky"
    assert ("remittance[1]", "characters 4-36", "at") in [
        (part.part, part.matched, part.how) for part in match.evidence
    ]


@pytest.mark.parametrize(
    "members",
    [
        {"purpose": "loan Verzhbitsky Kazimir Anatolievich"},
        {"instructions": ["/ACC/ Verzhbitsky Kazimir", "Anatolievich"]},
    ],
    ids=["purpose", "instructions"],
)
def test_purpose_and_instructions_are_searched(members: dict[str, Any]) -> None:
    [decision] = screener().screen([payment(**members)])
    assert {match.rule for match in decision.matches} == {"text"}


def test_a_weak_alias_in_a_text_does_not_hold() -> None:
    [decision] = screener().screen([payment(remittance=["for Tarasbulbenko Dziedzic"])])
    assert decision.decision == "RELEASE"


def test_work_grows_linearly_with_the_words(finder: TextFinder) -> None:
    spans = []
    for copies in (200, 400):
        before = finder.spans
        finder.find(["Payment to Bank Transport for general trading ltd ltd ltd " * copies], MIN_SCORE)
        spans.append(finder.spans - before)
    assert spans[1] <= 2 * spans[0] + 10


GIVEN = (
    "mohammad ahmed ali hassan hussein abdullah mahmoud ibrahim khalid omar yusuf saleh abbas karim".split()
)


@pytest.fixture(scope="module")
def dense() -> list[str]:
    """Two thousand given names in lines: nearly every run of them resembles a listed name."""
    chance = random.Random(1)
    return [" ".join(chance.choices(GIVEN, k=20)) for _ in range(100)]


def test_a_text_of_names_is_searched_until_one_holds(dense: list[str], sample: Snapshot) -> None:
    cold = TextFinder(Matcher(sample.index))
    first = cold.find(dense, MIN_SCORE)
    assert first.names
    assert not first.complete
    assert len(first.names) <= MAX_NAMES
    assert MAX_SPANS <= cold.spans < 200
    assert cold.find(dense, MIN_SCORE) == first, "caches must not change the result"
    warm = TextFinder(Matcher(sample.index))
    for line in reversed(dense):
        warm.find([line], MIN_SCORE)
    assert warm.find(dense, MIN_SCORE) == first


def test_names_that_do_not_count_do_not_end_the_search(dense: list[str], finder: TextFinder) -> None:
    counted = {name.hit.entry for name in finder.find(dense, MIN_SCORE).names}
    others = finder.find(dense, MIN_SCORE, lambda name: name.hit.entry not in counted)
    assert others.names
    assert counted.isdisjoint(name.hit.entry for name in others.names)


def test_a_decision_notes_that_a_text_was_not_searched_completely(dense: list[str], sample: Snapshot) -> None:
    received = payment(remittance=["settled", *dense])
    [decision] = Screener(sample, default_policy()).screen([received])
    assert decision.reason == "LIST_MATCH"
    [note] = decision.notes
    assert (note.field, note.code) == ("remittance[0]", "TEXT_NOT_SEARCHED_WHOLE")
    [ordinary] = Screener(sample, default_policy()).screen([payment(remittance=dense[:1])])
    assert ordinary.notes == ()


def test_an_explanation_searches_to_the_end_and_repeats_the_note_of_the_decision(
    dense: list[str], sample: Snapshot
) -> None:
    screener, received = Screener(sample, default_policy()), payment(remittance=dense)
    [decision] = screener.screen([received])
    [text] = [one for one in compare_fields(received, decision, screener) if one.compared_as == "text"]
    assert text_of(decision.notes[0]) in text.notes
    settled = screener.text_finder.find(dense, MIN_SCORE)
    whole = screener.text_finder.find(dense, MIN_SCORE, to_its_end=True)
    assert whole.complete
    assert {found.hit.entry for found in settled.names} < {found.hit.entry for found in whole.names}
    assert text.candidates[0].judged >= max(match.score for match in decision.matches)


def test_a_word_cut_by_a_line_end_is_joined_only_if_it_may_be_listed(finder: TextFinder) -> None:
    before = finder.words
    finder.find(["Invoice of the twelfth for timber zqx", "wqz received in full by our branch"], MIN_SCORE)
    once = finder.words - before
    finder.find(["Invoice of the twelfth for timber moha", "mmad received in full by our branch"], MIN_SCORE)
    assert finder.words - before - once > once


def test_misspellings_of_very_many_new_words_are_not_all_looked_up(finder: TextFinder) -> None:
    before = finder.posting_cache.new_words
    finder.find(
        [" ".join(f"qx{number:x}zw" for number in range(0xA0000, 0xA0000 + 3 * MAX_NEW_WORDS))], MIN_SCORE
    )
    assert finder.posting_cache.new_words - before <= MAX_NEW_WORDS


@given(lines=st.lists(st.text(max_size=80), max_size=4))
def test_any_text_is_searched_without_error(lines: list[str]) -> None:
    for found in screener().text_finder.find(lines, 0.5).names:
        assert all(0 <= place.start < place.end <= len(lines[place.line]) for place in found.line_spans)


@pytest.mark.parametrize(
    "line",
    ["a" + "\u0301" * 20_000, "\u202e" * 20_000, "." * 20_000, "a." * 10_000, "\ud800" * 50, "习" * 5_000],
)
def test_hostile_text_does_not_raise(line: str) -> None:
    assert screener().text_finder.find([line], 0.5) == ([], True)


@given(number=st.integers(0, 99_999).map(str), zeros=st.integers(0, 3))
def test_a_number_has_the_same_number_in_phrases_as_by_analysis(number: str, zeros: int) -> None:
    index = screener().snapshot.index
    finder, word = PhraseFinder(index), "0" * zeros + number
    for group in PHRASE_GROUPS:
        [token] = analyse(word, group).tokens
        listed = index.vocabulary.ids.get(token.form)
        assert (finder.find_number(word, group) == NO_NUMBER) == (listed is None)


@given(lines=st.lists(st.text(st.sampled_from("ab1 -.é\u4e2d"), min_size=30, max_size=70), max_size=3))
def test_words_at_the_end_of_lines_are_joined_in_the_text_around_them(lines: list[str]) -> None:
    for word, line in join_lines(lines):
        around = text_at_cut(lines, line).words
        assert [joined.text for joined in around if joined.last_line > joined.line] == [word]
        assert all(
            inner.text == lines[inner.line][inner.start : inner.end] for inner in around if inner.text != word
        )
