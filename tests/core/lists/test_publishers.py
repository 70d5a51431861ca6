"""When a publisher of lists would undo what another one published."""

from datetime import UTC, datetime, timedelta

import pytest

from holdgate.core.lists.publishers import (
    ServedSources,
    differing_lists,
    rival_lists,
    source_digests,
    undoes_another,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("others", "differing"),
    [
        ({"ofac": "a", "un": "b"}, []),
        ({"ofac": "a", "un": "c"}, ["un"]),
        ({"ofac": "a"}, ["un"]),
        ({"ofac": "a", "un": "b", "eu": "c"}, ["eu"]),
        ({}, ["ofac", "un"]),
    ],
)
def test_sources_differ_by_place_and_by_name(others: dict[str, str], differing: list[str]) -> None:
    served = source_digests({"ofac": "a", "un": "b"})
    assert differing_lists(served, source_digests(others)) == differing


def test_a_digest_does_not_reveal_the_token_of_an_address() -> None:
    assert "secret" not in str(source_digests({"eu": "https://example.org/list?token=secret"}))


def test_a_service_is_no_rival_of_itself_nor_of_one_with_the_same_sources() -> None:
    mine = ServedSources("1", source_digests({"ofac": "a"}))
    assert rival_lists(mine, None) == []
    assert rival_lists(mine, ServedSources("1", {})) == []
    assert rival_lists(mine, ServedSources("2", mine.digests)) == []
    assert rival_lists(mine, ServedSources("2", {})) == ["ofac"]


def test_only_the_accepted_publication_may_be_replaced() -> None:
    assert not undoes_another(NOW, None)
    assert not undoes_another(NOW, NOW)
    assert undoes_another(NOW, NOW + timedelta(seconds=1))
    assert undoes_another(NOW, NOW - timedelta(seconds=1))
