"""Neighbours of words, sought together and by numpy, against their definition asked pair by pair."""

from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from holdgate.core.names.phonetics import phonetic_key
from holdgate.core.names.vocabulary import ROMANISED_QUALITY, Variant, VariantCache, Vocabulary

ONE_EDIT = {2: 0.5, 3: 0.82, 4: 0.92, 5: 0.94, 6: 0.95, 7: 0.96, 8: 0.97, 9: 0.97, 10: 0.97}
TWO_EDITS = {5: 0.75, 6: 0.86, 7: 0.88, 8: 0.9, 9: 0.92, 10: 0.94}

WORDS = st.text("abehkmosvy1", min_size=1, max_size=12)


def alike(form: str, other: str) -> tuple[float, str] | None:
    """The definition: one spelling, one pronunciation, or few edits of either."""
    if form == other:
        return 1.0, "exact"
    folded, other_fold = phonetic_key(form), phonetic_key(other)
    if folded == other_fold:
        return (ROMANISED_QUALITY if len(folded) > 3 else 0.85), "translit"
    edits, longest = OSA.distance(form, other), max(len(form), len(other))
    quality = 0.0
    if edits == 1:
        quality = ONE_EDIT.get(longest, 0.98)
    elif edits == 2:
        if longest >= 5 and min(len(form), len(other)) >= 4:
            quality = TWO_EDITS.get(longest, 0.95)
        if quality < 0.9 * 0.98 and len(folded) >= 5 and OSA.distance(folded, other_fold) == 1:
            quality = max(quality, 0.9 * ONE_EDIT.get(max(len(folded), len(other_fold)), 0.98))
    return (quality, "edit") if quality >= 0.5 else None


def told(found: list[Variant]) -> dict[int, tuple[float, str]]:
    """What was found, by token; each once."""
    assert len({near.token for near in found}) == len(found)
    return {near.token: (near.quality, near.how) for near in found}


@given(st.lists(WORDS, unique=True, min_size=1, max_size=30), st.lists(WORDS, max_size=10))
def test_neighbours_are_those_of_the_definition(listed: list[str], asked: list[str]) -> None:
    vocabulary = Vocabulary.build(listed)
    words = [*asked, *listed]
    for word, found in zip(
        words, vocabulary.variants([(form, phonetic_key(form)) for form in words]), strict=True
    ):
        wanted = {at: like for at, form in enumerate(listed) if (like := alike(word, form)) is not None}
        near = told(found)
        # The index proposes by deletions of the first eight characters: further edits there go unseen.
        assert near.items() <= wanted.items()
        sure = {at for at in wanted if max(len(word), len(listed[at])) <= 8 and _reached(word, listed[at])}
        assert sure <= near.keys()


def _reached(form: str, other: str) -> bool:
    """Whether a listed form is found for sure: no more edits than deletions are tolerated on both sides."""
    tolerated = min(2 if len(text) >= 5 else 1 if len(text) >= 3 else 0 for text in (form, other))
    return phonetic_key(form) == phonetic_key(other) or OSA.distance(form, other) <= tolerated


@given(st.lists(WORDS, unique=True, min_size=1, max_size=30), st.lists(WORDS, max_size=10))
def test_words_asked_together_find_what_each_finds_alone(listed: list[str], asked: list[str]) -> None:
    vocabulary = Vocabulary.build(listed)
    words = [(form, phonetic_key(form)) for form in asked]
    assert vocabulary.variants(words) == [vocabulary.variants([word])[0] for word in words]
    around = VariantCache(vocabulary)
    around.prepare(words)
    assert [list(around.variants(*word)) for word in words] == vocabulary.variants(words)


def test_no_words_have_no_neighbours() -> None:
    assert Vocabulary.build(["alpha"]).variants([]) == []
    assert Vocabulary.build([]).variants([("alpha", "alfa"), ("", "")]) == [[], []]
