"""Queries: what is cached never changes them."""

import pytest

from holdgate.core.names.index.index_builder import build_index
from holdgate.core.names.index.vocabulary import VariantCache
from holdgate.core.names.matching.query import ParsedQuery
from holdgate.core.names.matching.query_builder import QueryBuilder
from holdgate.core.names.words.analysis import readings_of_scripts
from holdgate.core.names.words.word_classes import GROUPS
from tests.core.names.test_matcher import ENTRIES

INDEX = build_index(ENTRIES)
NAME = "Vladimirputin Igor Sechim"
"""Written together, as listed, and with an edit: each look-up finds something else."""
LOOK_UPS = {
    "thorough": {"thorough": True},
    "by spelling and pronunciation": {"thorough": False},
    "words only": {"words_only": True},
}


def _query(builder: QueryBuilder, look_up: dict[str, bool]) -> ParsedQuery:
    name = readings_of_scripts(NAME, "person")[0]
    return builder.build(name.tokens, truncated=False, **look_up)


def _builder() -> QueryBuilder:
    return QueryBuilder(INDEX, GROUPS.index("person"), VariantCache(INDEX.vocabulary))


@pytest.mark.parametrize("look_up", LOOK_UPS.values(), ids=LOOK_UPS.keys())
@pytest.mark.parametrize("before", LOOK_UPS.values(), ids=LOOK_UPS.keys())
def test_a_query_is_the_same_whatever_was_looked_up_before(
    look_up: dict[str, bool], before: dict[str, bool]
) -> None:
    cold, warm = _builder(), _builder()
    _query(warm, before)
    first, second = _query(cold, look_up), _query(warm, look_up)
    assert first.terms == second.terms
    assert first.weights == second.weights


def test_the_look_ups_differ() -> None:
    terms = [_query(_builder(), look_up).terms for look_up in LOOK_UPS.values()]
    assert terms[0] != terms[1] != terms[2] != terms[0]
