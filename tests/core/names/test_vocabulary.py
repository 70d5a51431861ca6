"""Variants of words, looked up in batches by numpy, against their definition applied pair by pair."""

import re

from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from holdgate.core.names.index.vocabulary import ROMANISED_QUALITY, Variant, VariantCache, Vocabulary
from holdgate.core.names.words.phonetics import phonetic_key

ONE_EDIT = {2: 0.5, 3: 0.82, 4: 0.92, 5: 0.94, 6: 0.95, 7: 0.96, 8: 0.97, 9: 0.97, 10: 0.97}
TWO_EDITS = {5: 0.75, 6: 0.86, 7: 0.88, 8: 0.9, 9: 0.92, 10: 0.94}

WORDS = st.text("abehkmosvy1", min_size=1, max_size=12)


def definition(form: str, other: str) -> tuple[float, str] | None:
    """Return quality and kind of a variant: the same spelling or pronunciation, or few edits of either."""
    if form == other:
        return 1.0, "exact"
    key, other_key = phonetic_key(form), phonetic_key(other)
    if key == other_key:
        return (ROMANISED_QUALITY if len(key) > 3 else 0.85), "translit"
    edits, longest = OSA.distance(form, other), max(len(form), len(other))
    numbers, other_numbers = re.findall("[0-9]+", form), re.findall("[0-9]+", other)
    if numbers and len(numbers) == len(other_numbers) and numbers != other_numbers:
        return None
    quality = 0.0
    if edits == 1:
        quality = ONE_EDIT.get(min(len(form), len(other)) if longest == 4 else longest, 0.98)
    elif edits == 2:
        if longest >= 5 and min(len(form), len(other)) >= 4:
            quality = TWO_EDITS.get(longest, 0.95)
        if quality < 0.9 * 0.98 and len(key) >= 5 and OSA.distance(key, other_key) == 1:
            quality = max(quality, 0.9 * ONE_EDIT.get(max(len(key), len(other_key)), 0.98))
    return (quality, "edit") if quality >= 0.5 else None


def by_token(variants: list[Variant]) -> dict[int, tuple[float, str]]:
    """Return quality and kind by token; a token occurs once."""
    assert len({variant.token for variant in variants}) == len(variants)
    return {variant.token: (variant.quality, variant.how) for variant in variants}


@given(st.lists(WORDS, unique=True, min_size=1, max_size=30), st.lists(WORDS, max_size=10))
def test_variants_are_those_of_the_definition(listed: list[str], unlisted: list[str]) -> None:
    vocabulary = Vocabulary.build(listed)
    words = [*unlisted, *listed]
    looked_up = vocabulary.variants([(form, phonetic_key(form)) for form in words])
    for word, variants in zip(words, looked_up, strict=True):
        expected = {
            token: variant
            for token, form in enumerate(listed)
            if (variant := definition(word, form)) is not None
        }
        found = by_token(variants)
        assert found.items() <= expected.items()
        # The index holds deletions of the first eight characters, so more edits in these may be missed.
        certain = {
            token
            for token in expected
            if max(len(word), len(listed[token])) <= 8 and _is_certain(word, listed[token])
        }
        assert certain <= found.keys()


def _is_certain(form: str, other: str) -> bool:
    """Return whether two forms have no more edits than deletions are tolerated on both sides."""
    tolerated = min(2 if len(text) >= 5 else 1 if len(text) >= 3 else 0 for text in (form, other))
    return phonetic_key(form) == phonetic_key(other) or OSA.distance(form, other) <= tolerated


@given(st.lists(WORDS, unique=True, min_size=1, max_size=30), st.lists(WORDS, max_size=10))
def test_a_batch_gives_each_word_the_variants_it_has_alone(listed: list[str], forms: list[str]) -> None:
    vocabulary = Vocabulary.build(listed)
    words = [(form, phonetic_key(form)) for form in forms]
    assert vocabulary.variants(words) == [vocabulary.variants([word])[0] for word in words]
    cache = VariantCache(vocabulary)
    cache.prepare(words)
    assert [list(cache.variants(*word)) for word in words] == vocabulary.variants(words)


def test_no_words_have_no_variants() -> None:
    assert Vocabulary.build(["alpha"]).variants([]) == []
    assert Vocabulary.build([]).variants([("alpha", "alfa"), ("", "")]) == [[], []]
