"""Look-up of records by their words in any order."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.model.listed_entry import Entry, ListedName
from holdgate.core.names.index.bag_of_words import BagOfWordsIndex
from holdgate.core.names.index.index_builder import build_index

RECORDS = st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=4), max_size=12)


@given(RECORDS, st.lists(st.integers(0, 4), max_size=4))
def test_exactly_the_records_with_the_same_tokens_are_found(
    records: list[list[int]], query: list[int]
) -> None:
    record_ids = np.array([i for i, tokens in enumerate(records) for _ in tokens], dtype=np.intp)
    tokens = np.array([token for record in records for token in record], dtype=np.int32)
    expected = [i for i, record in enumerate(records) if Counter(record) == Counter(query)]
    assert BagOfWordsIndex(record_ids, tokens, 5).records_with(query) == expected


def test_an_index_finds_names_in_any_word_order_but_with_no_word_more_or_less() -> None:
    names = ("Igor Sechin", "Sechin IGOR", "Igor Igor Sechin", "Igor")
    index = build_index([Entry("x:1", "x", "person", tuple(map(ListedName, names)))])
    assert index.records_of_words(["sechin", "igor"]) == [0, 1]
    assert index.records_of_words(["igor", "sechin", "igor"]) == [2]
    assert index.records_of_words(["igor"]) == [3]
    assert index.records_of_words(["sechin"]) == []
    assert index.records_of_words(["igor", "unlisted"]) == []
