"""The inverted index: round trip through bytes, records of names, rejection of damaged bytes."""

import pytest

from holdgate.core.model.listed_entry import Entry, ListedName
from holdgate.core.names.index.index_builder import build_index
from holdgate.core.names.index.inverted_index import INDEX_FORMAT, Index, IndexFormatError
from holdgate.core.names.matching.matcher import Matcher, Query

ENTRIES = [
    Entry("x:1", "x", "person", (ListedName("SECHIN, Igor"), ListedName("Игорь Сечин", "native"))),
    Entry("x:2", "x", "entity", (ListedName("OOO ROMASHKA"),)),
    Entry("x:3", "x", "vessel", (ListedName("LADY LEILA"),)),
    Entry("x:4", "x", "unknown", (ListedName("Blue Lantern"), ListedName("!!"))),
]


def test_an_index_read_from_its_bytes_matches_alike() -> None:
    built = build_index(ENTRIES)
    packed = built.to_bytes()
    read = Index.from_bytes(packed)
    queries = [Query("Igor Sechin", "person"), Query("Romashka LLC", "entity"), Query("Lady Leyla", "vessel")]
    assert Matcher(read).match(queries) == Matcher(built).match(queries)
    assert read.to_bytes() == packed
    assert Index.from_bytes(memoryview(packed)).text == built.text


def test_a_name_of_unknown_type_is_indexed_as_person_and_as_entity() -> None:
    index = build_index(ENTRIES)
    assert [index.group[record] for record, entry in enumerate(index.entry) if entry == 3] == [0, 1]


def test_a_name_without_a_comparable_token_has_no_record() -> None:
    assert "!!" not in build_index(ENTRIES).text


def test_every_token_of_a_record_has_it_in_its_posting_list() -> None:
    index = build_index(ENTRIES)
    for record in range(len(index.text)):
        for token in index.tokens_of(record):
            assert record in index.records(index.group[record], token)


def test_an_index_without_entries_matches_nothing() -> None:
    index = Index.from_bytes(build_index([]).to_bytes())
    assert Matcher(index).match([Query("Igor Sechin", "unknown")]) == [[]]


@pytest.mark.parametrize("damaged", [b"", b"junk", build_index(ENTRIES).to_bytes()[:-40]])
def test_damaged_bytes_are_rejected(damaged: bytes) -> None:
    with pytest.raises(IndexFormatError, match="rebuild the snapshot"):
        Index.from_bytes(damaged)


def test_another_format_is_rejected() -> None:
    packed = build_index(ENTRIES).to_bytes()
    assert packed[1] == INDEX_FORMAT
    with pytest.raises(IndexFormatError, match="format 99"):
        Index.from_bytes(packed[:1] + b"\x63" + packed[2:])
