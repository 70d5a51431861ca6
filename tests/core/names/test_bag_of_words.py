"""Records found by their words in any order, whatever the sums that stand for them."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.model.listed_entry import Entry, ListedName
from holdgate.core.names.bag_of_words import BagOfWordsIndex
from holdgate.core.names.inverted_index import build_index

RECORDS = st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=4), max_size=12)


@given(RECORDS, st.lists(st.integers(0, 4), max_size=4))
def test_the_records_of_just_these_tokens_are_found_and_no_other(
    records: list[list[int]], asked: list[int]
) -> None:
    places = np.array([at for at, tokens in enumerate(records) for _ in tokens], dtype=np.intp)
    tokens = np.array([token for record in records for token in record], dtype=np.int32)
    same = [at for at, record in enumerate(records) if Counter(record) == Counter(asked)]
    assert BagOfWordsIndex(places, tokens, 5).records_with(asked) == same


def test_an_index_finds_its_names_in_any_order_and_none_that_say_a_word_more_or_less() -> None:
    names = ("Igor Sechin", "Sechin IGOR", "Igor Igor Sechin", "Igor")
    index = build_index([Entry("x:1", "x", "person", tuple(map(ListedName, names)))])
    assert index.records_of_words(["sechin", "igor"]) == [0, 1]
    assert index.records_of_words(["igor", "sechin", "igor"]) == [2]
    assert index.records_of_words(["igor"]) == [3]
    assert index.records_of_words(["sechin"]) == []
    assert index.records_of_words(["igor", "unlisted"]) == []
